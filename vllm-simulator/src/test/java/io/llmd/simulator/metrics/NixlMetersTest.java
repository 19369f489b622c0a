package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.VersionPreset;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class NixlMetersTest {
    private final NixlMeters meters =
            new NixlMeters(KvConnector.NIXL, "m", 0, VersionPreset.of("0.32.0"), Instant.EPOCH);

    @Test
    void bucketsAreThoseOfVllm() {
        assertThat(bounds("vllm:nixl_xfer_time_seconds"))
                .containsExactly(
                        "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.2", "0.3", "0.5", "0.75", "1.0", "5.0",
                        "+Inf");
        assertThat(bounds("vllm:nixl_post_time_seconds"))
                .containsExactly(
                        "0.001", "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.2", "0.3", "0.5", "0.75", "1.0",
                        "5.0", "+Inf");
        assertThat(bounds("vllm:nixl_bytes_transferred"))
                .hasSize(13)
                .startsWith("2048.0", "8192.0", "32768.0")
                .endsWith("8.589934592e+09", "+Inf");
        assertThat(bounds("vllm:nixl_num_descriptors"))
                .containsExactly(
                        "10.0", "20.0", "30.0", "50.0", "75.0", "100.0", "200.0", "400.0", "1000.0", "2000.0", "4000.0",
                        "10000.0", "20000.0", "50000.0", "+Inf");
    }

    @Test
    void transferIsCountedInAllFourHistograms() {
        meters.transferred(0.02, 0.002, 4096, 64);
        assertThat(lines())
                .contains(
                        "vllm:nixl_xfer_time_seconds_bucket{engine=\"0\",le=\"0.01\",model_name=\"m\"} 0.0",
                        "vllm:nixl_xfer_time_seconds_bucket{engine=\"0\",le=\"0.025\",model_name=\"m\"} 1.0",
                        "vllm:nixl_post_time_seconds_bucket{engine=\"0\",le=\"0.005\",model_name=\"m\"} 1.0",
                        "vllm:nixl_bytes_transferred_sum{engine=\"0\",model_name=\"m\"} 4096.0",
                        "vllm:nixl_num_descriptors_sum{engine=\"0\",model_name=\"m\"} 64.0");
    }

    private List<String> bounds(String name) {
        return lines().stream()
                .filter(line -> line.startsWith(name + "_bucket{"))
                .map(line -> line.replaceFirst(".*le=\"([^\"]*)\".*", "$1"))
                .toList();
    }

    private List<String> lines() {
        return NixlMeters.scrape(List.of(meters)).lines().toList();
    }
}
