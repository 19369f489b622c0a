package io.llmd.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.observe.RequestOutcome;
import io.llmd.gateway.observe.RequestRecord;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestLogTest {

    private Instant now = Instant.ofEpochSecond(1_000);
    private final RequestLog log = new RequestLog(4, () -> now);

    private static RequestRecord request(String id, RequestOutcome outcome, String endpoint, String result) {
        return new RequestRecord(
                id,
                "chat_completions",
                "sim-8b",
                true,
                "demo",
                "demo",
                0,
                outcome.tagValue(),
                "none",
                100,
                1_000,
                600,
                11,
                50,
                List.of(new RequestRecord.Attempt(100, 200, 1_200_000, endpoint, result)),
                200_000,
                1_200_000);
    }

    @Test
    void windowAddsUpWhatEndedInIt() {
        log.ended(request("old", RequestOutcome.NATURAL, "a/1", "ok"));
        now = now.plusSeconds(11);
        log.ended(request("one", RequestOutcome.NATURAL, "a/1", "ok"));
        log.ended(request("two", RequestOutcome.ERROR, "a/2", "reset"));

        Window window = log.window(10);

        assertThat(window.seconds()).isEqualTo(10);
        assertThat(window.ended()).isEqualTo(2);
        assertThat(window.failed()).isEqualTo(1);
        assertThat(window.inputTokens()).isEqualTo(2_000);
        assertThat(window.cachedTokens()).isEqualTo(1_200);
        assertThat(window.firstByte().quantile(0.5)).isBetween(196_000L, 200_000L);
        assertThat(window.perToken().quantile(0.5)).isBetween(98_000L, 100_000L);
        assertThat(window.endpoints().get("a/2").failed()).isEqualTo(1);
        assertThat(window.endpoints().get("a/1").failed()).isZero();
    }

    @Test
    void windowThatTheRingCannotHoldSaysHowLongItIs() {
        for (int i = 0; i < 6; i++) {
            log.ended(request("r" + i, RequestOutcome.NATURAL, "a/1", "ok"));
            now = now.plusSeconds(1);
        }

        Window window = log.window(10);

        assertThat(window.ended()).isEqualTo(4);
        assertThat(window.seconds()).isEqualTo(4);
    }

    @Test
    void oldestGoWhenTheRingIsFull() {
        for (int i = 0; i < 6; i++) {
            log.ended(request("r" + i, RequestOutcome.NATURAL, "a/1", "ok"));
        }

        assertThat(log.find("r1")).isEmpty();
        assertThat(log.find("r2")).hasSize(1);
        assertThat(log.after(0, 2))
                .extracting(entry -> entry.request().requestId())
                .containsExactly("r5", "r4");
        assertThat(log.after(5, 10))
                .extracting(entry -> entry.request().requestId())
                .containsExactly("r5");
    }

    @Test
    void useOfAKeyIsCounted() {
        log.ended(request("one", RequestOutcome.NATURAL, "a/1", "ok"));
        log.ended(request("two", RequestOutcome.NATURAL, "a/1", "ok"));

        assertThat(log.keyUse().all().get("demo").requests()).isEqualTo(2);
        assertThat(log.keyUse().all().get("demo").tokens()).isEqualTo(2_022);
    }
}
