package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.config.FailureType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultHeadersTest {

    @Test
    void severalFaultsStandInOneHeader() {
        assertThat(read("x-sim-fault", " stall_after_tokens=2, for=1s ;drop_after_tokens=3; delay=20ms"))
                .isEqualTo(RequestFaults.of(List.of(
                        new RequestFault.StallAfterTokens(2, Duration.ofSeconds(1)),
                        new RequestFault.DropAfterTokens(3),
                        new RequestFault.Delay(Duration.ofMillis(20)))));
    }

    @Test
    void kindWithoutAValueStandsAlone() {
        assertThat(read("x-sim-fault", "refuse;failure;stall_before_head"))
                .isEqualTo(RequestFaults.of(List.of(
                        new RequestFault.Refuse(),
                        new RequestFault.Failure(List.of(FailureType.values())),
                        new RequestFault.StallBeforeHead(null))));
    }

    @Test
    void returnErrorIsAStatus() {
        assertThat(read("x-return-error", " 429 ")).isEqualTo(RequestFaults.of(List.of(new RequestFault.Status(429))));
    }

    @Test
    void requestWithoutHeadersAsksForNothing() {
        assertThat(read("x-request-id", "1")).isSameAs(RequestFaults.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x-return-error|soon|x-return-error: status.code: \"soon\" (expected: a whole number)",
                "x-return-error|200|x-return-error: status code: 200 (expected: 400 to 599)",
                "x-sim-fault|explode|x-sim-fault: explode: unknown (expected: one of [refuse, status, failure,",
                "x-sim-fault|refuse=1|x-sim-fault: refuse=1 (expected: refuse)",
                "x-sim-fault|drip=1,10ms|x-sim-fault: 10ms (expected: parameter=value)",
                "x-sim-fault|drip=1,rate=2|x-sim-fault: drip.rate: unknown (expected: one of [bytes, every])",
                "x-sim-fault|drop_after_tokens|x-sim-fault: drop_after_tokens.tokens: absent (expected: a whole number)"
            })
    void badHeaderIsAnsweredWith400(String header, String value, String message) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> read(header, value))
                .withMessageContaining(message)
                .satisfies(error -> assertThat(error.status()).isEqualTo(400))
                .satisfies(error -> assertThat(error.param()).isEqualTo(header));
    }

    private static RequestFaults read(String header, String value) {
        return FaultHeaders.read(Map.of(header, value)::get);
    }
}
