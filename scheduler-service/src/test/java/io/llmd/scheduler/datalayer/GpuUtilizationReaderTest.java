package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuUtilizationReaderTest {

    private final GpuUtilizationReader reader = new GpuUtilizationReader("llm-0", List.of("GPUUtilization/g"));

    @Test
    void theBusiestGpuOfTheReplicaCounts() {
        Reading reading = read("""
                DCGM_FI_DEV_GPU_UTIL{gpu="0",pod="llm-0"} 40
                DCGM_FI_DEV_GPU_UTIL{gpu="1",pod="llm-0"} 75
                DCGM_FI_DEV_GPU_UTIL{gpu="2",pod="llm-1"} 99
                DCGM_FI_DEV_MEM_COPY_UTIL{gpu="0",pod="llm-0"} 100
                """);
        assertThat(reading.attributes()).isEqualTo(Map.of("GPUUtilization/g", 0.75));
    }

    @Test
    void seriesThatNameNobodyCount() {
        assertThat(read("DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 30\nDCGM_FI_DEV_GPU_UTIL{gpu=\"1\",pod=\"\"} 20\n")
                        .attributes())
                .isEqualTo(Map.of("GPUUtilization/g", 0.3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "DCGM_FI_DEV_GPU_UTIL{pod=\"other\"} 5\n",
                "DCGM_FI_DEV_GPU_UTIL NaN\n",
                "DCGM_FI_DEV_GPU_UTIL 101\n"
            })
    void aPageWithoutTheReplicaIsUnusable(String page) {
        Reading reading = read(page);
        assertThat(reading.isUsable()).isFalse();
        assertThat(reading.missing()).containsExactly("DCGM_FI_DEV_GPU_UTIL");
    }

    private Reading read(String page) {
        byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
        reader.reset();
        reader.feed(bytes, 0, bytes.length);
        return reader.finish(0);
    }
}
