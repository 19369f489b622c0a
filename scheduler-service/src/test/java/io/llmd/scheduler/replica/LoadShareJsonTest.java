package io.llmd.scheduler.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.datalayer.InFlightLoad;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadShareJsonTest {

    private static final String GOLDEN = "{\"version\":1,\"pool\":\"default\",\"replica\":\"host-1f\",\"sequence\":7,"
            + "\"loads\":{\"inflight-load-producer\":{\"default/pod-1\":[3,1200]}}}";

    private final LoadShareJson json = new LoadShareJson();
    private final LoadShare share = new LoadShare(
            "default",
            "host-1f",
            7,
            Map.of("inflight-load-producer", Map.of("default/pod-1", new InFlightLoad(3, 1200))));

    @Test
    void aShareIsWrittenAsInTheTopic() {
        assertThat(new String(json.write(share), StandardCharsets.UTF_8)).isEqualTo(GOLDEN);
    }

    @Test
    void aShareInTheTopicIsRead() {
        assertThat(read(GOLDEN)).isEqualTo(share);
    }

    @Test
    void fieldsOfLaterVersionsAreIgnored() {
        assertThat(read("{\"version\":1,\"pool\":\"p\",\"replica\":\"r\",\"sequence\":0,\"loads\":"
                        + "{\"t\":{\"e\":[1,2,99]}},\"more\":{\"x\":[]}}"))
                .isEqualTo(new LoadShare("p", "r", 0, Map.of("t", Map.of("e", new InFlightLoad(1, 2)))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "not json; record: not a share of load",
                "[]; record: not a share of load",
                "null; version: null",
                "{}; version: null",
                "{\"version\":2,\"replica\":\"r\"}; version: 2 (expected: 1)",
                "{\"version\":1,\"sequence\":1}; replica: 0 characters",
                "{\"version\":1,\"replica\":\"r\"}; sequence: -1",
                "{\"version\":1,\"replica\":\"r\",\"sequence\":-1}; sequence: -1",
                "{\"version\":1,\"replica\":\"r\",\"sequence\":1,\"loads\":{\"t\":{\"e\":[1]}}}; load: fewer than two numbers",
                "{\"version\":1,\"replica\":\"r\",\"sequence\":1,\"loads\":{\"t\":{\"e\":null}}}; load: fewer than two numbers",
                "{\"version\":1,\"replica\":\"r\",\"sequence\":1,\"loads\":{\"t\":{\"e\":[-1,0]}}}; load: -1 requests",
                "{\"version\":1,\"replica\":\"r\",\"sequence\":1,\"loads\":{\"t\":{\"e\":[1,9223372036854775807]}}}; load: more than",
                "{\"version\":1,\"replica\":\"r\",\"loads\":{\"t\":7}}; record: not a share of load",
            })
    void whatIsNoShareIsRefused(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aRecordThatIsTooLargeIsNotLookedAt() {
        assertThatThrownBy(() -> json.read(new byte[(1 << 20) + 1])).hasMessageContaining("1048577 bytes");
    }

    private LoadShare read(String text) {
        return json.read(text.getBytes(StandardCharsets.UTF_8));
    }
}
