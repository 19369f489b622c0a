package io.llmd.kvindex.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.ingest.zmq.ZmqAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointsFileTest {

    private static List<EngineSource> read(String yaml) throws IOException {
        return EndpointsFile.read(yaml.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void endpointsWithAPortOfEventsAreSources() throws IOException {
        assertThat(read("""
                endpoints:
                  - {name: a, address: 10.0.0.7, port: 8000, labels: {llm-d.ai/kv-events-port: 5557}}
                  - name: b
                    namespace: pods
                    address: "[fd00::1]"
                    port: 8000
                    labels: {llm-d.ai/role: both, llm-d.ai/kv-events-port: "5557", llm-d.ai/kv-events-replay-port: "5558"}
                  - {name: c, address: 10.0.0.8, port: 8000}
                """))
                .containsExactly(
                        new EngineSource("default/a", 0, new ZmqAddress("10.0.0.7", 5557), null),
                        new EngineSource(
                                "pods/b", 0, new ZmqAddress("fd00::1", 5557), new ZmqAddress("fd00::1", 5558)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|endpoints: missing (expected: a list)",
                "endpoints: 7|endpoints: missing (expected: a list)",
                "endpoints: [7]|endpoints[0].entry: no mapping (expected: an endpoint)",
                "endpoints: [{address: h, labels: {llm-d.ai/kv-events-port: 1}}]|endpoints[0].name: missing (expected: a name)",
                "endpoints: [{name: a, address: h, labels: {llm-d.ai/kv-events-port: x}}]|endpoints[0].labels: port x (expected: 1 to 65535)",
                "endpoints: [{name: a, labels: {llm-d.ai/kv-events-port: 1}}]|endpoints[0].host: empty (expected: a name or an address)"
            })
    void whatIsWrongIsNamedWithItsPlace(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml)).isInstanceOf(IOException.class).hasMessage(message);
    }

    @Test
    void anEndpointIsListedOnce() {
        assertThatThrownBy(() -> read("""
                endpoints:
                  - {name: a, address: h, labels: {llm-d.ai/kv-events-port: 1}}
                  - {name: a, address: i, labels: {llm-d.ai/kv-events-port: 1}}
                """)).hasMessage("endpoints[1].name: default/a twice (expected: once)");
    }

    @Test
    void aFileAboveOneMebibyteIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("large.yaml"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> EndpointsFile.bytes(file)).hasMessage("is larger than 1 MiB");
    }
}
