package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class SimulatorMainTest {

    @Test
    void optionsTakeTheirValueWithASpaceOrAnEqualsSign() {
        assertThat(SimulatorMain.options("--port", "0", "--model=a=b", "--enable-prefix-caching"))
                .containsEntry("port", "0")
                .containsEntry("model", "a=b")
                .containsEntry("enable-prefix-caching", "");
    }

    @Test
    void strayArgumentsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorMain.options("port", "0"))
                .withMessage("argument: port (expected: --option)");
    }
}
