package io.llmd.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.gateway.dispatch.EndpointDirectory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarSchedulerTest {

    private final EndpointDirectory directory = new EndpointDirectory();

    private SidecarScheduler scheduler(boolean samples) {
        return new SidecarScheduler(
                new SidecarScheduler.Settings(
                        "localhost",
                        8200,
                        4,
                        8000,
                        AllowList.parse(List.of("10.1.0.0/16:8000-8007", "prefill-0.prefill:9000", "[fd00::/8]:8000")),
                        samples),
                directory,
                bound -> bound - 1);
    }

    private static ScheduleOutcome decide(SidecarScheduler scheduler, Map<String, String> headers, String... excluded) {
        AtomicReference<ScheduleOutcome> outcome = new AtomicReference<>();
        scheduler.schedule(
                new ScheduleRequest("r", "/v1/chat/completions", headers, ByteBuffer.allocate(0), List.of(excluded)),
                outcome::set);
        return outcome.get();
    }

    @Test
    void everyRequestGoesToTheModelServerBeside() {
        ScheduleDecision decision = (ScheduleDecision) decide(scheduler(false), Map.of());

        assertThat(decision.primary().hostPort()).isEqualTo("localhost:8200");
        assertThat(decision.requestHeaders()).isEmpty();
        assertThat(decision.model()).isEmpty();
    }

    @ParameterizedTest
    @DisplayName("x-data-parallel-host-port names one of the ranks, or nothing that is served")
    @CsvSource({"10.0.0.1:8000, 8200", "10.0.0.1:8003, 8203", "10.0.0.1:8004, 400", "10.0.0.1:7999, 400", "x, 400"})
    void ranks(String named, int expected) {
        Map<String, String> headers = Map.of("x-data-parallel-host-port", named);
        SidecarScheduler scheduler = scheduler(false);
        if (expected == 400) {
            assertThat(scheduler.refusal(headers)).isNotNull();
        } else {
            assertThat(scheduler.refusal(headers)).isNull();
            assertThat(((ScheduleDecision) decide(scheduler, headers)).primary().port())
                    .isEqualTo(expected);
        }
    }

    @Test
    void endpointsArePartOfThePoolBeforeADecisionNamesThem() {
        ScheduleDecision decision = (ScheduleDecision) decide(
                scheduler(false),
                Map.of(
                        "x-prefiller-host-port", "10.1.2.3:8001",
                        "x-encoder-hosts-ports", "10.1.2.4:8000, 10.2.2.4:8000,prefill-0.prefill:9000",
                        "x-kv-cache-source-host-port", "http://[fd00::1]:8000"));

        assertThat(decision.requestHeaders())
                .containsOnly(
                        Map.entry("x-prefiller-host-port", "10.1.2.3:8001"),
                        Map.entry("x-encoder-hosts-ports", "10.1.2.4:8000,prefill-0.prefill:9000"),
                        Map.entry("x-kv-cache-source-host-port", "[fd00::1]:8000"));
        assertThat(directory.at("10.1.2.3:8001")).isNotNull();
        assertThat(directory.at("[fd00::1]:8000")).isNotNull();
        assertThat(directory.at("localhost:8203")).isNotNull();
        assertThat(directory.at("10.2.2.4:8000")).isNull();
    }

    @Test
    void anyOfSeveralPrefillEndpointsIsTakenWhenTheyAreSampled() {
        Map<String, String> headers = Map.of("x-prefiller-host-port", "10.1.0.1:8000,10.9.0.1:8000,10.1.0.2:8000");

        assertThat(((ScheduleDecision) decide(scheduler(true), headers)).requestHeaders())
                .containsEntry("x-prefiller-host-port", "10.1.0.2:8000");
        assertThat(((ScheduleDecision) decide(scheduler(false), headers)).requestHeaders())
                .containsEntry("x-prefiller-host-port", "10.1.0.1:8000");
    }

    @Test
    void modelServerThatFailedHasNoOtherInItsPlace() {
        assertThat(decide(scheduler(false), Map.of(), "local/0"))
                .isInstanceOfSatisfying(
                        ScheduleRejection.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(ScheduleRejection.Reason.NO_ENDPOINTS));
    }

    @Test
    void poolIsBounded() {
        SidecarScheduler scheduler = scheduler(false);
        for (int i = 0; i < 1_500; i++) {
            decide(scheduler, Map.of("x-prefiller-host-port", "10.1." + i / 256 + "." + i % 256 + ":8000"));
        }

        assertThat(directory.endpoints()).hasSize(1_024 + 4);
        assertThat(directory.at("10.1.5.219:8000")).isNotNull();
        assertThat(directory.at("10.1.0.0:8000")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.0.1:7999",
                "10.1.0.1:8008",
                "10.2.0.1:8000",
                "prefill-0.prefill:9001",
                "prefill-1.prefill:9000",
                "10.1.0.1",
                "10.1.0.1:",
                "10.1.0.1:80000",
                "10.1.0.1:8000@evil:80",
                "10.1.0.1:8000/x",
                "fd00::1:8000",
                "[fe80::1]:8000",
                "0x0a010001:8000"
            })
    void othersAreRefused(String named) {
        assertThat(scheduler(false).refusal(Map.of("x-prefiller-host-port", named)))
                .satisfies(error ->
                        assertThat(error == null ? null : error.code()).isEqualTo(ErrorCode.PERMISSION_DENIED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:9-8", "10.0.0.0/40:80", ":80", "a b:80"})
    void listsThatMakeNoSenseFailTheStart(String text) {
        assertThatThrownBy(() -> AllowList.parse(List.of(text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: ");
    }
}
