package io.llmd.scheduler.plugin.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenFairnessTest {

    private final FlowFixture flow = new FlowFixture();
    private final ProgramAwareFairness programs = new ProgramAwareFairness(
            ParameterBinder.bind(ProgramAwareFairness.Params.class, "{}"), () -> flow.nowNanos);
    private long lease;

    @Test
    @Tag("flow-control-F43")
    void theProgramThatHasGotLessGoesFirst() {
        flow.fairness = programs;
        use(programs, "a", 1000, 500);
        flow.saturate(1.0);
        flow.submit("a1", "a", 0);
        flow.submit("b1", "b", 0);
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("b1", "a1");
    }

    @Test
    @Tag("flow-control-F43")
    void whatAProgramHasGotIsHalvedEachHalfLife() {
        use(programs, "a", 1000, 500);
        assertThat(programs.service().attained("a", flow.nowNanos)).isEqualTo(2000.0);
        long later = flow.nowNanos + Duration.ofSeconds(60).toNanos();
        assertThat(programs.service().attained("a", later)).isEqualTo(1000.0, within(1e-6));
        long muchLater = flow.nowNanos + Duration.ofHours(10).toNanos();
        programs.service().add("a", 0, muchLater);
        programs.service().add("b", 8, muchLater);
        assertThat(programs.service().attained("b", muchLater)).isEqualTo(8.0, within(1e-9));
    }

    @Test
    void thePromptCountsAtDispatchAndTheAnswerAtItsEnd() {
        flow.fairness = programs;
        FlowRequest request = new FlowRequest("r", "a", 0, 0, 1000, flow.nowNanos, null, null, "m", "m");
        flow.submit(request);
        flow.turn();
        assertThat(programs.service().attained("a", flow.nowNanos)).isEqualTo(1000.0);
        use(programs, "a", 1200, 1000, 500);
        assertThat(programs.service().attained("a", flow.nowNanos)).isEqualTo(2200.0);
    }

    @Test
    void amongEqualProgramsTheOneThatHasWaitedLongestGoesFirst() {
        flow.fairness = programs;
        flow.saturate(1.0);
        flow.submit("b1", "b", 0);
        flow.pass(Duration.ofMillis(5));
        flow.submit("a1", "a", 0);
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("b1", "a1");
    }

    @Test
    void amongPerfectlyEqualProgramsTheSmallerIdGoesFirst() {
        flow.fairness = programs;
        flow.saturate(1.0);
        flow.submit("b1", "b", 0);
        flow.submit("a1", "a", 0);
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("a1", "b1");
    }

    @Test
    void programsThatGetNothingAreForgotten() {
        use(programs, "a", 10, 0);
        flow.nowNanos += Duration.ofSeconds(3600).toNanos();
        programs.service().add("b", 1, flow.nowNanos);
        assertThat(programs.service().attained("a", flow.nowNanos)).isZero();
    }

    @Test
    void programsBeyondTheMostCountAsOne() {
        for (int i = 0; i < AttainedService.MOST_PROGRAMS; i++) {
            programs.service().add("p" + i, 1, flow.nowNanos);
        }
        programs.service().add("x", 5, flow.nowNanos);
        programs.service().add("y", 5, flow.nowNanos);
        assertThat(programs.service().attained("x", flow.nowNanos)).isZero();
        assertThat(programs.service().attained("~others", flow.nowNanos)).isEqualTo(10.0);
    }

    @Test
    void metersHearOfTheProgramsEverySecond() {
        flow.fairness = programs;
        flow.turn();
        flow.submit("a1", "a", 0);
        flow.pass(Duration.ofSeconds(1));
        flow.pass(Duration.ofSeconds(1));
        assertThat(flow.observer.programs).contains("a 1");
        assertThat(programs.service().jainsIndex()).isEqualTo(1.0);
    }

    @Test
    void aBandIsSharedInProportionToTheWeights() {
        flow.fairness = weighted("{weights: {gold: 3.0}, quantumTokens: 100}");
        Map<String, Long> tokens = compete(Map.of("gold", 100L, "bronze", 100L), 200);
        assertThat((double) tokens.get("gold") / tokens.get("bronze")).isEqualTo(3.0, within(0.1));
    }

    @Test
    void longRequestsCountForWhatTheyAre() {
        flow.fairness = weighted("{quantumTokens: 1000}");
        Map<String, Long> tokens = compete(Map.of("long", 4000L, "short", 100L), 400);
        assertThat((double) tokens.get("long") / tokens.get("short")).isBetween(0.85, 1.15);
    }

    @Test
    void aQuantumFarBelowThePromptsDoesNotSlowTheChoice() {
        flow.fairness = weighted("{quantumTokens: 1}");
        Map<String, Long> tokens = compete(Map.of("a", 1_000_000_000L, "b", 2_000_000_000L), 30);
        assertThat((double) tokens.get("a") / tokens.get("b")).isBetween(0.8, 1.25);
    }

    @Test
    void answersAreChargedWhenTheyAreComplete() {
        WeightedTokenFairnessPolicy policy = weighted("{quantumTokens: 100}");
        flow.fairness = policy;
        submitTokens("a", 100, 1);
        flow.turn();
        flow.saturate(1.0);
        submitTokens("a", 100, 3);
        submitTokens("b", 100, 3);
        flow.turn();
        answer(policy, "a", 200);
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).startsWith("a", "b", "b").endsWith("a");
    }

    @Test
    void answersAreChargedInTheBandInWhichTheirRequestsWaited() {
        WeightedTokenFairnessPolicy policy = weighted("{quantumTokens: 100}");
        flow.fairness = policy;
        flow.withBands(10, 0);
        submitTokens("a", 100, 1);
        flow.turn();
        flow.saturate(1.0);
        flow.submit("x", "x", 10);
        submitTokens("a", 100, 3);
        submitTokens("b", 100, 3);
        flow.turn();
        answer(policy, "a", 200);
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).startsWith("a", "x", "b", "b").endsWith("a");
    }

    @Test
    void answersToRequestsOfASharedFlowAreChargedToTheSharedFlow() {
        WeightedTokenFairnessPolicy policy = weighted("{quantumTokens: 100}");
        flow.fairness = policy;
        flow.maxFlows = 1;
        flow.saturate(1.0);
        submitTokens("a", 100, 1);
        submitTokens("b", 100, 1);
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactlyInAnyOrder("a", "b");
        flow.saturate(1.0);
        submitTokens("a", 100, 3);
        submitTokens("c", 100, 3);
        flow.turn();
        answer(policy, "b", 200);
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched.subList(2, 4)).containsExactly("a", "a");
        assertThat(flow.dispatched.getLast()).isEqualTo("c");
    }

    @Test
    void aProgramWithoutAFlowOfItsOwnHasItsTokensCountedForTheFlowItShares() {
        flow.fairness = programs;
        flow.maxFlows = 1;
        flow.saturate(1.0);
        submitTokens("a", 100, 1);
        submitTokens("b", 100, 1);
        flow.turn();
        flow.saturate(0);
        flow.turn();
        answer(programs, "b", 200);
        assertThat(programs.service().attained("~overflow", flow.nowNanos)).isEqualTo(500.0);
        assertThat(programs.service().attained("b", flow.nowNanos)).isZero();
    }

    @Test
    void requestsThatAreNeverScheduledAreForgotten() {
        AttemptTokens<String> attempts = new AttemptTokens<>();
        Flow shared = new FlowStub("shared");
        for (int i = 0; i <= AttemptTokens.MOST_SERVED; i++) {
            attempts.served(shared, new FlowRequest("r" + i, "a", 0, 0, 1, 0, null, null, "m", "m"), "band");
        }
        attempts.scheduled(request("r0", "a", 10), new Dispatch(1));
        attempts.scheduled(request("r1", "a", 10), new Dispatch(2));
        assertThat(attempts.ended(1, report(TokenUsage.UNKNOWN)))
                .isEqualTo(new AttemptTokens.Used<String>("a", null, 0, 0));
        assertThat(attempts.ended(2, report(TokenUsage.UNKNOWN)))
                .isEqualTo(new AttemptTokens.Used<>("shared", "band", 0, 0));
    }

    private static final class FlowStub extends Flow {

        private FlowStub(String fairnessId) {
            super(fairnessId);
        }

        @Override
        public FlowRequest head() {
            throw new IllegalStateException("empty");
        }

        @Override
        public long headKey() {
            return 0;
        }

        @Override
        public long headEnqueuedNanos() {
            return 0;
        }

        @Override
        public long headSequence() {
            return 0;
        }
    }

    /** The request of a flow, whose id is that of the flow, is scheduled and answered. */
    private <T extends PreRequest & ResponseHook> void answer(T policy, String id, int completion) {
        lease++;
        policy.scheduled(request(id, id, 0), Candidates.of(), outcome(), new Dispatch(lease));
        policy.ended(lease, report(new TokenUsage(0, completion, 0)));
    }

    @Test
    void attemptsThatHaveEndedLeaveNothingBehind() {
        AttemptTokens<String> attempts = new AttemptTokens<>();
        attempts.scheduled(request("a", 10), new Dispatch(1));
        assertThat(attempts.ended(1, report(TokenUsage.UNKNOWN)))
                .isEqualTo(new AttemptTokens.Used<String>("a", null, 0, 0));
        assertThat(attempts.ended(1, report(TokenUsage.UNKNOWN))).isNull();
        assertThat(attempts.size()).isZero();
    }

    /** Tokens that each flow has sent when the first of them has nothing left. */
    private Map<String, Long> compete(Map<String, Long> promptTokens, int each) {
        flow.ttl = Duration.ZERO;
        flow.saturate(1.0);
        promptTokens.forEach((id, tokens) -> submitTokens(id, tokens, each));
        flow.turn();
        flow.detector.share = 1.0;
        flow.saturate(0);
        Map<String, Integer> sent = new HashMap<>();
        Map<String, Long> tokens = new HashMap<>();
        while (sent.values().stream().noneMatch(count -> count >= each - 1)) {
            flow.pass(Duration.ofSeconds(1));
            String id = flow.dispatched.getLast();
            sent.merge(id, 1, Integer::sum);
            tokens.merge(id, promptTokens.get(id), Long::sum);
        }
        return tokens;
    }

    private void submitTokens(String id, long tokens, int count) {
        for (int i = 0; i < count; i++) {
            flow.submit(new FlowRequest(id, id, 0, 0, tokens, flow.nowNanos, null, null, "m", "m"));
        }
    }

    private static WeightedTokenFairnessPolicy weighted(String yaml) {
        return new WeightedTokenFairnessPolicy(ParameterBinder.bind(WeightedTokenFairnessPolicy.Params.class, yaml));
    }

    private <T extends PreRequest & ResponseHook> void use(T policy, String id, int prompt, int completion) {
        use(policy, id, prompt, 0, completion);
    }

    private <T extends PreRequest & ResponseHook> void use(
            T policy, String id, int prompt, int estimate, int completion) {
        lease++;
        policy.scheduled(request(id, estimate), Candidates.of(), outcome(), new Dispatch(lease));
        policy.ended(lease, report(new TokenUsage(prompt, completion, 0)));
    }

    private static SchedulingOutcome.Scheduled outcome() {
        return null;
    }

    private static InferenceRequest request(String id, int promptTokens) {
        return request("r", id, promptTokens);
    }

    private static InferenceRequest request(String requestId, String id, int promptTokens) {
        Prompt prompt = new Prompt(new byte[promptTokens * 4], promptTokens * 4);
        RequestBody body = new RequestBody(Api.COMPLETIONS, "m", false, -1, List.of(prompt), "", 0);
        return new InferenceRequest(requestId, "m", body, Map.of(), 0, id, 0, new SplittableRandom(1));
    }

    private OutcomeReport report(TokenUsage usage) {
        return new OutcomeReport(
                "r",
                lease,
                EndpointFixture.endpoint("e", 0, 0, 0).id(),
                OutcomeReport.Phase.ENDED,
                OutcomeReport.Cause.NATURAL,
                200,
                usage,
                0,
                1);
    }
}
