package io.llmd.scheduler.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRejection.Reason;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.explain.Attempt;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionOutcome;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.ExplainedCandidate;
import io.llmd.scheduler.explain.ExplainedProfile;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.resource.ModelRewrites;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.resource.RewriteTarget;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.Picker;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectorTest {

    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"" + "x".repeat(1024) + "\"}";

    private static final int MAX_LEASES = 20_000;

    private final AtomicLong clock = new AtomicLong();
    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(2), clock::get);
    private final InFlightTracker inFlight = new InFlightTracker();
    private final List<String> heard = new ArrayList<>();
    private final List<RuntimeException> failures = new ArrayList<>();
    private final List<InferenceRequest> requests = new ArrayList<>();
    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);
    private final Leases leases = new Leases(
            scheduler,
            inFlight,
            Duration.ofSeconds(1860),
            MAX_LEASES,
            1,
            clock::get,
            lease -> this.admissions.ended(lease));
    private final DecisionLog records = new DecisionLog(
            new DecisionLog.Settings(1, 1_000_000, 1000, 1 << 20, Duration.ofMinutes(10), Set.of("x-mine")),
            Map::of,
            List.of(),
            InstantSource.fixed(Instant.EPOCH),
            clock::get);
    private final HeldFlowControl flow = new HeldFlowControl();
    private FlowControlSettings flowSettings = HeldFlowControl.settings(false, 0.5);
    private final Admissions admissions = new Admissions(() -> flowSettings, settings -> flow, clock::get);
    private final Evictions evictions = new Evictions();
    private Resources resources = Resources.of(Map.of("urgent", 10));
    private int matchedBlocks;

    /** The only endpoint that holds them; null for all. */
    private @Nullable String holder;

    private boolean filterAll;
    private boolean decisionTypeFails;
    private final List<Answered> answered = new ArrayList<>();
    private Supplier<SchedulingPlan> plans = this::plan;
    private final RequestParsers parsers = RequestParsers.standard();
    private final Director director = new Director(
            store,
            () -> plans.get(),
            () -> parsers,
            scheduler,
            leases,
            inFlight,
            admissions,
            evictions,
            () -> resources,
            new DecisionListener() {
                @Override
                public void decided(ScheduleOutcome outcome, String model, long durationNanos) {}

                @Override
                public AttemptListener answered(
                        ScheduleOutcome outcome, @Nullable InferenceRequest request, boolean isFirstAttempt) {
                    Answered attempt = new Answered(request, new ArrayList<>());
                    answered.add(attempt);
                    return attempt.reports::add;
                }

                @Override
                public void reported(boolean isNews) {
                    heard.add(isNews ? "news" : "ignored");
                }

                @Override
                public void failed(RuntimeException failure) {
                    failures.add(failure);
                }
            },
            records,
            clock::get);

    @BeforeEach
    void addEndpoints() {
        store.addListener(inFlight);
        for (String name : List.of("a", "b", "c")) {
            String host = "10.0.0." + (name.charAt(0) - 'a' + 1);
            store.upsert(new EndpointMetadata("ns/" + name, name, host, 8000, 8000, Map.of(), 0));
        }
    }

    @Test
    void aDecisionNamesTheEndpointItsPrefixAndOpensALease() {
        matchedBlocks = 2;
        ScheduleDecision decision = decision(Map.of());
        assertThat(decision.model()).isEqualTo("m");
        assertThat(decision.prefix().matchedTokens()).isEqualTo(128);
        assertThat(decision.prefix().promptTokens()).isEqualTo(256);
        assertThat(decision.requestHeaders()).containsEntry("x-added", "1");
        assertThat(inFlight.requests(decision.primary().id())).isEqualTo(1);
        assertThat(inFlight.tokens(decision.primary().id())).isEqualTo(128);
    }

    @Test
    @Tag("scheduling-51")
    void noEndpointsAndUnknownHintsAndFiltersThatDropAllAreTold() {
        assertThat(rejection(Map.of("x-gateway-destination-endpoint-subset", ""), BODY))
                .isEqualTo(Reason.NO_ENDPOINTS);
        assertThat(rejection(Map.of("x-gateway-destination-endpoint-subset", "10.9.9.9:1"), BODY))
                .isEqualTo(Reason.NO_ENDPOINTS);
        filterAll = true;
        assertThat(rejection(Map.of(), BODY)).isEqualTo(Reason.SATURATED);
        List.of("ns/a", "ns/b", "ns/c").forEach(store::delete);
        assertThat(rejection(Map.of(), BODY)).isEqualTo(Reason.NO_ENDPOINTS);
        assertThat(leases.size()).isZero();
    }

    @Test
    void filtersThatDropAllWhoWereNotExcludedTellOfNoEndpointRatherThanOfAFullPool() {
        filterAll = true;
        ScheduleRequest first = request(Map.of(), BODY, "r");
        ScheduleOutcome outcome = schedule(
                new ScheduleRequest(first.requestId(), first.path(), first.headers(), first.body(), List.of("ns/a")));
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        ScheduleRejection.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(Reason.NO_ENDPOINTS));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B84")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.2:8000, [::1]:2 | true",
                "10.0.0.2 | true",
                "10.0.0.9:1,10.0.0.2 | true",
                "10.0.0.2:8001 | false",
                "10.0.0.2:0 | false",
                "10.0.0.2:99999 | false",
                "10.0.0.2:999999999999 | false",
                "10.0.0.2: | false",
                "[10.0.0.2]:8000 | true",
                ":,,] | false"
            })
    void aSubsetHintNamesAddressesWithAPortOrWithAllOfTheirs(String hint, boolean isAllowed) {
        Map<String, String> headers = Map.of("x-gateway-destination-endpoint-subset", hint);
        if (isAllowed) {
            assertThat(decision(headers).primary().id()).isEqualTo("ns/b");
        } else {
            assertThat(rejection(headers, BODY)).isEqualTo(Reason.NO_ENDPOINTS);
        }
    }

    @Test
    void theKeyGivesThePriorityUnlessAnObjectiveDoes() {
        decision(Map.of("x-llmd-priority", "-3"));
        assertThat(requests.getLast().priority()).isEqualTo(-3);
        decision(Map.of("x-llmd-priority", "-3", "x-llm-d-inference-objective", "urgent"));
        assertThat(requests.getLast().priority()).isEqualTo(10);
        decision(Map.of("x-llmd-priority", "high"));
        assertThat(requests.getLast().priority()).isZero();
    }

    @Test
    void headersGiveModelPriorityAndFlowAlsoByTheirOldNames() {
        decision(Map.of(
                "x-gateway-model-name-rewrite", "other",
                "x-gateway-inference-objective", "urgent",
                "x-llm-d-inference-fairness-id", "team"));
        InferenceRequest seen = requests.getFirst();
        assertThat(seen.targetModel()).isEqualTo("other");
        assertThat(seen.priority()).isEqualTo(10);
        assertThat(seen.fairnessId()).isEqualTo("team");
    }

    @Test
    @Tag("inference-api-A19")
    void anObjectiveThatIsDeclaredNowhereIsIgnored() {
        decision(Map.of("x-llm-d-inference-objective", "unknown"));
        assertThat(requests.getLast().priority()).isZero();
        assertThat(requests.getLast().fairnessId()).isEqualTo("default-flow");
    }

    @Test
    void aRewriteOfTheBodysModelGoesBeforeTheHeaderAndIsTheSameForAllAttempts() {
        RewriteRule canary = new RewriteRule(
                "canary", List.of("m"), List.of(new RewriteTarget("m-1", 50), new RewriteTarget("m-2", 50)));
        resources = new Resources(Map.of(), Set.of(), new ModelRewrites(List.of(canary)));
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            String id = "request-" + i;
            String target =
                    decision(Map.of("x-llm-d-model-name-rewrite", "other"), id).model();
            assertThat(decision(Map.of(), id).model()).isEqualTo(target);
            targets.add(target);
        }
        assertThat(targets).containsExactlyInAnyOrder("m-1", "m-2");
    }

    @Test
    @Tag("scheduling-63")
    @Tag("flow-control-F49")
    void withoutQueuesSheddableRequestsAreRefusedWhileThePoolIsFull() {
        resources = Resources.of(Map.of("batch", -1));
        decision(Map.of("x-llm-d-inference-objective", "batch"));
        flowSettings = HeldFlowControl.settings(false, 1.0);
        decision(Map.of());
        assertThat(rejection(Map.of("x-llm-d-inference-objective", "batch"), BODY))
                .isEqualTo(Reason.SATURATED);
        List.of("ns/a", "ns/b", "ns/c").forEach(store::delete);
        assertThat(rejection(Map.of("x-llm-d-inference-objective", "batch"), BODY))
                .isEqualTo(Reason.NO_ENDPOINTS);
    }

    @ParameterizedTest
    @CsvSource({"250, 250", "1, 1", "0,", "-5,", "1.5,", "'',", "abc,", "9999999999999,", "999999999999, 999999999999"})
    void theClientsOwnLimitGoesToFlowControl(String header, @Nullable Long millis) {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        director.schedule(request(Map.of("x-llmd-queue-timeout-ms", header), BODY, "r"), outcome -> {});
        assertThat(flow.held.getFirst().request.timeout()).isEqualTo(millis == null ? null : Duration.ofMillis(millis));
    }

    @Test
    void aRequestWaitsUntilFlowControlLetsItGoAndIsThenCountedThere() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        List<ScheduleOutcome> outcomes = new ArrayList<>();
        QueuePlace place = director.schedule(
                request(Map.of("x-llm-d-inference-objective", "urgent", "x-slo-ttft-ms", "250"), BODY, "r"),
                outcomes::add);
        assertThat(place).isNotSameAs(QueuePlace.NONE);
        assertThat(outcomes).isEmpty();
        HeldFlowControl.Held held = flow.held.getFirst();
        assertThat(held.request.priority()).isEqualTo(10);
        assertThat(held.request.fairnessId()).isEqualTo("default-flow");
        assertThat(held.request.timeToFirstTokenMillis()).isEqualTo("250");
        assertThat(held.request.sizeBytes()).isEqualTo(BODY.length());

        held.outcome.accept(new Admission.Dispatched(Duration.ofSeconds(2)));

        ScheduleDecision decision = (ScheduleDecision) outcomes.getFirst();
        assertThat(held.placed).isEqualTo(decision.leaseId());
        assertThat(decision.responseHeaders())
                .containsEntry("x-llmd-queue-position", "3")
                .containsEntry("x-llmd-queue-estimated-wait-ms", "1500")
                .containsEntry("x-llmd-queue-wait-ms", "2000");
        director.report(report(decision.leaseId(), Phase.ENDED));
        assertThat(flow.ended).containsExactly(decision.leaseId());
        place.leave();
        assertThat(outcomes).hasSize(1);
    }

    @Test
    @Tag("ext-proc-P22")
    void aRequestThatLeavesTheQueueOpensNoLease() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        List<ScheduleOutcome> outcomes = new ArrayList<>();
        QueuePlace place = director.schedule(request(Map.of(), BODY, "r"), outcomes::add);

        place.leave();
        place.leave();

        assertThat(outcomes)
                .singleElement()
                .satisfies(outcome ->
                        assertThat(((ScheduleRejection) outcome).reason()).isEqualTo(Reason.CANCELLED));
        assertThat(leases.size()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "SATURATED,SATURATED",
        "QUEUE_FULL,SATURATED",
        "TTL_EXPIRED,TTL_EXPIRED",
        "TTL_EXPIRED_WITHOUT_ENDPOINTS,NO_ENDPOINTS",
        "NO_ENDPOINTS,NO_ENDPOINTS",
        "SHUTTING_DOWN,SHUTTING_DOWN",
        "FAILED,INTERNAL"
    })
    void eachReasonOfFlowControlIsTold(Admission.Reason reason, Reason told) {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        List<ScheduleOutcome> outcomes = new ArrayList<>();
        director.schedule(request(Map.of(), BODY, "r"), outcomes::add);

        flow.held.getFirst().outcome.accept(new Admission.Rejected(reason, Duration.ofSeconds(7)));

        ScheduleRejection rejection = (ScheduleRejection) outcomes.getFirst();
        assertThat(rejection.reason()).isEqualTo(told);
        assertThat(rejection.retryAfterMillis()).isEqualTo(7_000);
    }

    @Test
    void aDispatchedRequestThatNobodyTakesIsDropped() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        filterAll = true;
        List<ScheduleOutcome> outcomes = new ArrayList<>();
        director.schedule(request(Map.of(), BODY, "r"), outcomes::add);

        flow.held.getFirst().outcome.accept(new Admission.Dispatched(Duration.ZERO));

        assertThat(outcomes).hasSize(1);
        assertThat(flow.held.getFirst().dropped).isTrue();
    }

    @Test
    @Tag("flow-control-F51")
    void aHintAtNobodyIsRefusedAtTheEntryAndAnEmptyPoolIsWaitedFor() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        assertThat(rejection(Map.of("x-gateway-destination-endpoint-subset", "10.9.9.9:1"), BODY))
                .isEqualTo(Reason.NO_ENDPOINTS);
        assertThat(flow.held).isEmpty();
        List.of("ns/a", "ns/b", "ns/c").forEach(store::delete);

        director.schedule(request(Map.of(), BODY, "r"), outcome -> {});

        assertThat(flow.held).hasSize(1);
    }

    @Test
    @Tag("scheduling-54")
    void routingHeadersOfTheClientAreRemovedUnlessADecisionSetsThem() {
        assertThat(decision(Map.of("x-prefiller-host-port", "10.6.6.6:1", "x-added", "0"))
                        .requestHeaders())
                .containsEntry("x-prefiller-host-port", "")
                .containsEntry("x-added", "1");
    }

    @Test
    void shuttingDownClosesTheQueuesAndEndsTheStreamsOfEvictions() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        admissions.follow();
        List<String> told = new ArrayList<>();
        director.evictions(new Evictions.Follower() {
            @Override
            public void evicted(Eviction eviction) {
                told.add("evicted " + eviction.leaseId());
            }

            @Override
            public void ended() {
                told.add("ended");
            }
        });
        evictions.accept(5);

        director.shutDown();

        assertThat(flow.isClosed).isTrue();
        assertThat(told).containsExactly("evicted 5", "ended");
    }

    @Test
    @Tag("scheduling-76")
    void aRequestForCachedDecodingOnlyIsRefusedWhenNothingIsCached() {
        assertThat(rejection(Map.of("prefer", "x, If-Available;q=1"), BODY)).isEqualTo(Reason.NOT_CACHED);
        matchedBlocks = 3;
        decision(Map.of("prefer", "if-available"));
    }

    @Test
    void whatAnotherEndpointHoldsIsNotCached() {
        matchedBlocks = 3;
        holder = "ns/a";
        Set<Boolean> seen = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            boolean isHolder = decision(Map.of(), "r" + i).primary().id().equals("ns/a");
            ScheduleOutcome outcome = schedule(request(Map.of("prefer", "if-available"), BODY, "r" + i));
            assertThat(outcome instanceof ScheduleDecision).isEqualTo(isHolder);
            seen.add(isHolder);
        }
        assertThat(seen).containsExactlyInAnyOrder(true, false);
    }

    @Test
    void equalRequestIdsGiveEqualChoices() {
        for (int i = 0; i < 50; i++) {
            String id = "request-" + i;
            Explanation explanation = director.explain(request(Map.of(), BODY, id));
            ScheduleDecision decision = decision(Map.of(), id);
            assertThat(explanation.verdict())
                    .isEqualTo(new Explanation.Verdict.Scheduled(
                            "default", List.of(decision.primary().id())));
        }
    }

    @Test
    void anExplanationHasNoEffect() {
        director.explain(request(Map.of(), BODY, "r"));
        director.explain(request(Map.of(), "{", "r"));
        assertThat(leases.size()).isZero();
        assertThat(inFlight.attempts()).isZero();
        assertThat(heard).isEmpty();
    }

    @Test
    void anExplanationShowsWhatFiltersAndPickersDid() {
        Explanation explanation = director.explain(request(Map.of(), BODY, "r"));
        ExplainedProfile profile = explanation.profiles().getFirst();
        assertThat(profile.filters().getFirst().verdicts())
                .extracting(ExplainedProfile.FilterVerdict::kept)
                .containsExactly(true, true, true);
        assertThat(profile.picked()).hasSize(1);
        assertThat(explanation.candidates()).extracting(ExplainedCandidate::id).containsExactly("ns/a", "ns/b", "ns/c");
    }

    @Test
    void aRecordHoldsTheDecisionAndLearnsItsEnd() {
        matchedBlocks = 2;
        ScheduleDecision decision = decision(Map.of("x-mine", "kept", "authorization", "Bearer secret"), "r1");
        DecisionRecord record = newest();
        assertThat(record.requestId()).isEqualTo("r1");
        assertThat(record.leaseId()).isEqualTo(decision.leaseId());
        assertThat(record.chosen()).containsExactly(decision.primary().id());
        assertThat(record.attempt().outcome()).isEqualTo(DecisionOutcome.IN_FLIGHT);
        assertThat(record.explanation().candidates())
                .extracting(ExplainedCandidate::matchedBlocks)
                .containsExactly(2, 2, 2);
        director.report(new OutcomeReport(
                "r1",
                decision.leaseId(),
                "ns/a",
                Phase.ENDED,
                Cause.NATURAL,
                200,
                new TokenUsage(256, 7, 128),
                42,
                99,
                "prefill-failed"));
        assertThat(record.attempt())
                .isEqualTo(new Attempt(
                        DecisionOutcome.NATURAL, 200, 42, 99, new TokenUsage(256, 7, 128), "prefill-failed"));
    }

    @Test
    void aRecordOfARejectionSaysWhoRemovedWhom() {
        filterAll = true;
        rejection(Map.of(), BODY);
        Explanation explanation = newest().explanation();
        assertThat(newest().attempt().outcome()).isEqualTo(DecisionOutcome.REJECTED);
        assertThat(explanation.profiles().getFirst().filters().getFirst().verdicts())
                .extracting(ExplainedProfile.FilterVerdict::kept)
                .containsExactly(false, false, false);
        rejection(Map.of(), "{");
        assertThat(newest().explanation().request()).isNull();
    }

    @Test
    void anExplanationIsNotRecorded() {
        director.explain(request(Map.of(), BODY, "r"));
        assertThat(records.size()).isZero();
    }

    private DecisionRecord newest() {
        return records.newest(record -> true, Long.MAX_VALUE, 1).getFirst();
    }

    @Test
    void anExceptionBecomesARejection() {
        plans = () -> {
            throw new IllegalStateException("broken");
        };
        assertThat(rejection(Map.of(), BODY)).isEqualTo(Reason.INTERNAL);
        assertThat(failures).hasSize(1);
        assertThat(director.explain(request(Map.of(), BODY, "r")).verdict())
                .isInstanceOf(Explanation.Verdict.Rejected.class);
    }

    @Test
    void malformedBodiesAreRejected() {
        assertThat(rejection(Map.of(), "{")).isEqualTo(Reason.BAD_REQUEST);
        assertThat(rejection(Map.of(), "{\"prompt\":\"x\"}")).isEqualTo(Reason.BAD_REQUEST);
    }

    @Test
    void aSchedulerThatGoesDownStillTakesWhatNeedNotWait() {
        director.shutDown();
        decision(Map.of());
    }

    @Test
    void requestsAreCountedWhileTheyWait() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        director.schedule(request(Map.of(), BODY, "r1"), outcome -> {});
        director.schedule(request(Map.of(), BODY, "r2"), outcome -> {});
        assertThat(director.waiting()).isEqualTo(2);
        flow.held.getFirst().outcome.accept(new Admission.Dispatched(Duration.ZERO));
        flow.held.getLast().outcome.accept(new Admission.Rejected(Admission.Reason.TTL_EXPIRED, Duration.ZERO));
        assertThat(director.waiting()).isZero();
    }

    @Test
    void aPriorityThatNoObjectiveNamesGetsABandAndLosesItWhenItNoLongerComes() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        admissions.desirePriorities(Set.of(10));
        director.schedule(request(Map.of("x-llmd-priority", "-1"), BODY, "r"), outcome -> {});
        director.schedule(request(Map.of("x-llm-d-inference-objective", "urgent"), BODY, "r"), outcome -> {});
        assertThat(flow.desired).containsExactlyInAnyOrder(10, -1);
        clock.addAndGet(Duration.ofMinutes(9).toNanos());
        director.schedule(request(Map.of("x-llmd-priority", "-1"), BODY, "r"), outcome -> {});
        clock.addAndGet(Duration.ofMinutes(9).toNanos());
        admissions.follow();
        assertThat(flow.desired).containsExactlyInAnyOrder(10, -1);
        clock.addAndGet(Duration.ofMinutes(2).toNanos());
        admissions.follow();
        assertThat(flow.desired).containsExactly(10);
    }

    @Test
    void prioritiesThatComeWithRequestsGetNoMoreThanSixtyFourBands() {
        flowSettings = HeldFlowControl.settings(true, 1.0);
        for (int priority = 1; priority <= 100; priority++) {
            director.schedule(request(Map.of("x-llmd-priority", "" + priority), BODY, "r"), outcome -> {});
        }
        assertThat(flow.desired).hasSize(64);
    }

    @Test
    void aReloadIsNotUndoneByARequestThatWasSlow() {
        FlowControlSettings old = HeldFlowControl.settings(true, 1.0);
        FlowControlSettings changed = HeldFlowControl.settings(true, 1.0);
        AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
        AtomicReference<FlowControlSettings> inForce = new AtomicReference<>(old);
        Admissions slow = new Admissions(
                () -> {
                    FlowControlSettings read = inForce.get();
                    meanwhile.getAndSet(() -> {}).run();
                    return read;
                },
                settings -> flow,
                clock::get);
        slow.follow();
        meanwhile.set(() -> {
            inForce.set(changed);
            slow.follow();
        });

        slow.follow();

        assertThat(flow.settings).isSameAs(changed);
    }

    @Test
    void aFailureAfterTheDecisionGivesTheLeaseBack() {
        decisionTypeFails = true;
        assertThat(rejection(Map.of(), BODY)).isEqualTo(Reason.INTERNAL);
        assertThat(leases.size()).isZero();
        assertThat(inFlight.attempts()).isZero();
        assertThat(answered)
                .singleElement()
                .satisfies(attempt -> assertThat(attempt.reports)
                        .extracting(OutcomeReport::phase)
                        .containsExactly(Phase.ENDED));
    }

    @Test
    void rejectionsOfRequestsThatWereReadTellTheRequest() {
        resources = Resources.of(Map.of("batch", -1));
        flowSettings = HeldFlowControl.settings(false, 1.0);
        assertThat(rejection(Map.of("x-llm-d-inference-objective", "batch"), BODY))
                .isEqualTo(Reason.SATURATED);
        assertThat(rejection(Map.of("x-gateway-destination-endpoint-subset", "10.9.9.9:1"), BODY))
                .isEqualTo(Reason.NO_ENDPOINTS);
        for (int i = 0; i < MAX_LEASES; i++) {
            leases.open("r" + i, "ns/a", plan());
        }
        assertThat(rejection(Map.of(), BODY)).isEqualTo(Reason.SATURATED);

        assertThat(answered)
                .extracting(attempt -> attempt.request == null ? "" : attempt.request.targetModel())
                .containsExactly("m", "m", "m");
        assertThat(newest().model()).isEqualTo("m");
    }

    @Test
    void theTenantIsTheFlowOfARequestThatNamesNone() {
        decision(Map.of("x-llmd-tenant", "acme"));
        assertThat(requests.getLast().fairnessId()).isEqualTo("acme");
        decision(Map.of("x-llmd-tenant", "acme", "x-gateway-inference-fairness-id", "team"));
        assertThat(requests.getLast().fairnessId()).isEqualTo("team");
    }

    @Test
    void hooksHearOfTheStartAtMostOnceAndOfTheEndExactlyOnce() {
        long lease = decision(Map.of()).leaseId();
        heard.clear();
        for (Phase phase :
                List.of(Phase.STARTED, Phase.STARTED, Phase.UNKNOWN, Phase.ENDED, Phase.ENDED, Phase.STARTED)) {
            director.report(report(lease, phase));
        }
        assertThat(heard)
                .containsExactly("started", "news", "ignored", "ignored", "ended", "news", "ignored", "ignored");
    }

    @Test
    void aLostAttemptEndsWhenNoRequestCanTakeThatLong() {
        ScheduleDecision decision = decision(Map.of());
        clock.addAndGet(Duration.ofSeconds(1860).toNanos());
        assertThat(leases.reap()).isZero();
        clock.addAndGet(1);
        assertThat(leases.reap()).isEqualTo(1);
        assertThat(inFlight.requests(decision.primary().id())).isZero();
        director.report(report(decision.leaseId(), Phase.ENDED));
        assertThat(heard).containsExactly("ended", "ignored");
    }

    @Test
    void tenThousandAttemptsWithReportsInAnyOrderLeaveNothingBehind() {
        Random random = new Random(3);
        List<Long> open = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            open.add(decision(Map.of(), "r" + i).leaseId());
            long some = open.get(random.nextInt(open.size()));
            director.report(report(some, random.nextBoolean() ? Phase.STARTED : Phase.ENDED));
        }
        open.stream().filter(id -> id % 2 == 0).forEach(id -> director.report(report(id, Phase.ENDED)));
        clock.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(leases.reap()).isPositive();
        assertThat(leases.size()).isZero();
        assertThat(inFlight.attempts()).isZero();
        for (String id : List.of("ns/a", "ns/b", "ns/c")) {
            assertThat(inFlight.requests(id)).isZero();
            assertThat(inFlight.tokens(id)).isZero();
        }
        assertThat(heard.stream().filter("ended"::equals)).hasSize(10_000);
    }

    @Test
    void tooManyAttemptsInFlightAreRefused() {
        Leases few = new Leases(scheduler, inFlight, Duration.ofSeconds(1), 1, 1, clock::get);
        few.open("r", "ns/a", plan());
        assertThat(few.isFull()).isTrue();
    }

    private Leases leasesBy(RandomGenerator random) {
        return new Leases(scheduler, inFlight, Duration.ofHours(1), 9, Leases.place(random), clock::get);
    }

    @Test
    void aReportThatReachesAnotherReplicaEndsNoLeaseOfIt() {
        long lease = leasesBy(new Random(1)).open("r", "ns/a", plan());
        Leases other = leasesBy(new Random(2));
        other.open("r", "ns/a", plan());
        assertThat(other.report(report(lease, Phase.ENDED))).isFalse();
        assertThat(other.size()).isEqualTo(1);
    }

    @Test
    void everyJsonReaderHoldsIdsOfLeases() {
        RandomGenerator largest = () -> -1;
        assertThat(leasesBy(largest).open("r", "ns/a", plan())).isEqualTo(1L << 52);
    }

    private record Answered(@Nullable InferenceRequest request, List<OutcomeReport> reports) {}

    private ScheduleDecision decision(Map<String, String> headers) {
        return decision(headers, "r");
    }

    private ScheduleDecision decision(Map<String, String> headers, String id) {
        ScheduleOutcome outcome = schedule(request(headers, BODY, id));
        assertThat(outcome).isInstanceOf(ScheduleDecision.class);
        return (ScheduleDecision) outcome;
    }

    private Reason rejection(Map<String, String> headers, String body) {
        ScheduleOutcome outcome = schedule(request(headers, body, "r"));
        assertThat(outcome).isInstanceOf(ScheduleRejection.class);
        return ((ScheduleRejection) outcome).reason();
    }

    private ScheduleOutcome schedule(ScheduleRequest request) {
        List<ScheduleOutcome> outcomes = new ArrayList<>();
        assertThat(director.schedule(request, outcomes::add)).isSameAs(QueuePlace.NONE);
        assertThat(outcomes).hasSize(1);
        return outcomes.getFirst();
    }

    private static ScheduleRequest request(Map<String, String> headers, String body, String id) {
        ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8));
        return new ScheduleRequest(id, "/v1/completions", headers, bytes, List.of());
    }

    private static OutcomeReport report(long lease, Phase phase) {
        return new OutcomeReport("r", lease, "ns/a", phase, Cause.NATURAL, 200, TokenUsage.UNKNOWN, 0, 0);
    }

    private SchedulingPlan plan() {
        Plugins plugins = new Plugins();
        SchedulingProfile profile = new SchedulingProfile(
                "default",
                List.of(new NamedPlugin<>("filter", plugins)),
                List.of(),
                new NamedPlugin<>("picker", plugins));
        return new SchedulingPlan(
                List.of(),
                List.of(new NamedPlugin<>("matches", plugins)),
                List.of(),
                Map.of("default", profile),
                new NamedPlugin<>("handler", plugins),
                List.of(new NamedPlugin<>("pre", plugins)),
                List.of(new NamedPlugin<>("hook", plugins)),
                Map.of());
    }

    private final class Plugins implements DataProducer, Filter, Picker, ProfileHandler, PreRequest, ResponseHook {

        @Override
        public List<DataKey<?>> produces() {
            return List.of(DataKeys.prefixMatches(""));
        }

        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            requests.add(request);
            PrefixMatches matches = new PrefixMatches(candidates.slotCount());
            for (int slot = 0; slot < candidates.slotCount(); slot++) {
                boolean isHeld = holder == null || candidates.atSlot(slot).id().equals(holder);
                matches.set(slot, isHeld ? matchedBlocks : 0, 4, 64);
            }
            candidates.put(DataKeys.prefixMatches(""), matches);
        }

        @Override
        public Candidates filter(InferenceRequest request, Candidates candidates) {
            return candidates.where(position -> !filterAll);
        }

        @Override
        public int[] pick(InferenceRequest request, Candidates candidates, double[] totals) {
            return new int[] {request.random().nextInt(candidates.size())};
        }

        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return results.isEmpty() ? profiles : List.of();
        }

        @Override
        public @Nullable String decisionType(SchedulingOutcome.Scheduled outcome) {
            if (decisionTypeFails) {
                throw new IllegalStateException("broken");
            }
            return null;
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            return switch (results.get("default")) {
                case ProfileOutcome.Picked picked ->
                    new SchedulingOutcome.Scheduled("default", Map.of("default", picked));
                case ProfileOutcome.Failed failed ->
                    new SchedulingOutcome.Rejected(SchedulingOutcome.Reason.SATURATED, failed.message());
            };
        }

        @Override
        public void scheduled(
                InferenceRequest request,
                Candidates candidates,
                SchedulingOutcome.Scheduled outcome,
                Dispatch dispatch) {
            dispatch.addRequestHeader("x-added", "1");
        }

        @Override
        public void started(long leaseId, OutcomeReport report) {
            heard.add("started");
        }

        @Override
        public void ended(long leaseId, OutcomeReport report) {
            heard.add("ended");
        }
    }
}
