package io.llmd.scheduler.plugin.decider;

import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.plugin.HeardEvents;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

/** Rows T27 to T30 of the disaggregation specification, and the rule behind them. */
class HandoffCostPdDeciderTest {

    private static final int DECODE = 0;
    private static final int PREFILL = 1;
    private static final int OTHER_PREFILL = 2;

    /** One token takes a millisecond to compute and one to send; nothing else takes time. */
    private static final String MILLISECONDS = "prefillTokensPerSecond: 1000, kvBytesPerToken: 1, "
            + "transferBytesPerSecond: 1000, handoffMs: 0, decodeStepMs: 0, margin: 0, streamWeight: 0";

    private static final String FREE_HANDOFF = "handoffMs: 0, transferBytesPerSecond: 1e15";

    private final HeardEvents events = new HeardEvents();
    private long nanos;
    private final InFlightLoads loads = new InFlightLoads(3);
    private final PrefixMatches matches = new PrefixMatches(3);
    private Endpoint decode = role("d", "decode");
    private Endpoint prefill = role("p", "prefill");
    private Endpoint otherPrefill = role("q", "prefill");

    /** T27. */
    @Test
    @Tag("pd-T27")
    void splitsFromTheLeastNumberOfMissingTokensOn() {
        caches(PREFILL, 1488, 2000);
        caches(DECODE, 1489, 2000);
        assertThat(splits("uncachedTokens: 512, " + FREE_HANDOFF, 2000)).isFalse();
        caches(DECODE, 1488, 2000);
        assertThat(splits("uncachedTokens: 512, " + FREE_HANDOFF, 2000)).isTrue();
        assertThat(events.heard).containsExactly("split it cached", "split it handoff-is-sooner");
    }

    @Test
    void shortPromptsAreNotSplit() {
        caches(DECODE, 0, 1023);
        assertThat(splits(FREE_HANDOFF, 1023)).isFalse();
        caches(DECODE, 0, 1024);
        assertThat(splits(FREE_HANDOFF, 1024)).isTrue();
        assertThat(events.heard).first().isEqualTo("split it short-prompt");
    }

    /** T28. */
    @Test
    @Tag("pd-T28")
    void withoutPrefixDataNothingIsSplit() {
        assertThat(splits("", 4000)).isFalse();
        assertThat(decider("").decide(request("m", 4000), Candidates.of(decode, prefill), DECODE))
                .isFalse();
        caches(DECODE, 0, 4000);
        assertThat(decider("").decide(request("m", 4000), candidates(), Decider.NOBODY))
                .isFalse();
        assertThat(events.heard).containsOnly("split it cache-unknown");
    }

    /** T29. */
    @Test
    @Tag("pd-T29")
    void theQueueOfThePrefillEndpointsCounts() {
        loads.set(DECODE, 1, 3000);
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        // Local 3 + 2 s; remote: queue + 2 s of computing + 2 s of transfer.
        busyPrefill(999);
        assertThat(splits(MILLISECONDS, 2000)).isTrue();
        busyPrefill(1000);
        assertThat(splits(MILLISECONDS, 2000)).isFalse();
        assertThat(splits(MILLISECONDS.replace("margin: 0", "margin: 0.01"), 2000))
                .isTrue();
        assertThat(events.heard).element(1).isEqualTo("split it local-is-sooner");
        loads.set(OTHER_PREFILL, 0, 0);
        assertThat(splits(MILLISECONDS, 2000)).isTrue();
    }

    @Test
    void whatThePrefillEndpointHoldsCounts() {
        loads.set(DECODE, 1, 1500);
        caches(DECODE, 0, 2000);
        caches(PREFILL, 500, 2000);
        caches(OTHER_PREFILL, 0, 2000);
        assertThat(splits(MILLISECONDS, 2000)).isFalse();
        caches(PREFILL, 501, 2000);
        assertThat(splits(MILLISECONDS, 2000)).isTrue();
    }

    @Test
    void onlyWhatTheDecodeEndpointLacksIsSent() {
        caches(DECODE, 1000, 2000);
        caches(PREFILL, 1999, 2000);
        caches(OTHER_PREFILL, 0, 2000);
        // Local 1 s; remote 1 ms and 1 s of transfer.
        assertThat(splits(MILLISECONDS, 2000)).isFalse();
        assertThat(splits(MILLISECONDS.replace("transferBytesPerSecond: 1000", "transferBytesPerSecond: 1002"), 2000))
                .isTrue();
    }

