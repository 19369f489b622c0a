package io.llmd.launcher.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.launcher.terminal.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultChangeTest {

    @Test
    void shortNamesAreThoseOfTheSimulator() {
        assertThat(Json.line(FaultChange.of("stall", List.of(), 5, null)))
                .isEqualTo("{\"stall_after_tokens\":{\"tokens\":5}}");
        assertThat(Json.line(FaultChange.of("drop", List.of(), null, null)))
                .isEqualTo("{\"drop_after_tokens\":{\"tokens\":0}}");
        assertThat(Json.line(FaultChange.of("slow", List.of("4"), null, null))).isEqualTo("{\"slow_factor\":4}");
        assertThat(Json.line(FaultChange.of("die", List.of("5s"), null, null))).isEqualTo("{\"die\":\"5s\"}");
        assertThat(Json.line(FaultChange.of("dead", List.of(), null, null))).isEqualTo("{\"dead\":true}");
    }

    @Test
    void parametersAreNamedOrAreTheFirstOne() {
        assertThat(Json.line(FaultChange.of("status", List.of("503"), null, 0.2)))
                .isEqualTo("{\"status\":{\"code\":503,\"probability\":0.2}}");
        assertThat(Json.line(FaultChange.of("stall", List.of("tokens=2", "for=5s", "phase=decode"), null, null)))
                .isEqualTo("{\"stall_after_tokens\":{\"tokens\":2,\"for\":\"5s\",\"phase\":\"decode\"}}");
        assertThat(Json.line(FaultChange.of("refuse", List.of(), null, 0.5)))
                .isEqualTo("{\"refuse\":{\"probability\":0.5}}");
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertThatThrownBy(() -> FaultChange.of("die", List.of("5s"), 3, null)).hasMessageContaining("--after");
        assertThatThrownBy(() -> FaultChange.of("slow", List.of("4"), null, 0.5))
                .hasMessageContaining("--share");
        assertThatThrownBy(() -> FaultChange.of("status", List.of("503", "504"), null, null))
                .hasMessageContaining("503");
    }

    @Test
    void whatIsOffIsNotInForce() {
        assertThat(FaultChange.isInForce("dead", Json.MAPPER.readTree("false"))).isFalse();
        assertThat(FaultChange.isInForce("slow_factor", Json.MAPPER.readTree("1.0")))
                .isFalse();
        assertThat(FaultChange.isInForce("slow_factor", Json.MAPPER.readTree("2.0")))
                .isTrue();
        assertThat(FaultChange.isInForce("status", Json.MAPPER.readTree("null")))
                .isFalse();
        assertThat(FaultChange.isInForce("status", Json.MAPPER.readTree("{\"code\":503}")))
                .isTrue();
        assertThat(FaultChange.isInForce("script", Json.MAPPER.readTree("[]"))).isFalse();
    }
}
