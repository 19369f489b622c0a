package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CoordinatorFileTest {

    private static final Path FILE = Path.of("coordinator.yaml");

    private static CoordinatorFile read(String yaml, Map<String, String> environment) {
        return new CoordinatorFile(environment::get).read(FILE, yaml);
    }

    @Test
    @DisplayName("each key of llm-d's coordinator becomes the setting that means the same")
    void everyKey() {
        CoordinatorFile file = read("""
                log_level: 4
                server:
                  listen_addr: ":8089"
                  metrics_port: 9099
                  read_timeout: 30s
                  write_timeout: 2m0s
                  shutdown_timeout: 25s
                  max_request_body_size: 32
                  secure_serving: false
                gateway:
                  address: "http://inference-gateway:80"
                  max_idle_conns_per_host: 200
                  idle_conn_timeout: 1m30s
                  timeout: 60s
                pipeline:
                  kv_connector: kv-shared-storage
                  ec_connector: ec-shared-storage
                  use_openai_format: true
                  steps:
                    - type: replace-media-urls
                      params:
                        download_timeout: 1500ms
                        max_concurrent_downloads: 4
                        max_multimodal_entries: 8
                        max_download_size: 5
                        allowed_domains: [a.example, b.example]
                        allow_private_networks: true
                    - type: render
                      params: {address: "http://render:8080", timeout: 30s, max_total_tokens: 32768,
                               max_total_placeholder_tokens: 4096, max_idle_conns_per_host: 100}
                    - type: conditional-decode
                    - {type: encode, params: {max_parallel: 6}}
                    - type: prefill
                    - type: decode
                """, Map.of("COORDINATOR_GATEWAY_ADDRESS", "http://other:81"));

        assertThat(file.settings())
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("logging.level.io.llmd", "DEBUG"),
                        Map.entry("server.port", "8089"),
                        Map.entry("management.server.port", "9099"),
                        Map.entry("gateway.timeouts.body", "30000ms"),
                        Map.entry("gateway.timeouts.first-byte", "120000ms"),
                        Map.entry("gateway.drain.timeout", "25000ms"),
                        Map.entry("gateway.limits.body", "32MB"),
                        Map.entry("gateway.coordinator.gateway", "http://other:81"),
                        Map.entry("gateway.endpoints.max-idle-connections", "200"),
                        Map.entry("gateway.endpoints.max-idle", "90000ms"),
                        Map.entry("gateway.disaggregation.prefill-timeout", "60000ms"),
                        Map.entry("gateway.disaggregation.decode-timeout", "60000ms"),
                        Map.entry("gateway.coordinator.kv-connector", "kv-shared-storage"),
                        Map.entry("gateway.disaggregation.encode-connector", "ec-example"),
                        Map.entry("gateway.coordinator.openai-format", "true"),
                        Map.entry(
                                "gateway.coordinator.steps",
                                "replace-media-urls,render,conditional-decode,encode,prefill,decode"),
                        Map.entry("gateway.coordinator.media-timeout", "1500ms"),
                        Map.entry("gateway.coordinator.media-parallel", "4"),
                        Map.entry("gateway.coordinator.max-media", "8"),
                        Map.entry("gateway.coordinator.media-size", "5MB"),
                        Map.entry("gateway.coordinator.media-hosts", "a.example,b.example"),
                        Map.entry("gateway.coordinator.media-plain", "true"),
                        Map.entry("gateway.coordinator.media-networks", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"),
                        Map.entry("gateway.coordinator.render", "http://render:8080"),
                        Map.entry("gateway.coordinator.render-timeout", "30000ms"),
                        Map.entry("gateway.coordinator.max-tokens", "32768"),
                        Map.entry("gateway.coordinator.max-placeholder-tokens", "4096"),
                        Map.entry("gateway.coordinator.encode-parallel", "6")));
        assertThat(file.unknown())
                .containsExactly("pipeline.steps.render.max_idle_conns_per_host", "server.secure_serving");
    }

    @Test
    void whatIsLeftOutStaysAsItIs() {
        CoordinatorFile file = read("""
                server: {listen_addr: "127.0.0.1:9"}
                pipeline: {steps: [{type: replace-media-urls}, {type: decode}]}
                """, Map.of());

        assertThat(file.settings())
                .isEqualTo(Map.of(
                        "server.address", "127.0.0.1",
                        "server.port", "9",
                        "gateway.coordinator.media-hosts", "*",
                        "gateway.coordinator.media-plain", "true",
                        "gateway.coordinator.steps", "replace-media-urls,decode"));
        assertThat(read("", Map.of()).settings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gateway: {timeout: soon}",
                "pipeline: {steps: [{type: dance}]}",
                "pipeline: {steps: [decode]}",
                "gateway: [",
                "a: !!java.net.URL [\"http://localhost/\"]"
            })
    void nonsenseIsRefused(String yaml) {
        assertThatThrownBy(() -> read(yaml, Map.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"90s, 90000", "1m30s, 90000", "1h, 3600000", "1.5s, 1500", "250ms, 250", "900us, 0", "0, 0"})
    void durationsOfGo(String text, long millis) {
        assertThat(GoDuration.millis(text)).isEqualTo(millis);
    }
}