    @Test
    void stepsThatAreSharedWithRunningRequestsTakeLonger() {
        caches(DECODE, 0, 4000);
        String twoSteps = MILLISECONDS.replace("decodeStepMs: 0", "decodeStepMs: 2001, chunkTokens: 2000");
        assertThat(splits(twoSteps, 4000)).isFalse();
        decode = busy("d", 3);
        assertThat(splits(twoSteps, 4000)).isTrue();
    }

    @Test
    void aPromiseToRunningRequestsIsKept() {
        caches(DECODE, 0, 4000);
        decode = busy("d", 1);
        String slow = MILLISECONDS + ", chunkTokens: 100, interTokenLatencyMs: ";
        assertThat(splits(slow + 100, 4000)).isFalse();
        assertThat(splits(slow + 99, 4000)).isTrue();
        assertThat(events.heard).last().isEqualTo("split it decodes-come-first");
        decode = role("d", "decode");
        assertThat(splits(slow + 99, 4000)).isFalse();
    }

    /** T30. */
    @Test
    @Tag("pd-T30")
    void onlyEndpointsThatCanExchangeBlocksCount() {
        caches(DECODE, 0, 4000);
        decode = versioned("d", "decode", "0.21");
        prefill = versioned("p", "prefill", "0.22");
        otherPrefill = versioned("q", "decode", "0.21");
        assertThat(splits("peerLabels: [version], " + FREE_HANDOFF, 4000)).isFalse();
        assertThat(events.heard).containsExactly("split it no-compatible-prefill");
        otherPrefill = versioned("q", "both", "0.21");
        assertThat(splits("peerLabels: [version], " + FREE_HANDOFF, 4000)).isTrue();
    }

