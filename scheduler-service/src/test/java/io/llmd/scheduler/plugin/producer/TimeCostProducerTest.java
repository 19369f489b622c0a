package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightLoad;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.TimeCosts;
import io.llmd.scheduler.scheduling.TimeCosts.Part;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimeCostProducerTest {

    private static final int A = 0;
    private static final int B = 1;

    private final InFlightTracker tracker = new InFlightTracker();
    private final Endpoint a = endpoint("a", 0, 0, 0);
    private final Endpoint b = endpoint("b", 0, 0, 0);
    private long millis;
    private long lease;

    @Test
    void whatIsHeldNeedNotBeComputed() {
        TimeCosts costs = costs(producer(""), 4000, 3840, 0);

        assertThat(costs.uncached(A)).isEqualTo(160);
        assertThat(costs.uncached(B)).isEqualTo(4000);
        assertThat(costs.of(A, Part.PREFILL)).isLessThan(0.2 * costs.of(B, Part.PREFILL));
        assertThat(costs.total(A)).isLessThan(costs.total(B));
    }

    @Test
    void promptsOnTheirWayAreWaitedFor() {
        TimeCostProducer producer = producer("");
        double compute = costs(producer, 4000, 0, 0).of(A, Part.PREFILL);
        place(producer, A, 4000);
        place(producer, A, 4000);

        TimeCosts costs = costs(producer, 4000, 0, 0);

        assertThat(costs.of(A, Part.QUEUE)).isCloseTo(2 * compute, within(1.0));
        assertThat(costs.of(B, Part.QUEUE)).isZero();
    }

    /** Whoever comes later can choose: the delay is that of the work, wherever it goes, at the mean of the queues. */
    @Test
    void theMoreAPromptLacksTheMoreItDelaysThoseThatComeLater() {
        TimeCostProducer producer = producer("");
        assertThat(costs(producer, 4000, 0, 0).of(A, Part.DELAY)).isZero();
        place(producer, A, 4000);
        place(producer, A, 4000);

        TimeCosts costs = costs(producer, 4000, 3840, 0);

        double queue = costs.of(A, Part.QUEUE) / 2;
        double onA = costs.of(A, Part.PREFILL);
        double onB = costs.of(B, Part.PREFILL);
        double ratio = onA * (queue + onA / 2) / (onB * (queue + onB / 2));
        assertThat(costs.of(B, Part.QUEUE)).isZero();
        assertThat(costs.of(B, Part.DELAY)).isPositive();
        assertThat(costs.of(A, Part.DELAY) / costs.of(B, Part.DELAY)).isCloseTo(ratio, within(1e-6));
    }

    @Test
    void timeThatHasPassedIsNotWaitedForAgain() {
        TimeCostProducer producer = producer("");
        place(producer, A, 4000);
        double whole = costs(producer, 4000, 0, 0).of(A, Part.QUEUE);
        millis += 100;

        assertThat(costs(producer, 4000, 0, 0).of(A, Part.QUEUE)).isCloseTo(whole - 100, within(1.0));
    }

    @Test
    void aSlowEndpointIsFoundOutByItsAnswers() {
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 60; i++) {
            answer(producer, A, 4000, 250);
            answer(producer, B, 4000, 1000);
        }

        TimeCosts costs = costs(producer, 4000, 0, 0);

        assertThat(costs.of(A, Part.PREFILL)).isCloseTo(250, within(60.0));
        assertThat(costs.of(B, Part.PREFILL)).isCloseTo(1000, within(150.0));
    }

    @Test
    void anEndpointOfWhichNothingIsKnownIsTakenForOneOfTheFleet() {
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 60; i++) {
            answer(producer, A, 4000, 800);
        }

        assertThat(costs(producer, 4000, 0, 0).of(B, Part.PREFILL)).isCloseTo(800, within(120.0));
    }

    @Test
    void anEndpointThatFailsIsAvoidedForAWhile() {
        TimeCostProducer producer = producer("");
        long failed = place(producer, A, 100);
        producer.ended(failed, report(failed, Cause.ERROR, 0, 0, -1));

        assertThat(costs(producer, 100, 0, 0).of(A, Part.FAILURES)).isEqualTo(400);
        millis += 5_000;
        assertThat(costs(producer, 100, 0, 0).of(A, Part.FAILURES)).isCloseTo(200, within(1e-6));
        long answered = place(producer, A, 100);
        producer.started(answered, report(answered, Cause.NONE, 20, 0, -1));
        assertThat(costs(producer, 100, 0, 0).of(A, Part.FAILURES)).isZero();
    }

    @Test
    void aFullCacheIsWaitedForAlsoWhenTheReadingIsOld() {
        // The fixture's caches have 1,000 blocks of 16 tokens.
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 4; i++) {
            long placed = place(producer, A, 3900);
            millis += 400;
            producer.started(placed, report(placed, Cause.NONE, 400, 0, -1));
        }

        TimeCosts costs = costs(producer, 3900, 0, 0);

        assertThat(costs.of(A, Part.QUEUE)).isGreaterThan(100);
        assertThat(costs.of(B, Part.QUEUE)).isZero();
    }

    /** A copy of a prefix takes memory from all that wait for some; a queue that is a little shorter is no reason for it. */
    @Test
    void aPrefixIsNotCopiedWhereMemoryIsShort() {
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 8; i++) {
            place(producer, i % 2, 3900);
        }
        place(producer, A, 3900);

        TimeCosts costs = costs(producer, 3900, 3840, 0);

        assertThat(costs.of(A, Part.QUEUE)).isGreaterThan(costs.of(B, Part.QUEUE));
        assertThat(costs.of(B, Part.DELAY)).isGreaterThan(5 * costs.of(A, Part.DELAY));
        assertThat(costs.total(A)).isLessThan(costs.total(B));
    }

    @Test
    void promptsThatWaitForMemoryAreWaitedForThoughNoReadingShowsWhatTheyWant() {
        // The fixture's caches have 1,000 blocks of 16 tokens; what waits in the engine holds none of them.
        EndpointMetrics reading = new EndpointMetrics(1, 3, 0.9, 16, 1000, Map.of(), Map.of(), 0, 2);
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 3; i++) {
            place(producer, A, 3900);
        }
        double computing = costs(producer, 1000, 0, 0).of(A, Part.QUEUE);
        Candidates read = Candidates.of(new Endpoint(a.metadata(), reading, true), b);

        producer.produce(request(1000, true), read);

        TimeCosts costs = read.data(DataKeys.timeCosts(""));
        assertThat(costs).isNotNull();
        assertThat(costs.of(A, Part.QUEUE)).isGreaterThan(2 * computing);
    }

    @Test
    void whatAnotherEndpointHoldsMayBeReadInsteadOfComputed() {
        TimeCosts costs = costs(producer("{transferTokensPerSecond: 100000, transferMs: 10}"), 16_000, 0, 15_840);

        assertThat(costs.of(A, Part.TRANSFER)).isCloseTo(10 + 158.4, within(0.1));
        assertThat(costs.uncached(A)).isEqualTo(160);
        assertThat(costs.of(B, Part.TRANSFER)).isZero();
    }

    @Test
    void whatAPrefillEndpointWillComputeDoesNotCountWhereItIsAnswered() {
        TimeCostProducer producer = producer("{transferTokensPerSecond: 100000, transferMs: 10}");
        TimeCosts idle = phases(producer, 4_000);
        double compute = idle.of(A, Part.PREFILL);
        assertThat(compute).isPositive();
        assertThat(idle.of(B, Part.TRANSFER))
                .as("nobody waits: computed where it is answered")
                .isZero();

        place(producer, B, 4_000);
        TimeCosts busy = phases(producer, 4_000);

        assertThat(busy.of(B, Part.TRANSFER)).isCloseTo(compute + 10 + 40, within(1.0));
        assertThat(busy.of(B, Part.PREFILL) + busy.of(B, Part.QUEUE) + busy.of(B, Part.DELAY))
                .isZero();
        assertThat(busy.uncached(B)).isEqualTo(4_000);
        assertThat(busy.of(A, Part.PREFILL)).isCloseTo(compute, within(1.0));
    }

    @Test
    void withoutATransferPromptsAreComputedWhereTheyAreAnswered() {
        TimeCostProducer producer = producer("");
        place(producer, B, 4_000);

        TimeCosts costs = phases(producer, 4_000);

        assertThat(costs.of(B, Part.TRANSFER)).isZero();
        assertThat(costs.of(B, Part.PREFILL)).isPositive();
    }

    /** Costs where A is for prefill and B for decode. */
    private TimeCosts phases(TimeCostProducer producer, int promptTokens) {
        Candidates candidates = Candidates.of(
                EndpointFixture.labelled("a", Map.of("llm-d.ai/role", "prefill")),
                EndpointFixture.labelled("b", Map.of("llm-d.ai/role", "decode")));
        candidates.put(DataKeys.prefixMatches(""), new PrefixMatches(2));
        producer.produce(request(promptTokens, true), candidates);
        return candidates.data(DataKeys.timeCosts(""));
    }

    @Test
    void loadOfOtherSchedulersCounts() {
        TimeCostProducer producer = producer("");
        tracker.added(a.metadata());
        tracker.elsewhere(Map.of(a.id(), new InFlightLoad(2, 8000)));

        assertThat(costs(producer, 1000, 0, 0).of(A, Part.QUEUE)).isCloseTo(400, within(1.0));
    }

    @Test
    void nothingIsLeftOfRequestsThatEnded() {
        TimeCostProducer producer = producer("");
        double before = costs(producer, 2000, 0, 0).total(A);
        long gone = place(producer, A, 4000);
        producer.ended(gone, report(gone, Cause.CLIENT_DISCONNECT, 0, 50, -1));
        millis += 600_000;

        assertThat(costs(producer, 2000, 0, 0).total(A)).isCloseTo(before, within(1e-6));
        assertThat(tracker.attempts()).isZero();
    }

    /** Of a split request, the one endpoint has the prompt and the other one the answer. */
    @Test
    void anAnswerCountsWhereItIsGivenAndItsPromptWhereItIsComputed() {
        TimeCostProducer producer = producer("");
        TimeCosts before = costs(producer, 4000, 0, 0);
        split(producer, A, B, 4000);

        TimeCosts waiting = costs(producer, 4000, 0, 0);

        assertThat(waiting.of(A, Part.QUEUE)).isCloseTo(before.of(A, Part.PREFILL), within(1.0));
        assertThat(waiting.of(B, Part.QUEUE)).isZero();
        assertThat(waiting.of(A, Part.ANSWERS)).isZero();
        assertThat(waiting.of(B, Part.ANSWERS)).isPositive();

        millis += 250;
        producer.started(lease, report(lease, Cause.NONE, 250, 0, -1));
        TimeCosts running = costs(producer, 4000, 0, 0);

        assertThat(running.of(A, Part.QUEUE)).isZero();
        // What the answer there stands still for comes on top.
        assertThat(running.of(B, Part.ANSWERS)).isGreaterThan(waiting.of(B, Part.ANSWERS));

        producer.ended(lease, report(lease, Cause.NATURAL, 250, 2_250, 1));
        assertThat(costs(producer, 4000, 0, 0).of(B, Part.ANSWERS)).isZero();
    }

    @Test
    void anEndpointThatComputedNothingAfterAllLearnsNothing() {
        TimeCostProducer producer = producer("");
        double before = costs(producer, 4000, 0, 0).of(A, Part.PREFILL);
        for (int i = 0; i < 20; i++) {
            split(producer, A, B, 4000);
            millis += 9_000;
            producer.started(lease, fellBack(lease, 9_000));
            producer.ended(lease, report(lease, Cause.NATURAL, 9_000, 9_001, 1));
        }

        assertThat(costs(producer, 4000, 0, 0).of(A, Part.PREFILL)).isCloseTo(before, within(1e-6));
        assertThat(costs(producer, 4000, 0, 0).of(A, Part.QUEUE)).isZero();
    }

    @Test
    void blocksOfASplitRequestFillTheCacheOfTheEndpointThatAnswers() {
        // The fixture's caches have 1,000 blocks of 16 tokens.
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 4; i++) {
            split(producer, A, B, 3900);
            millis += 400;
            producer.started(lease, report(lease, Cause.NONE, 400, 0, -1));
        }

        TimeCosts costs = costs(producer, 3900, 0, 0);

        assertThat(costs.of(B, Part.QUEUE)).isGreaterThan(100);
        assertThat(costs.of(A, Part.QUEUE)).isZero();
    }

    @Test
    void aSplitRequestThatFailsSpeaksAgainstTheEndpointThatWasToAnswer() {
        TimeCostProducer producer = producer("");
        split(producer, A, B, 4000);
        producer.ended(lease, report(lease, Cause.ERROR, 0, 0, -1));

        TimeCosts costs = costs(producer, 100, 0, 0);

        assertThat(costs.of(B, Part.FAILURES)).isEqualTo(400);
        assertThat(costs.of(A, Part.FAILURES)).isZero();
        assertThat(costs.of(A, Part.QUEUE)).isZero();
        assertThat(costs.of(B, Part.ANSWERS)).isZero();
        assertThat(producer.attempts()).isZero();
        assertThat(tracker.attempts()).isZero();
    }

    @Test
    void aColumnThatNobodyKeepsServesTheNextDecision() {
        TimeCostProducer producer = producer("");
        Candidates first = candidates(4000, 3840, 0);
        producer.produce(request(4000, true), first);
        TimeCosts lent = first.data(DataKeys.timeCosts(""));
        assertThat(lent).isNotNull();
        double total = lent.total(A);
        lent.keep();
        first.over();

        Candidates second = candidates(4000, 3840, 0);
        producer.produce(request(4000, true), second);
        TimeCosts other = second.data(DataKeys.timeCosts(""));
        second.over();

        assertThat(other).isNotSameAs(lent).isNotNull();
        assertThat(lent.total(A)).isEqualTo(total);
        assertThat(second.data(DataKeys.timeCosts(""))).isNull();
        assertThat(costs(producer, 100, 0, 0)).isSameAs(other);
        assertThat(other.uncached(A)).isEqualTo(100);
    }

    @Test
    void theReasonIsASentence() {
        TimeCosts costs = new TimeCosts(2);
        costs.set(A, Part.QUEUE, 120);
        costs.set(A, Part.PREFILL, 40);
        costs.setUncached(A, 2000);
        costs.set(B, Part.PREFILL, 310);

        assertThat(costs.reason(A, new int[] {A, B}))
                .isEqualTo("120 ms queue + 40 ms prefill for 2,000 uncached tokens; next best 310 ms");
    }

    @Test
    void answersThatAreNotStreamedTeachNothingOfBeginnings() {
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 50; i++) {
            int slot = i % 2;
            long placed = place(producer, slot, 4000, false);
            millis += 30_000;
            producer.started(placed, report(placed, Cause.NONE, 30_000, 0, -1));
            producer.ended(placed, report(placed, Cause.NATURAL, 30_000, 30_000, 800));
        }

        TimeCosts costs = beside(producer);
        TimeCosts untaught = beside(producer(""));

        assertThat(costs.of(A, Part.PREFILL)).isEqualTo(untaught.of(A, Part.PREFILL));
        assertThat(costs.of(B, Part.PREFILL)).isEqualTo(untaught.of(B, Part.PREFILL));
        assertThat(costs.of(A, Part.ANSWERS))
                .isPositive()
                .isCloseTo(untaught.of(A, Part.ANSWERS), within(1e-6 * untaught.of(A, Part.ANSWERS)));
    }

    /** What a request costs while A answers another one. */
    private TimeCosts beside(TimeCostProducer producer) {
        long placed = place(producer, A, 4000);
        millis += 250;
        producer.started(placed, report(placed, Cause.NONE, 250, 0, -1));
        return costs(producer, 4000, 0, 0);
    }

    @Test
    void anEndpointThatIsStartedAnewOrGoesIsForgotten() {
        EndpointStore store = new EndpointStore(Duration.ofSeconds(1), () -> millis * 1_000_000);
        store.upsert(a.metadata());
        store.upsert(b.metadata());
        TimeCostProducer producer = new TimeCostProducer.Factory(store, new InFlightTrackers(store))
                .create("time-cost-producer", ParameterBinder.bind(TimeCostProducer.Params.class, ""));
        long onA = place(producer, A, 4000);
        place(producer, B, 4000);
        TimeCosts before = costs(producer, 4000, 0, 0);

        store.restarted(a.metadata());
        store.delete(b.id());

        TimeCosts costs = costs(producer, 4000, 0, 0);
        assertThat(before.of(A, Part.QUEUE)).isPositive();
        assertThat(before.of(B, Part.QUEUE)).isPositive();
        assertThat(costs.of(A, Part.QUEUE)).isZero();
        assertThat(costs.of(B, Part.QUEUE)).isZero();
        producer.ended(onA, report(onA, Cause.ERROR, 0, 0, -1));
        assertThat(costs(producer, 4000, 0, 0).of(A, Part.FAILURES)).isZero();
    }

    @Test
    void attemptsOlderThanAnyLeaseAreDropped() {
        TimeCostProducer producer = producer("");
        place(producer, A, 4000);
        place(producer, A, 4000);
        millis += TimeCostProducer.LONGEST_ATTEMPT.toMillis() + 1;

        place(producer, B, 4000);

        assertThat(producer.attempts()).isOne();
        assertThat(tracker.attempts()).isOne();
        assertThat(costs(producer, 4000, 0, 0).of(A, Part.QUEUE)).isZero();
    }

    @Test
    void theLastTokenOfAPromptIsComputedAlsoWhenAllIsHeldElsewhere() {
        TimeCosts costs = costs(producer("{transferTokensPerSecond: 100000, transferMs: 10}"), 16_000, 0, 16_000);

        assertThat(costs.of(A, Part.TRANSFER)).isCloseTo(10 + 159.99, within(0.001));
        assertThat(costs.uncached(A)).isOne();
        assertThat(costs.uncached(B)).isOne();
    }

    @Test
    void nothingIsMissedWhereNothingIsAskedFor() {
        TimeCostProducer producer = producer("{timeToFirstTokenMs: 0, timePerOutputTokenMs: 0}");
        for (int i = 0; i < 10; i++) {
            answer(producer, A, 4000, 250);
            place(producer, A, 4000);
        }

        assertThat(costs(producer, 4000, 0, 0).of(A, Part.MISSES)).isZero();
        assertThat(costs(producer, 4000, 0, 0).of(B, Part.MISSES)).isZero();
    }

    @Test
    void aFirstTokenThatWouldBeLateCostsAnAnswer() {
        TimeCostProducer producer = producer("");
        for (int i = 0; i < 10; i++) {
            answer(producer, A, 4000, 250);
        }
        for (int i = 0; i < 8; i++) {
            place(producer, A, 4000);
        }

        TimeCosts inTime = asking(producer, "60000");
        TimeCosts late = asking(producer, "900");
        TimeCosts lost = asking(producer, "1");

        assertThat(inTime.of(A, Part.MISSES)).isLessThan(5);
        assertThat(late.of(A, Part.MISSES)).isGreaterThan(50);
        assertThat(late.of(B, Part.MISSES)).isZero();
        assertThat(lost.of(A, Part.MISSES)).as("late on both").isLessThan(5);
    }

    @Test
    void whoAsksForNothingAsksForWhatIsConfigured() {
        TimeCostProducer producer = producer("{timeToFirstTokenMs: 900, timeToFirstTokenFactor: 0}");
        for (int i = 0; i < 10; i++) {
            answer(producer, B, 4000, 250);
        }
        for (int i = 0; i < 8; i++) {
            place(producer, A, 4000);
        }

        assertThat(costs(producer, 4000, 0, 0).of(A, Part.MISSES)).isPositive();
        assertThat(asking(producer, "60000").of(A, Part.MISSES)).isLessThan(5);
    }

    @Test
    void whatIsConfiguredGrowsWithThePrompt() {
        TimeCostProducer producer = producer("");

        LatencyObjectives one = costs(producer, 1, 0, 0).asked().objectives();
        LatencyObjectives many = costs(producer, 40_000, 0, 0).asked().objectives();

        assertThat(one.timeToFirstTokenMillis()).isBetween(1000.0, 1050.0);
        assertThat(many.timeToFirstTokenMillis()).isGreaterThan(1000 + 1.5 * 2000);
        assertThat(many.timePerOutputTokenMillis()).isEqualTo(50);
        assertThat(asking(producer, "900").asked().isOwn()).isTrue();
        assertThat(asking(producer, "900").asked().objectives().timePerOutputTokenMillis())
                .as("who asks for one time is not held to another one")
                .isZero();
    }

    private TimeCosts asking(TimeCostProducer producer, String firstTokenMillis) {
        Candidates candidates = candidates(4000, 0, 0);
        InferenceRequest plain = request(4000, true);
        InferenceRequest asking = new InferenceRequest(
                "r",
                "m",
                plain.body(),
                Map.of(LlmdHeader.SLO_TIME_TO_FIRST_TOKEN.wireName(), firstTokenMillis),
                0,
                "default-flow",
                0,
                new SplittableRandom(1));
        producer.produce(asking, candidates);
        TimeCosts costs = candidates.data(DataKeys.timeCosts(""));
        assertThat(costs).isNotNull();
        return costs;
    }

    private TimeCostProducer producer(String parameters) {
        return new TimeCostProducer(
                "time-cost-producer",
                ParameterBinder.bind(TimeCostProducer.Params.class, parameters),
                tracker,
                id -> true,
                () -> millis * 1_000_000);
    }

    private TimeCosts costs(TimeCostProducer producer, int promptTokens, int heldByA, int heldByB) {
        Candidates candidates = candidates(promptTokens, heldByA, heldByB);
        producer.produce(request(promptTokens, true), candidates);
        TimeCosts costs = candidates.data(DataKeys.timeCosts(""));
        assertThat(costs).isNotNull();
        return costs;
    }

    private Candidates candidates(int promptTokens, int heldByA, int heldByB) {
        Candidates candidates = Candidates.of(a, b);
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(A, heldByA / 16, promptTokens / 16, 16);
        matches.set(B, heldByB / 16, promptTokens / 16, 16);
        candidates.put(DataKeys.prefixMatches(""), matches);
        return candidates;
    }

    private static InferenceRequest request(int promptTokens, boolean isStreamed) {
        InferenceRequest request = EndpointFixture.request("m", promptTokens);
        RequestBody body = request.body();
        return request.withBody(new RequestBody(body.api(), "m", isStreamed, -1, body.prompts(), "", 0));
    }

    private long place(TimeCostProducer producer, int slot, int promptTokens) {
        return place(producer, slot, promptTokens, true);
    }

    private long place(TimeCostProducer producer, int slot, int promptTokens, boolean isStreamed) {
        InferenceRequest request = request(promptTokens, isStreamed);
        Candidates candidates = candidates(promptTokens, 0, 0);
        producer.produce(request, candidates);
        producer.scheduled(request, candidates, ProducerFixture.decode(candidates, slot), new Dispatch(++lease));
        return lease;
    }

    private void split(TimeCostProducer producer, int prefillSlot, int decodeSlot, int promptTokens) {
        InferenceRequest request = request(promptTokens, true);
        Candidates candidates = candidates(promptTokens, 0, 0);
        producer.produce(request, candidates);
        producer.scheduled(
                request,
                candidates,
                ProducerFixture.prefillAndDecode(candidates, prefillSlot, decodeSlot),
                new Dispatch(++lease));
    }

    private void answer(TimeCostProducer producer, int slot, int promptTokens, int tookMillis) {
        long placed = place(producer, slot, promptTokens);
        millis += tookMillis;
        producer.started(placed, report(placed, Cause.NONE, tookMillis, 0, -1));
        producer.ended(placed, report(placed, Cause.NATURAL, tookMillis, tookMillis + 1, 1));
    }

    private static OutcomeReport fellBack(long lease, int firstToken) {
        return new OutcomeReport(
                "r",
                lease,
                "ns/a",
                Phase.STARTED,
                Cause.NONE,
                200,
                TokenUsage.UNKNOWN,
                firstToken * 1000L,
                0,
                "prefill-failed");
    }

    private static OutcomeReport report(long lease, Cause cause, int firstToken, int whole, int tokens) {
        return new OutcomeReport(
                "r",
                lease,
                "ns/a",
                cause == Cause.NONE ? Phase.STARTED : Phase.ENDED,
                cause,
                200,
                new TokenUsage(-1, tokens, -1),
                firstToken * 1000L,
                whole * 1000L);
    }
}
