package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SoakEndingsTest {

    private final SoakEndings endings = new SoakEndings();

    @Test
    void answersAndErrorsWithACodeAreExplained() {
        endings.add(Map.of(
                "ok",
                900L,
                "429 rate_limit_exceeded",
                4L,
                "504 upstream_timeout",
                3L,
                "stream_error upstream_incomplete",
                2L));
        endings.add(Map.of("ok", 100L, "stream_error 500", 1L));

        assertThat(endings.unexplained(false)).isZero();
        assertThat(endings.sent()).isEqualTo(1010);
    }

    @Test
    void endingsWithoutACodeOrWithAnUnknownNameAreNot() {
        endings.add(Map.of(
                "502 without_code",
                1L,
                "stream_error without_code",
                2L,
                "connection_closed",
                4L,
                "answer_too_large",
                8L));
        endings.add(Map.of("stream_truncated", 16L, "some_new_ending", 32L));

        assertThat(endings.unexplained(true)).isEqualTo(63);
    }

    @Test
    void brokenJsonIsExplainedOnlyWhereAnEndpointBrokeIt() {
        endings.add(Map.of("malformed_answer", 6L));

        assertThat(endings.unexplained(true)).isZero();
        assertThat(endings.unexplained(false)).isEqualTo(6);
    }

    @Test
    void whatNeverReachedTheWireWasNotSentAndIsNotExplained() {
        endings.add(Map.of("connect_failed", 2L, "client_connection_limit", 3L));

        assertThat(endings.sent()).isZero();
        assertThat(endings.unexplained(false)).isEqualTo(5);
    }
}