    @Test
    void withoutLoadsEverybodyIsIdle() {
        caches(DECODE, 0, 4000);
        Candidates candidates = Candidates.of(decode, prefill, otherPrefill);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(decider("").decide(request("m", 4000), candidates, DECODE)).isFalse();
        assertThat(decider("transferBytesPerSecond: 1e12, handoffMs: 0").decide(request("m", 4000), candidates, DECODE))
                .isTrue();
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> decider("uncachedTokens: 0")).hasMessageContaining("0.0 (expected: finite, > 0)");
        assertThatThrownBy(() -> decider("margin: -1")).hasMessageContaining("-1.0 (expected: finite, >= 0)");
        assertThatThrownBy(() -> decider("transferBytesPerSecond: .inf"))
                .hasMessageContaining("expected: a finite number");
    }

    @Test
    void promptsThatWereSentAreInTheWayUntilTheirAnswersBegin() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        caches(OTHER_PREFILL, 0, 2000);
        otherPrefill = role("q", "decode");
        HandoffCostPdDecider decider = decider(MILLISECONDS);
        // Local 3 + 2 s; remote: queue + 2 s of computing + 2 s of transfer.
        send(decider, 1, DECODE, 3000);
        send(decider, 2, PREFILL, 999);
        assertThat(asked(decider)).isTrue();
        send(decider, 3, PREFILL, 10);
        assertThat(asked(decider)).isFalse();
        seconds(0.5);
        assertThat(asked(decider)).isFalse();
        decider.started(2, begun(2));
        assertThat(asked(decider)).isTrue();
        decider.ended(1, whole(1, 1, 4));
        assertThat(asked(decider)).isFalse();
    }

    @Test
    void whatOthersHaveInFlightCountsAndWhatIsItsOwnDoesNotCountTwice() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        caches(OTHER_PREFILL, 0, 2000);
        HandoffCostPdDecider decider = decider(MILLISECONDS);
        send(decider, 1, DECODE, 1500);
        loads.set(DECODE, 1, 1500);
        assertThat(asked(decider)).isFalse();
        loads.set(DECODE, 2, 2100);
        assertThat(asked(decider)).isTrue();
    }

    /** The decode endpoint of a split request does not compute, although its tokens count as in flight there. */
    @Test
    void aSplitRequestIsInTheWayOnlyWhereItIsComputed() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        HandoffCostPdDecider decider = decider(MILLISECONDS);
        split(decider, 1, 2500);
        loads.set(DECODE, 1, 2500);
        loads.set(PREFILL, 1, 2500);
        loads.set(OTHER_PREFILL, 1, 2500);
        assertThat(asked(decider)).isFalse();
        // 2 s of computing and 2 s of transfer against 2.001 s of waiting and 2 s of computing.
        send(decider, 2, DECODE, 2001);
        loads.set(DECODE, 2, 4501);
        loads.set(OTHER_PREFILL, 0, 0);
        otherPrefill = role("r", "prefill");
        assertThat(asked(decider)).isTrue();
    }

    @Test
    void blocksThatHaveComeWaitForThePromptsOfTheirEndpoint() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 1999, 2000);
        String fast = MILLISECONDS.replace("transferBytesPerSecond: 1000", "transferBytesPerSecond: 1e9");
        HandoffCostPdDecider decider = decider(fast);
        send(decider, 1, DECODE, 5000);
        assertThat(asked(decider)).isTrue();
        assertThat(events.heard).last().isEqualTo("split it handoff-is-sooner");
    }

    @Test
    void howFastEndpointsAreIsLearnt() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        otherPrefill = role("q", "decode");
        HandoffCostPdDecider decider =
                decider(MILLISECONDS.replace("transferBytesPerSecond: 1000", "transferBytesPerSecond: 1e9"));
        send(decider, 100, DECODE, 100);
        assertThat(asked(decider)).isTrue();
        for (int lease = 1; lease <= 10; lease++) {
            send(decider, lease, PREFILL, 1000);
            seconds(4);
            decider.started(lease, begun(lease));
        }
        decider.ended(100, whole(100, 1, 4));
        send(decider, 101, DECODE, 100);
        assertThat(asked(decider)).isFalse();
        // What is known grows old.
        decider.ended(101, whole(101, 1, 4));
        seconds(1000);
        send(decider, 102, DECODE, 100);
        assertThat(asked(decider)).isTrue();
    }

    @Test
    void runningAnswersAreSparedAtTheCostOfADelayThatIsBounded() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        loads.set(PREFILL, 1, 1000);
        loads.set(OTHER_PREFILL, 1, 9000);
        decode = busy("d", 10);
        // Local 2 s; remote 1 + 2 + 2 s. Ten answers held up for 2 s are 2 s of waiting where first tokens take a
        // tenth.
        String weighed = MILLISECONDS.replace("streamWeight: 0", "streamWeight: ");
        assertThat(splitsAfterAnswers(weighed + "1.4, mostDelay: 3")).isFalse();
        assertThat(splitsAfterAnswers(weighed + "1.6, mostDelay: 3")).isTrue();
        assertThat(events.heard).last().isEqualTo("split it decodes-come-first");
        assertThat(splitsAfterAnswers(weighed + "1.6, mostDelay: 1.4")).isFalse();
    }

    @Test
    void whatIsNotStreamedIsDoneWhenItShouldBeAndTeachesNothing() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        otherPrefill = role("q", "decode");
        HandoffCostPdDecider decider = decider(MILLISECONDS);
        send(decider, 1, DECODE, 5000);
        decider.scheduled(request("m", 3000), fresh(3000), only(PREFILL), new Dispatch(2));
        assertThat(asked(decider)).isFalse();
        seconds(3);
        assertThat(asked(decider)).isFalse();
        seconds(0.1);
        send(decider, 3, DECODE, 2000);
        assertThat(asked(decider)).isTrue();
    }

    /** A client that leaves while its prompt is computed lets the next one begin then, not when that came. */
    @Test
    void theQueueBehindACancelledPromptIsNoShorterForIt() {
        caches(DECODE, 0, 2000);
        caches(PREFILL, 0, 2000);
        otherPrefill = role("q", "decode");
        HandoffCostPdDecider decider = decider(MILLISECONDS);
        // Local 3 + 2 s; remote: queue + 2 s of computing + 2 s of transfer.
        send(decider, 1, PREFILL, 5000);
        send(decider, 2, PREFILL, 3000);
        seconds(2.5);
        decider.ended(1, report(1, Phase.ENDED, Cause.CLIENT_DISCONNECT, 0, 2_500_000));
        send(decider, 3, DECODE, 3000);

        assertThat(asked(decider)).isFalse();

        seconds(2.5);
        send(decider, 4, DECODE, 2600);
        assertThat(asked(decider)).isTrue();
    }

    @Test
    void endpointsThatGoOrAreStartedAnewAreForgotten() {
        EndpointStore store = new EndpointStore(Duration.ofSeconds(1), () -> nanos);
        store.upsert(decode.metadata());
        store.upsert(prefill.metadata());
        HandoffCostPdDecider decider = new HandoffCostPdDecider.Factory(
                        new StaticListableBeanFactory().getBeanProvider(PluginEvents.class), store)
                .create("it", ParameterBinder.bind(HandoffCostPdDecider.Params.class, ""));
        split(decider, 1, 2000);
        assertThat(decider.endpoints()).isEqualTo(2);

        store.delete(prefill.id());
        assertThat(decider.endpoints()).isEqualTo(1);
        store.restarted(decode.metadata());
        assertThat(decider.endpoints()).isZero();

        decider.started(1, begun(1));
        decider.ended(1, whole(1, 1, 2));
        assertThat(decider.endpoints()).isZero();
    }

    private boolean splitsAfterAnswers(String parameters) {
        HandoffCostPdDecider decider = decider(parameters);
        for (int lease = 1; lease <= 300; lease++) {
            send(decider, lease, OTHER_PREFILL, 1);
            decider.started(lease, begun(lease));
            decider.ended(lease, whole(lease, 1, 10));
        }
        return asked(decider);
    }

    private boolean asked(HandoffCostPdDecider decider) {
        return decider.decide(request("m", 2000), candidates(), DECODE);
    }

    private void seconds(double value) {
        nanos += (long) (value * 1e9);
    }

    private void send(HandoffCostPdDecider decider, long lease, int slot, int tokens) {
        decider.scheduled(streamed(tokens), fresh(tokens), only(slot), new Dispatch(lease));
    }

    private void split(HandoffCostPdDecider decider, long lease, int tokens) {
        decider.scheduled(
                streamed(tokens),
                fresh(tokens),
                new SchedulingOutcome.Scheduled("decode", Map.of("decode", picked(DECODE), "prefill", picked(PREFILL))),
                new Dispatch(lease));
    }

    private Candidates fresh(int tokens) {
        Candidates candidates = Candidates.of(decode, prefill, otherPrefill);
        PrefixMatches none = new PrefixMatches(3);
        for (int slot = 0; slot < 3; slot++) {
            none.set(slot, 0, tokens, 1);
        }
        candidates.put(DataKeys.prefixMatches(""), none);
        return candidates;
    }

    private SchedulingOutcome.Scheduled only(int slot) {
        return new SchedulingOutcome.Scheduled("decode", Map.of("decode", picked(slot)));
    }

    private ProfileOutcome.Picked picked(int slot) {
        return new ProfileOutcome.Picked(List.of(candidates().atSlot(slot)), List.of(slot));
    }

    private static OutcomeReport begun(long lease) {
        return report(lease, Phase.STARTED, Cause.NONE, 0, 0);
    }

    private static OutcomeReport whole(long lease, int firstSeconds, int seconds) {
        return report(lease, Phase.ENDED, Cause.NATURAL, firstSeconds * 1_000_000L, seconds * 1_000_000L);
    }

    private static OutcomeReport report(long lease, Phase phase, Cause cause, long firstMicros, long micros) {
        return new OutcomeReport("r" + lease, lease, "d", phase, cause, 200, TokenUsage.UNKNOWN, firstMicros, micros);
    }

    private boolean splits(String parameters, int promptTokens) {
        return decider(parameters).decide(request("m", promptTokens), candidates(), DECODE);
    }

    private Candidates candidates() {
        Candidates candidates = Candidates.of(decode, prefill, otherPrefill);
        candidates.put(DataKeys.prefixMatches(""), matches);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        return candidates;
    }

    private void caches(int slot, int tokens, int promptTokens) {
        matches.set(slot, tokens, promptTokens, 1);
    }

    private void busyPrefill(int tokens) {
        loads.set(PREFILL, 1, tokens);
        loads.set(OTHER_PREFILL, 1, 10_000);
    }

    private static InferenceRequest streamed(int tokens) {
        InferenceRequest request = request("m", tokens);
        RequestBody body = request.body();
        return request.withBody(new RequestBody(
                body.api(), body.model(), true, -1, body.prompts(), "", body.sizeBytes(), body.mediaHashes()));
    }

    private HandoffCostPdDecider decider(String parameters) {
        return new HandoffCostPdDecider(
                "it",
                ParameterBinder.bind(HandoffCostPdDecider.Params.class, "{" + parameters + "}"),
                events,
                id -> true,
                () -> nanos);
    }

    private static Endpoint role(String name, String role) {
        return EndpointFixture.labelled(name, Map.of("llm-d.ai/role", role));
    }

    private static Endpoint versioned(String name, String role, String version) {
        return EndpointFixture.labelled(name, Map.of("llm-d.ai/role", role, "version", version));
    }

    private static Endpoint busy(String name, int running) {
        return EndpointFixture.endpoint(name, 0, running, 0);
    }
}
