package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.api.AttemptListener;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RequestMeters meters = new RequestMeters(registry, () -> 5_000_000);

    @Test
    void aThousandFlowsHaveSeriesOfTheirOwnAndTheOthersShareOne() {
        for (int i = 0; i < 1_100; i++) {
            answered(request("m", "flow-" + i), true);
        }
        assertThat(flows()).isEqualTo(1_001);
        assertThat(registry.get("llm_d_epp_request")
                        .tag("fairness_id", "other")
                        .counter()
                        .count())
                .isEqualTo(100);
    }

    @Test
    void aFlowThatIsGoneTakesItsSeriesAlong() {
        AttemptListener attempt = answered(request("m", "team"), true);
        meters.forgetFlow("team");
        assertThat(flows()).as("still running").isEqualTo(1);
        attempt.reported(report(Cause.NATURAL, 200));
        meters.forgetFlow("team");
        assertThat(registry.getMeters())
                .noneMatch(meter -> "team".equals(meter.getId().getTag("fairness_id")));
    }

    @ParameterizedTest
    @Tag("ext-proc-P31")
    @CsvSource({"200, 0", "304, 0", "404, 1", "500, 1"})
    void anAnswerThatIsAnErrorCountsAsOneOfTheModelServer(int status, int errors) {
        answered(request("m", "team"), true).reported(report(Cause.NATURAL, status));
        assertThat(registry.find("llm_d_epp_request_error").tag("error_code", "ModelServerError").counters().stream()
                        .mapToDouble(Counter::count)
                        .sum())
                .isEqualTo(errors);
    }

    @Test
    void aSecondAttemptIsTheSameRequest() {
        answered(request("m", "team"), true).reported(report(Cause.ERROR, 0));
        answered(request("m", "team"), false).reported(report(Cause.NATURAL, 200));
        assertThat(registry.get("llm_d_epp_request").counter().count()).isEqualTo(1);
        assertThat(registry.get("llm_d_epp_request_running").gauge().value()).isZero();
        assertThat(registry.get("llm_d_epp_request_error")
                        .tag("error_code", "ModelServerError")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void rejectionsAreCountedByTheNameOfTheirError() {
        for (ScheduleRejection.Reason reason : ScheduleRejection.Reason.values()) {
            meters.answered(new ScheduleRejection("r", reason, "no", 0), request("m", "team"), true);
        }
        assertThat(registry.find("llm_d_epp_request_error").counters())
                .extracting(counter -> counter.getId().getTag("error_code"))
                .contains("BadRequest", "PreconditionFailed", "ResourceExhausted", "ServiceUnavailable", "Internal");
    }

    @Test
    void aBodyThatCannotBeReadIsAnErrorOfNobody() {
        for (int i = 0; i < 2; i++) {
            meters.answered(
                    new ScheduleRejection("r", ScheduleRejection.Reason.BAD_REQUEST, "no model", 0), null, true);
        }
        assertThat(registry.get("llm_d_epp_request_error")
                        .tags("model_name", "", "fairness_id", "", "priority", "0", "error_code", "BadRequest")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void namesThatRulesUseKeepTheirSeries() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(meters.models().bounded("model-" + i)).isEqualTo("model-" + i);
        }
        assertThat(meters.models().bounded("late")).isEqualTo("other");
        meters.models().keep("late");
        assertThat(meters.models().bounded("late")).isEqualTo("late");
    }

    @Test
    void labelsAreShortAndCanBeWritten() {
        assertThat(meters.models().bounded("x".repeat(500))).hasSize(128);
        assertThat(meters.models().bounded("a\ud800b")).isEqualTo("a?b");
    }

    private long flows() {
        return registry.find("llm_d_epp_request").counters().size();
    }

    private AttemptListener answered(InferenceRequest request, boolean isFirst) {
        return meters.answered(
                new ScheduleDecision(
                        "r",
                        1,
                        "m",
                        "default",
                        List.of(new TargetEndpoint("ns/a", "127.0.0.1", 8000)),
                        new PrefixMatch(0, 0),
                        Map.of(),
                        Map.of()),
                request,
                isFirst);
    }

    private static InferenceRequest request(String model, String flow) {
        return EndpointFixture.request(model, 4).withFairnessId(flow);
    }

    private static OutcomeReport report(Cause cause, int status) {
        return new OutcomeReport("r", 1, "ns/a", Phase.ENDED, cause, status, TokenUsage.UNKNOWN, 0, 0);
    }
}
