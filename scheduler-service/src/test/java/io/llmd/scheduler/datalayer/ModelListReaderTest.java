package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelListReaderTest {

    private final ModelListReader reader = new ModelListReader(List.of("/v1/models/a"));

    @Test
    void namesAreTakenInTheirOrder() {
        Reading reading =
                read("{\"object\":\"list\",\"extra\":{\"data\":[1]},\"data\":[{\"id\":\"base\",\"permission\":[{}]},"
                        + "{\"object\":\"model\",\"id\":\"tune-1\",\"parent\":\"base\"},7,{\"id\":3}]}");
        assertThat(reading.attributes()).isEqualTo(Map.of("/v1/models/a", List.of("base", "tune-1")));
        assertThat(reading.isUsable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "<html>", "{\"data\":{}}", "{\"data\":[{\"id\":\"a\"}", "{\"error\":\"x\"}"})
    void whatIsNoListIsUnusable(String body) {
        Reading reading = read(body);
        assertThat(reading.isUsable()).isFalse();
        assertThat(reading.attributes()).isEmpty();
    }

    @Test
    void anEndlessListCostsBoundedMemory() {
        byte[] part = new byte[1 << 20];
        for (int i = 0; i < 5; i++) {
            reader.feed(part, 0, part.length);
        }
        assertThat(reader.finish(0).isUsable()).isFalse();
    }

    private Reading read(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        reader.reset();
        reader.feed(bytes, 0, bytes.length / 2);
        reader.feed(bytes, bytes.length / 2, bytes.length);
        return reader.finish(0);
    }
}
