package io.llmd.launcher.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {

    @Test
    void coloursNeedATerminalThatWantsThem() {
        assertThat(terminal(true, Map.of("TERM", "xterm")).good("ok")).isEqualTo("\033[32mok\033[0m");
        assertThat(terminal(true, Map.of("NO_COLOR", "1")).good("ok")).isEqualTo("ok");
        assertThat(terminal(true, Map.of("NO_COLOR", "")).colored()).isTrue();
        assertThat(terminal(true, Map.of("TERM", "dumb")).colored()).isFalse();
        assertThat(terminal(false, Map.of()).bad("no")).isEqualTo("no");
    }

    private static Terminal terminal(boolean interactive, Map<String, String> environment) {
        return Terminal.of(System.out, System.err, interactive, environment);
    }
}
