package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessMemoryTest {

    @Test
    void pagesAreReadInMebibytes() {
        ProcessMemory memory = ProcessMemory.parse(List.of(
                "Name:\tjava", "VmHWM:\t  999999 kB", "VmRSS:\t  204800 kB", "RssAnon:\t  153600 kB", "Threads:\t12"));

        assertThat(memory).isEqualTo(new ProcessMemory(200, 150));
    }

    @Test
    void statusWithoutThemIsRefused() {
        assertThatThrownBy(() -> ProcessMemory.parse(List.of("Name:\tkthreadd")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("VmRSS");
    }
}
