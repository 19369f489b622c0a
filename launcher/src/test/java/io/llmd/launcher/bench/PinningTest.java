package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinningTest {

    @Test
    void listsOfCoresHaveNumbersAndRanges() throws Exception {
        assertThat(Pinning.cores("0,1")).containsExactly(0, 1);
        assertThat(Pinning.cores("2-4,8")).containsExactly(2, 3, 4, 8);
        assertThat(Pinning.cores("7")).containsExactly(7);
        assertThatThrownBy(() -> Pinning.cores("all")).isInstanceOf(IOException.class);
    }

    @Test
    void withoutItCommandsStayAsTheyAre() throws Exception {
        try (Pinning none = Pinning.none()) {
            assertThat(none.isPinned()).isFalse();
            assertThat(none.service(List.of("java"))).containsExactly("java");
            assertThat(none.options()).isEmpty();
            assertThat(none.says()).startsWith("services not on a core of their own");
        }
    }
}
