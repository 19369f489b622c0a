package io.llmd.scheduler.plugin.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.observe.FlowMeters;
import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.plugin.flowcontrol.FlowFixture.Submitted;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What flow control does with requests, by a clock and a saturation that are moved by hand. */
class FlowControlRulesTest {

    private final FlowFixture flow = new FlowFixture();

    @Test
    @Tag("flow-control-F1")
    void withRoomARequestIsDispatchedInTheCycleInWhichItComes() {
        Submitted request = flow.submit("r");
        flow.turn();
        assertThat(request.outcomeName()).isEqualTo("Dispatched");
        assertThat(flow.observer.entered - flow.observer.left).isZero();
        assertThat(flow.observer.outcomes).containsExactly(Map.entry("Dispatched", 1));
    }

    @Test
    @Tag("flow-control-F2")
    void whileThePoolIsFullARequestWaits() {
        flow.saturate(1.0);
        Submitted request = flow.submit("r");
        flow.turns(100);
        assertThat(request.isWaiting()).isTrue();
    }

    @Test
    @Tag("flow-control-F3")
    void justBelowFullIsRoom() {
        flow.saturate(0.999);
        Submitted request = flow.submit("r");
        flow.turn();
        assertThat(request.isDispatched()).isTrue();
    }

    @Test
    @Tag("flow-control-F4")
    void requestsGoInTheOrderOfArrivalOnceThereIsRoom() {
        flow.saturate(1.2);
        flow.submitAll("default-flow", 0, "1", "2", "3");
        flow.saturate(0.5);
        flow.turns(3);
        assertThat(flow.dispatched).containsExactly("1", "2", "3");
    }

    @Test
    @Tag("flow-control-F5")
    void aHigherBandGoesFirst() {
        flow.withBands(10, 0).saturate(1.0);
        flow.submitAll("f", 0, "r0");
        flow.submitAll("f", 10, "r10");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("r10", "r0");
    }

    @Test
    @Tag("flow-control-F6")
    void aLowerBandIsServedOnlyWhileAllHigherOnesAreEmpty() {
        flow.withBands(10, 0).saturate(0);
        flow.detector.share = 1.0;
        flow.submit("r0", "f", 0);
        for (int i = 0; i < 20; i++) {
            flow.submit("r10-" + i, "f", 10);
            flow.pass(Duration.ofSeconds(1));
        }
        assertThat(flow.dispatched).hasSize(20).doesNotContain("r0");
    }

    @Test
    @Tag("flow-control-F6")
    void withAgingAStarvingBandSendsOneAfterEachInterval() {
        flow.agingInterval = Duration.ofSeconds(5);
        flow.withBands(10, 0).saturate(0);
        flow.detector.share = 1.0;
        List<String> aged = new ArrayList<>();
        flow.heardBy = new FlowObserver() {
            @Override
            public void aged(int bandPriority) {
                aged.add(flow.dispatched.getLast() + " of " + bandPriority);
            }
        };
        flow.submit("r0", "f", 0);
        flow.submit("r1", "f", 0);
        for (int i = 0; i < 20; i++) {
            flow.submit("r10-" + i, "f", 10);
            flow.pass(Duration.ofSeconds(1));
        }
        assertThat(aged).containsExactly("r0 of 0", "r1 of 0");
        assertThat(flow.dispatched.indexOf("r0")).isEqualTo(4);
        assertThat(flow.dispatched.indexOf("r1")).isEqualTo(9);
        assertThat(flow.dispatched).hasSize(20);
    }

    @Test
    void agingDoesNotLiftTheCeilingOfABand() {
        flow.agingInterval = Duration.ofSeconds(5);
        flow.usageLimits = (saturation, priorities, ceilings) -> ceilings[1] = 0.5;
        flow.withBands(10, 0).saturate(0.6);
        flow.submit("r0", "f", 0);
        flow.turn();
        flow.pass(Duration.ofSeconds(10));
        assertThat(flow.dispatched).isEmpty();
    }

    @Test
    void whatIsServedAnywayDoesNotAge() {
        flow.agingInterval = Duration.ofSeconds(5);
        flow.withBands(10, 0).saturate(1.0);
        flow.submit("r0", "f", 0);
        flow.submit("r1", "f", 0);
        flow.turn();
        flow.pass(Duration.ofSeconds(4));
        flow.detector.share = 1.0;
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("r0");
        flow.controller().ended(0);
        flow.submit("r10", "f", 10);
        flow.saturate(0);
        flow.pass(Duration.ofSeconds(4));
        assertThat(flow.dispatched).containsExactly("r0", "r10");
    }

    @Test
    @Tag("flow-control-F7")
    void roundRobinTakesOneOfEachFlowInTurn() {
        flow.fairness = new RoundRobinFairnessPolicy();
        flow.saturate(1.0);
        flow.submitAll("a", 0, "a1", "a2", "a3");
        flow.submitAll("b", 0, "b1");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("a1", "b1", "a2", "a3");
    }

    @Test
    @Tag("flow-control-F8")
    void roundRobinGoesOnAfterTheFlowThatWasServedLast() {
        flow.fairness = new RoundRobinFairnessPolicy();
        flow.submitAll("a", 0, "a1");
        flow.submitAll("b", 0, "b1");
        flow.saturate(1.0);
        flow.submitAll("c", 0, "c1");
        flow.submitAll("a", 0, "a2");
        flow.submitAll("b", 0, "b2");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("a1", "b1", "c1", "a2", "b2");
    }

    @Test
    @Tag("flow-control-F9")
    void theEarlierDeadlineGoesFirstAmongAllFlows() {
        flow.ordering = new EdfOrderingPolicy();
        flow.saturate(1.0);
        flow.submit(flow.request("far", "a", 0, 0, null, null));
        flow.submit(flow.request("near", "b", 0, 0, null, Duration.ofSeconds(5)));
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("near", "far");
    }

    @Test
    void withoutADeadlineRequestsGoAfterThoseWithOneAndInOrder() {
        flow.ordering = new EdfOrderingPolicy();
        flow.ttl = Duration.ZERO;
        flow.saturate(1.0);
        flow.submit("1");
        flow.submit("2");
        flow.submit(flow.request("near", "default-flow", 0, 0, null, Duration.ofHours(5)));
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("near", "1", "2");
    }

    @Test
    @Tag("flow-control-F10")
    void theEarlierWishForAFirstTokenGoesFirst() {
        flow.ordering = new SloDeadlineOrderingPolicy(new SloDeadlineOrderingPolicy.Params(Duration.ofMillis(50)));
        flow.saturate(1.0);
        flow.submit(flow.request("r3", "f", 0, 0, null, null));
        flow.submit(flow.request("r1", "f", 0, 0, "500", null));
        flow.pass(Duration.ofMillis(200));
        flow.submit(flow.request("r2", "f", 0, 0, "100", null));
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("r2", "r1", "r3");
    }

    @Test
    @Tag("flow-control-F11")
    void wishesThatCannotBeAreNone() {
        flow.ordering = new SloDeadlineOrderingPolicy(new SloDeadlineOrderingPolicy.Params(Duration.ofMillis(50)));
        flow.saturate(1.0);
        String[] wishes = {"-5", "abc", "9223372036854775807"};
        for (String wish : wishes) {
            flow.submit(flow.request(wish, "f", 0, 0, wish, null));
            flow.pass(Duration.ofMillis(1));
        }
        flow.submit(flow.request("real", "f", 0, 0, "60000", null));
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("real", "-5", "abc", "9223372036854775807");
    }

    @Test
    void aWishBelowTheSmallestCountsAsTheSmallest() {
        flow.ordering = new SloDeadlineOrderingPolicy(new SloDeadlineOrderingPolicy.Params(Duration.ofMillis(100)));
        flow.saturate(1.0);
        flow.submit(flow.request("honest", "f", 0, 0, "100", null));
        flow.submit(flow.request("greedy", "f", 0, 0, "1", null));
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("honest", "greedy");
    }

    @Test
    @Tag("flow-control-F12")
    void aFullBandRejectsTheNewcomer() {
        flow.bands.put(0, flow.band(2, 1000));
        flow.saturate(1.0);
        flow.submitAll("f", 0, "1", "2");
        Submitted third = flow.submitAll("f", 0, "3").getFirst();
        assertThat(third.outcomeName()).isEqualTo("RejectedCapacity");
        assertThat(third.answer()).isEqualTo("429 rejected-saturated");
        assertThat(((Admission.Rejected) third.outcome()).retryAfter()).isPositive();
    }

    @Test
    @Tag("flow-control-F13")
    void bytesCountToo() {
        flow.bands.put(0, flow.band(5000, 100));
        flow.saturate(1.0);
        Submitted first = flow.submit(flow.request("60", "f", 0, 60, null, null));
        Submitted second = flow.submit(flow.request("41", "f", 0, 41, null, null));
        Submitted third = flow.submit(flow.request("40", "f", 0, 40, null, null));
        flow.turn();
        assertThat(first.isWaiting()).isTrue();
        assertThat(second.outcomeName()).isEqualTo("RejectedCapacity");
        assertThat(third.isWaiting()).isTrue();
    }

    @Test
    @Tag("flow-control-F14")
    void theBoundOverAllBandsHoldsWhateverTheBand() {
        flow.maxRequests = 3;
        flow.bands.put(10, flow.band(5, 1000));
        flow.bands.put(0, flow.band(5, 1000));
        flow.saturate(1.0);
        flow.submitAll("f", 10, "1", "2");
        flow.submitAll("f", 0, "3");
        assertThat(flow.submitAll("f", 10, "4").getFirst().outcomeName()).isEqualTo("RejectedCapacity");
        assertThat(flow.submitAll("f", 0, "5").getFirst().outcomeName()).isEqualTo("RejectedCapacity");
    }

    @Test
    @Tag("flow-control-F15")
    void aFullBandOfAnEmptyPoolRejectsForWantOfEndpoints() {
        flow.bands.put(0, flow.band(2, 1000));
        flow.emptyPool();
        flow.submitAll("f", 0, "1", "2");
        Submitted third = flow.submitAll("f", 0, "3").getFirst();
        assertThat(third.outcomeName()).isEqualTo("RejectedNoEndpoints");
        assertThat(third.answer()).isEqualTo("503 rejected-no-endpoints");
    }

    @Test
    @Tag("flow-control-F17")
    void aRequestExpiresWhenItsTimeIsOver() {
        flow.ttl = Duration.ofSeconds(2);
        flow.saturate(1.0);
        Submitted request = flow.submit("r");
        flow.turn();
        flow.pass(Duration.ofMillis(1999));
        assertThat(request.isWaiting()).isTrue();
        flow.pass(Duration.ofMillis(1));
        assertThat(request.outcomeName()).isEqualTo("EvictedTTL");
        assertThat(request.answer()).isEqualTo("429 rejected-ttl-expired");
        assertThat(((Admission.Evicted) request.outcome()).waited()).hasSeconds(2);
    }

    @Test
    void theOwnerMaySleepUntilTheNextExpiryAtMost() {
        flow.ttl = Duration.ofMillis(1);
        flow.saturate(1.0);
        flow.submit("r");
        assertThat(flow.controller().turn()).isEqualTo(1_000_000);
        flow.nowNanos += 400_000;
        assertThat(flow.controller().turn()).isEqualTo(600_000);
    }

    @Test
    @Tag("flow-control-F18")
    void inAnEmptyPoolTheOtherBudgetCounts() {
        flow.ttl = Duration.ofSeconds(2);
        flow.noEndpointTtl = Duration.ofSeconds(10);
        flow.emptyPool();
        Submitted request = flow.submit("r");
        flow.turn();
        flow.pass(Duration.ofMillis(9999));
        assertThat(request.isWaiting()).isTrue();
        flow.pass(Duration.ofMillis(1));
        assertThat(request.outcomeName()).isEqualTo("EvictedNoEndpoints");
        assertThat(request.answer()).isEqualTo("503 rejected-no-endpoints");
    }

    @Test
    @Tag("flow-control-F19")
    void theFirstEndpointStartsAFreshBudget() {
        flow.ttl = Duration.ofSeconds(2);
        flow.noEndpointTtl = Duration.ofSeconds(10);
        flow.emptyPool();
        flow.saturate(1.0);
        Submitted request = flow.submit("r");
        flow.turn();
        flow.nowNanos += Duration.ofSeconds(9).toNanos();
        flow.fillPool();
        flow.turn();
        flow.pass(Duration.ofMillis(1999));
        assertThat(request.isWaiting()).isTrue();
        flow.pass(Duration.ofMillis(1));
        assertThat(request.outcomeName()).isEqualTo("EvictedTTL");
        assertThat(request.answer()).isEqualTo("429 rejected-ttl-expired");
    }

    @Test
    @Tag("flow-control-F20")
    void theLossOfTheLastEndpointStartsAFreshBudget() {
        flow.ttl = Duration.ofSeconds(5);
        flow.noEndpointTtl = Duration.ofSeconds(5);
        flow.saturate(1.0);
        Submitted request = flow.submit("r");
        flow.turn();
        flow.nowNanos += Duration.ofSeconds(4).toNanos();
        flow.emptyPool();
        flow.turn();
        flow.pass(Duration.ofMillis(4999));
        assertThat(request.isWaiting()).isTrue();
        flow.pass(Duration.ofMillis(1));
        assertThat(request.outcomeName()).isEqualTo("EvictedNoEndpoints");
    }

    @Test
    void theWholeWaitIsLimitedHoweverOftenThePoolComesAndGoes() {
        flow.ttl = Duration.ofSeconds(5);
        flow.noEndpointTtl = Duration.ofSeconds(5);
        flow.maxWait = Duration.ofSeconds(8);
        flow.saturate(1.0);
        Submitted full = flow.submit("full");
        flow.turn();
        flow.nowNanos += Duration.ofSeconds(4).toNanos();
        flow.emptyPool();
        flow.turn();
        flow.pass(Duration.ofSeconds(4));
        assertThat(full.outcomeName()).isEqualTo("EvictedTTL");
        assertThat(full.answer()).isEqualTo("503 rejected-no-endpoints");
    }

    @Test
    @Tag("flow-control-F21")
    void withoutBudgetsARequestWaitsUntilItsClientLeaves() {
        flow.ttl = Duration.ZERO;
        flow.noEndpointTtl = Duration.ZERO;
        flow.saturate(1.0);
        Submitted request = flow.submit("r");
        flow.turn();
        flow.pass(Duration.ofHours(1));
        assertThat(request.isWaiting()).isTrue();
        flow.emptyPool();
        flow.pass(Duration.ofHours(1));
        assertThat(request.isWaiting()).isTrue();
        request.ticket.cancel();
        flow.turn();
        assertThat(request.outcomeName()).isEqualTo("EvictedContextCancelled");
    }

    @Test
    void aCallersOwnLimitIsKeptInEveryRegime() {
        flow.saturate(1.0);
        Submitted request = flow.submit(flow.request("r", "f", 0, 0, null, Duration.ofSeconds(3)));
        flow.turn();
        flow.emptyPool();
        flow.pass(Duration.ofSeconds(2));
        assertThat(request.isWaiting()).isTrue();
        flow.pass(Duration.ofSeconds(1));
        assertThat(request.answer()).isEqualTo("503 rejected-no-endpoints");
    }

    @Test
    @Tag("flow-control-F23")
    @Tag("ext-proc-P22")
    void aClientThatLeavesFreesItsPlaceAtOnce() {
        flow.bands.put(0, flow.band(1, 1000));
        flow.saturate(1.0);
        Submitted gone = flow.submitAll("f", 0, "gone").getFirst();
        gone.ticket.cancel();
        Submitted next = flow.submitAll("f", 0, "next").getFirst();
        assertThat(gone.outcomeName()).isEqualTo("EvictedContextCancelled");
        assertThat(gone.answer()).isEqualTo("503 rejected-context-cancelled");
        assertThat(next.isWaiting()).isTrue();
    }

    @Test
    @Tag("flow-control-F24")
    void aClientThatLeavesBeforeItsRequestIsQueuedIsRejected() {
        Submitted request = flow.submit("r");
        request.ticket.cancel();
        flow.turn();
        assertThat(request.outcomeName()).isEqualTo("RejectedOther");
        assertThat(request.answer()).isEqualTo("503 rejected-context-cancelled");
    }

    /** Nobody is blocked where the way to the owner is full: the answer is there at once, and leaving changes nothing. */
    @Test
    @Tag("flow-control-F24")
    void whatFindsTheWayToTheOwnerFullIsRejectedAndWhoLeavesOnTheWayIsToo() {
        List<Submitted> onTheWay = new ArrayList<>();
        for (int i = 0; i < 16_384; i++) {
            onTheWay.add(flow.submit("r" + i));
        }
        Submitted late = flow.submit("late");
        assertThat(late.answer()).isEqualTo("429 rejected-saturated");
        late.ticket.cancel();
        onTheWay.getFirst().ticket.cancel();
        onTheWay.getLast().ticket.cancel();
        flow.saturate(1.0);
        flow.turns(16);
        assertThat(late.outcomes).hasSize(1);
        for (Submitted gone : List.of(onTheWay.getFirst(), onTheWay.getLast())) {
            assertThat(gone.outcomeName()).isEqualTo("RejectedOther");
            assertThat(gone.answer()).isEqualTo("503 rejected-context-cancelled");
        }
        assertThat(flow.observer.entered).isEqualTo(16_385);
    }

    @Test
    @Tag("flow-control-F29")
    void theSeriesOfAnIdleFlowGoAndThoseOfOthersStay() {
        SimpleMeterRegistry registry = metered();
        flow.submitAll("a", 0, "a1");
        flow.pass(Duration.ofMinutes(3));
        flow.submitAll("b", 0, "b1");
        assertThat(flowLabels(registry)).containsExactlyInAnyOrder("a", "b");
        flow.pass(Duration.ofMinutes(2));
        assertThat(flowLabels(registry)).containsExactly("b");
    }

    @Test
    @Tag("flow-control-F37")
    void endpointsForEncodingAloneHaveNoSeries() {
        SimpleMeterRegistry registry = metered();
        pool(Map.of("x", "encode", "d", "decode"), Map.of("x", 5.0, "d", 0.3));
        flow.turn();
        Map<String, Double> stages = new TreeMap<>();
        registry.find("llm_d_epp_flow_control_pool_saturation")
                .gauges()
                .forEach(gauge -> stages.put(gauge.getId().getTag("stage"), gauge.value()));
        assertThat(stages).isEqualTo(Map.of("decode", 0.3, "effective", 0.3));
    }

    @Test
    @Tag("flow-control-F54")
    void ofMoreThanAThousandFlowsTheOthersAreCountedTogether() {
        SimpleMeterRegistry registry = metered();
        for (int i = 0; i <= 1_000; i++) {
            flow.submit("r" + i, "flow-" + i, 0);
        }
        flow.turns(5);
        assertThat(flow.dispatched).hasSize(1_001);
        assertThat(flowLabels(registry))
                .hasSize(1_001)
                .contains("other", "flow-0")
                .doesNotContain("flow-1000");
        for (int i = 1_001; i < 1_500; i++) {
            flow.submit("r" + i, "flow-" + i, 0);
        }
        flow.turns(5);
        assertThat(flowLabels(registry)).hasSize(1_001);
    }

    /** F1. */
    @Test
    @Tag("flow-control-F1")
    void aDispatchedRequestIsInNoQueueAndCountedOnce() {
        SimpleMeterRegistry registry = metered();
        flow.submitAll("f", 0, "r");
        assertThat(registry.get("llm_d_epp_flow_control_queue_size").gauge().value())
                .isZero();
        assertThat(registry.get("llm_d_epp_flow_control_requests")
                        .tag("outcome", "Dispatched")
                        .counter()
                        .count())
                .isOne();
    }

    /** F32. */
    @Test
    @Tag("flow-control-F32")
    void endpointsThatAreNotReadAreTold() {
        flow.detector.stale = 1;
        flow.saturate(0.5);
        flow.turn();
        assertThat(flow.observer.stale).isOne();
        assertThat(flow.observer.effective).isEqualTo(0.5);
    }

    /** F39. */
    @Test
    @Tag("flow-control-F39")
    void aBlockedBandEndsTheCycleAlsoForAnOpenOneBelow() {
        flow.usageLimits = (saturation, priorities, ceilings) -> ceilings[1] = 0.75;
        flow.withBands(10, 0, -10).saturate(0.8);
        flow.submit("low", "f", -10);
        flow.submit("mid", "f", 0);
        flow.submit("high", "f", 10);
        flow.turns(3);
        assertThat(flow.dispatched).containsExactly("high");
    }

    /** F52: the head goes while the cycle is at work, so that it is still in its queue. */
    @Test
    @Tag("flow-control-F52")
    void aHeadThatIsCancelledInTheMiddleOfACycleIsPassedOver() {
        flow.saturate(1.0);
        List<Submitted> later = new ArrayList<>();
        flow.controller()
                .submit(
                        flow.request("first", "f", 0, 0, null, null),
                        outcome -> later.getFirst().ticket.cancel());
        later.addAll(flow.submitAll("f", 0, "gone", "live"));
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("live");
        assertThat(later.getFirst().outcomeName()).isEqualTo("EvictedContextCancelled");
        flow.turn();
        assertThat(later.getFirst().outcomes).hasSize(1);
    }

    /** F11: those without a wish keep the order in which they were received, which is not that of their coming. */
    @Test
    @Tag("flow-control-F11")
    void withoutAWishTheTimeOfReceiptCounts() {
        flow.ordering = new SloDeadlineOrderingPolicy(new SloDeadlineOrderingPolicy.Params(Duration.ofMillis(50)));
        flow.saturate(1.0);
        String[] wishes = {"abc", null, "9223372036854775807", "-5"};
        for (int i = 0; i < wishes.length; i++) {
            flow.submit(
                    new FlowRequest("" + wishes[i], "f", 0, 0, 1, flow.nowNanos - 1 - i, wishes[i], null, "m", "m"));
        }
        flow.turn();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("-5", "9223372036854775807", "null", "abc");
    }

    private SimpleMeterRegistry metered() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        flow.heardBy = new FlowMeters(registry, "pool", new SchedulerObserver(registry));
        return registry;
    }

    private static Set<String> flowLabels(SimpleMeterRegistry registry) {
        Set<String> labels = new HashSet<>();
        for (Meter meter : registry.getMeters()) {
            String label = meter.getId().getTag("fairness_id");
            if (label != null) {
                labels.add(label);
            }
        }
        return labels;
    }

    @Test
    @Tag("flow-control-F25")
    void theEndEvictsWhatWaitsAndRejectsWhatIsOnItsWay() {
        flow.saturate(1.0);
        List<Submitted> queued = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            queued.add(flow.submit("q" + i, "f" + i % 3, 0));
        }
        flow.turn();
        List<Submitted> buffered = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            buffered.add(flow.submit("b" + i));
        }
        flow.controller().close();
        assertThat(queued).allSatisfy(request -> {
            assertThat(request.outcomeName()).isEqualTo("EvictedOther");
            assertThat(request.answer()).isEqualTo("503 rejected-shutting-down");
        });
        assertThat(buffered).allSatisfy(request -> {
            assertThat(request.outcomeName()).isEqualTo("RejectedOther");
            assertThat(request.answer()).isEqualTo("503 rejected-shutting-down");
        });
    }

    @Test
    @Tag("flow-control-F26")
    void afterTheEndRequestsAreRejected() {
        flow.controller().close();
        Submitted request = flow.submit("r");
        request.ticket.cancel();
        assertThat(request.outcomeName()).isEqualTo("RejectedOther");
        assertThat(request.answer()).isEqualTo("503 rejected-shutting-down");
    }

    @Test
    @Tag("flow-control-F27")
    void aPriorityWithoutABandWaitsInBandZeroUntilItHasOne() {
        flow.saturate(1.0);
        flow.submitAll("f", 7, "early");
        flow.submitAll("f", 0, "zero");
        flow.controller().desirePriorities(Set.of(7));
        flow.submitAll("f", 7, "late");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("late", "early", "zero");
        assertThat(flow.observer.events).containsExactly("fell back 7 to 0");
    }

    @Test
    void aNegativePriorityWithoutABandWaitsInTheLowest() {
        flow.withBands(0, -5).saturate(1.0);
        flow.submitAll("f", -1, "unknown");
        flow.submitAll("f", 0, "zero");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("zero", "unknown");
        assertThat(flow.observer.events).containsExactly("fell back -1 to -5");
    }

    @Test
    @Tag("flow-control-F28")
    void aBandThatNobodyWantsGoesWhenItIsIdleAndConfiguredOnesStay() {
        flow.withBands(3, 0);
        flow.controller().desirePriorities(Set.of(7));
        flow.turn();
        flow.controller().desirePriorities(Set.of());
        flow.turn();
        flow.pass(Duration.ofMinutes(9));
        assertThat(flow.observer.events).isEmpty();
        flow.pass(Duration.ofMinutes(1));
        assertThat(flow.observer.events).containsExactly("band removed 7");
    }

    @Test
    @Tag("flow-control-F29")
    void anIdleFlowIsForgottenAndOthersAreKept() {
        flow.submitAll("a", 0, "a1");
        flow.pass(Duration.ofMinutes(3));
        flow.submitAll("b", 0, "b1");
        flow.pass(Duration.ofMinutes(2));
        assertThat(flow.observer.events).containsExactly("flow removed 0 a");
    }

    @Test
    @Tag("flow-control-F30")
    void aFlowWithAWaitingRequestIsKept() {
        flow.ttl = Duration.ZERO;
        flow.saturate(1.0);
        Submitted request = flow.submitAll("a", 0, "a1").getFirst();
        flow.pass(Duration.ofMinutes(6));
        assertThat(request.isWaiting()).isTrue();
        assertThat(flow.observer.events).isEmpty();
    }

    @Test
    @Tag("flow-control-F33")
    void nothingIsDispatchedIntoAnEmptyPool() {
        flow.emptyPool();
        Submitted request = flow.submit("r");
        flow.turns(10);
        assertThat(request.isWaiting()).isTrue();
        assertThat(flow.observer.effective).isEqualTo(1.0);
        assertThat(flow.observer.stale).isZero();
    }

    @Test
    @Tag("flow-control-F36")
    void theFullerStageBlocks() {
        pool(Map.of("p1", "prefill", "p2", "prefill", "d", "decode"), Map.of("p1", 0.2, "p2", 0.2, "d", 1.1));
        Submitted request = flow.submit("r");
        flow.turn();
        assertThat(request.isWaiting()).isTrue();
        assertThat(flow.observer.prefill).isEqualTo(0.2);
        assertThat(flow.observer.decode).isEqualTo(1.1);
        assertThat(flow.observer.effective).isEqualTo(1.1);
    }

    @Test
    @Tag("flow-control-F37")
    void endpointsForEncodingAloneDoNotCount() {
        pool(Map.of("x", "encode", "d", "decode"), Map.of("x", 5.0, "d", 0.3));
        flow.turn();
        assertThat(flow.observer.prefill).isNaN();
        assertThat(flow.observer.effective).isEqualTo(0.3);
    }

    @Test
    @Tag("flow-control-F38")
    void endpointsForBothStagesCountInBoth() {
        pool(Map.of("x", "both", "d", "decode"), Map.of("x", 0.9, "d", 0.1));
        flow.turn();
        assertThat(flow.observer.prefill).isEqualTo(0.9);
        assertThat(flow.observer.decode).isEqualTo(0.5);
        assertThat(flow.observer.effective).isEqualTo(0.9);
    }

    @Test
    @Tag("flow-control-F39")
    void ceilingsThatFallHoldLowerBandsBack() {
        flow.usageLimits = new PriorityHoldbackPolicy(new PriorityHoldbackPolicy.Params(
                PriorityHoldbackPolicy.Shape.LINEAR, PriorityHoldbackPolicy.Domain.RANK, 0.5, 1.0));
        flow.withBands(10, 0, -10).saturate(0.8);
        flow.submit("r-10", "f", -10);
        flow.submit("r0", "f", 0);
        flow.submit("r10", "f", 10);
        flow.turns(3);
        assertThat(flow.dispatched).containsExactly("r10");
    }

    @Test
    @Tag("flow-control-F40")
    void aReflectiveCeilingOpensOnceInAPeriod() {
        flow.usageLimits = new SoftReflectiveCeilingPolicy();
        flow.withBands(0, -1).saturate(1.0);
        for (int i = 0; i < 40; i++) {
            flow.submit("r" + i, "f", -1);
        }
        flow.turn();
        flow.saturate(0.75);
        flow.turns(30);
        assertThat(flow.dispatched).hasSize(10);
    }

    @Test
    @Tag("flow-control-F41")
    void aReflectiveCeilingIsClosedWhileThePoolIsFull() {
        flow.usageLimits = new SoftReflectiveCeilingPolicy();
        flow.withBands(0, -1).saturate(1.0);
        flow.submit("low", "f", -1);
        flow.submit("high", "f", 0);
        flow.turns(30);
        assertThat(flow.dispatched).isEmpty();
    }

    @Test
    void anEmptyBandDoesNotBlockThoseBelow() {
        flow.usageLimits = (saturation, priorities, ceilings) -> ceilings[0] = 0;
        flow.withBands(10, 0);
        flow.submitAll("f", 0, "r0");
        assertThat(flow.dispatched).containsExactly("r0");
    }

    @Test
    @Tag("flow-control-F42")
    void aFairnessPolicyThatThrowsLosesItsBandForTheCycle() {
        flow.withBands(0);
        FairnessPolicy broken = () -> new FlowSelector() {
            @Override
            public void added(Flow added) {}

            @Override
            public void headChanged(Flow changed) {}

            @Override
            public void removed(Flow removed) {}

            @Override
            public Flow select(long nowNanos) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void served(Flow served, FlowRequest request, long nowNanos) {}
        };
        flow.fairness = broken;
        flow.bands.put(10, flow.band(5000, 1000));
        Submitted high = flow.submit("high", "f", 10);
        Submitted low = flow.submit("low", "f", 0);
        flow.turn();
        assertThat(high.isWaiting()).isTrue();
        assertThat(low.isDispatched()).isTrue();
        assertThat(flow.observer.events).anyMatch(event -> event.endsWith("failed: broken"));
    }

    @Test
    @Tag("flow-control-F44")
    void oneRunningRequestIsEndedForAMoreImportantOne() {
        run(-1, 4);
        flow.saturate(1.0);
        Submitted demand = flow.submit("demand", "f", 10);
        flow.turns(3);
        assertThat(flow.revoked).containsExactly(3L);
        flow.controller().ended(3);
        flow.turn();
        flow.pass(Duration.ofMillis(5));
        assertThat(flow.revoked).hasSize(1);
        flow.pass(Duration.ofMillis(5));
        assertThat(flow.revoked).containsExactly(3L, 2L);
        assertThat(demand.isWaiting()).isTrue();
        assertThat(flow.observer.events).containsExactly("issued for 10", "confirmed", "issued for 10");
    }

    @Test
    @Tag("flow-control-F45")
    void twoAreEndedWhenOneWillNotDo() {
        run(-1, 4);
        flow.saturate(1.6);
        flow.submit("demand", "f", 10);
        flow.turn();
        assertThat(flow.revoked).containsExactly(3L, 2L);
        // F45: what lacks, and what the two give back.
        assertThat(flow.observer.reclaimTarget).isCloseTo(0.6, within(1e-9));
        assertThat(flow.observer.reclaimPending).isCloseTo(0.8, within(1e-9));
    }

    @Test
    @Tag("flow-control-F46")
    void runningRequestsOfNoNegativePriorityAreNotEnded() {
        run(0, 4);
        flow.saturate(1.0);
        flow.submit("demand", "f", 10);
        flow.turn();
        assertThat(flow.revoked).isEmpty();
    }

    @Test
    @Tag("flow-control-F47")
    void requestsOfThePriorityOfTheDemandAreNotEnded() {
        run(-1, 4);
        flow.saturate(1.0);
        flow.submit("demand", "f", -1);
        flow.turn();
        assertThat(flow.revoked).isEmpty();
    }

    @Test
    @Tag("flow-control-F48")
    void aRequestThatDoesNotEndIsGivenUpInTime() {
        run(-1, 4);
        flow.saturate(1.0);
        flow.submit("demand", "f", 10);
        flow.turn();
        flow.pass(Duration.ofMillis(9999));
        assertThat(flow.revoked).hasSize(1);
        flow.pass(Duration.ofMillis(1));
        assertThat(flow.observer.events).containsExactly("issued for 10", "timed out");
        flow.pass(Duration.ofMillis(10));
        assertThat(flow.revoked).hasSize(2);
    }

    @Test
    void withoutEvictionNothingIsEnded() {
        run(-1, 4);
        flow.isEvicting = false;
        flow.controller().reconfigure(flow.settings());
        flow.saturate(1.0);
        flow.submit("demand", "f", 10);
        flow.turn();
        assertThat(flow.revoked).isEmpty();
    }

    @Test
    @Tag("flow-control-F52")
    void aHeadWhoseClientHasLeftIsPassedOver() {
        flow.saturate(1.0);
        List<Submitted> requests = flow.submitAll("f", 0, "gone", "live");
        requests.getFirst().ticket.cancel();
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("live");
        assertThat(requests.getFirst().outcomeName()).isEqualTo("EvictedContextCancelled");
    }

    @Test
    @Tag("flow-control-F55")
    void severalSchedulersTakeTheirPartsOfTheBoundOverAllBands() {
        flow.maxRequests = 100;
        flow.saturate(1.0);
        flow.controller().replicas(2);
        for (int i = 0; i < 60; i++) {
            flow.submit("r" + i);
        }
        flow.turn();
        assertThat(flow.observer.outcomes).containsExactly(Map.entry("RejectedCapacity", 10));
    }

    @Test
    void flowsBeyondTheMostShareOne() {
        flow.maxFlows = 2;
        flow.fairness = new RoundRobinFairnessPolicy();
        flow.saturate(1.0);
        flow.submitAll("a", 0, "a1", "a2");
        flow.submitAll("b", 0, "b1", "b2");
        flow.submitAll("c", 0, "c1", "c2");
        flow.submitAll("d", 0, "d1");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.observer.events).contains("overflowed 0");
        assertThat(flow.dispatched).containsExactly("a1", "b1", "c1", "a2", "b2", "c2", "d1");
    }

    @Test
    void anIdleFlowMakesRoomForANewOne() {
        flow.maxFlows = 2;
        flow.submitAll("a", 0, "a1");
        flow.submitAll("b", 0, "b1");
        flow.submitAll("c", 0, "c1");
        assertThat(new HashSet<>(flow.observer.events))
                .containsExactlyInAnyOrder("flow removed 0 a", "flow removed 0 b");
    }

    @Test
    void positionsAndWaitsFollowTheQueue() {
        flow.withBands(10, 0).saturate(0);
        flow.detector.share = 0.25;
        for (int i = 0; i < 40; i++) {
            flow.submit("warm-up" + i);
        }
        for (int i = 0; i < 10; i++) {
            flow.pass(Duration.ofSeconds(1));
        }
        flow.saturate(1.0);
        Submitted low = flow.submitAll("f", 0, "low").getFirst();
        Submitted second = flow.submitAll("f", 0, "second").getFirst();
        flow.submitAll("f", 10, "high");
        assertThat(low.ticket.position()).isEqualTo(2);
        assertThat(second.ticket.position()).isEqualTo(3);
        assertThat(second.ticket.estimatedWait()).isBetween(Duration.ofMillis(700), Duration.ofMillis(1100));
        flow.saturate(0);
        flow.pass(Duration.ofSeconds(1));
        assertThat(second.ticket.position()).isZero();
        assertThat(second.ticket.estimatedWait()).isZero();
    }

    @Test
    void whatWaitsKeepsItsPlaceUnderOtherSettings() {
        flow.saturate(1.0);
        List<Submitted> requests = new ArrayList<>();
        requests.add(flow.submit(flow.request("far", "a", 0, 0, null, null)));
        requests.add(flow.submit(flow.request("near", "b", 0, 0, null, Duration.ofSeconds(5))));
        flow.turn();
        flow.ordering = new EdfOrderingPolicy();
        flow.fairness = new GlobalStrictFairnessPolicy();
        flow.ttl = Duration.ofSeconds(1000);
        flow.withBands(10, 0);
        flow.controller().reconfigure(flow.settings());
        flow.turn();
        assertThat(requests).allMatch(Submitted::isWaiting);
        flow.submitAll("c", 10, "high");
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("high", "near", "far");
    }

    @Test
    void newBudgetsHoldForWhatWaits() {
        flow.saturate(1.0);
        Submitted request = flow.submitAll("f", 0, "r").getFirst();
        flow.ttl = Duration.ofSeconds(2);
        flow.controller().reconfigure(flow.settings());
        flow.pass(Duration.ofSeconds(2));
        assertThat(request.outcomeName()).isEqualTo("EvictedTTL");
    }

    @Test
    void whenFlowControlIsTurnedOffNothingIsHeld() {
        flow.saturate(1.0);
        flow.submitAll("f", 0, "1", "2");
        flow.isOn = false;
        flow.controller().reconfigure(flow.settings());
        flow.turn();
        flow.submitAll("f", -1, "3");
        assertThat(flow.dispatched).containsExactly("1", "2", "3");
    }

    @Test
    void aRequestThatWaitsInABandAboveItsOwnPriorityEndsNobodyOfItsPriority() {
        flow.isEvicting = true;
        flow.withBands(0);
        place(flow.submit("running", "f", -1), 7);
        flow.saturate(1.0);
        Submitted waiting = flow.submit("waiting", "f", -1);
        flow.turns(3);
        assertThat(waiting.isWaiting()).isTrue();
        assertThat(flow.revoked).isEmpty();
        waiting.ticket.cancel();
        flow.submit("demand", "f", 0);
        flow.turns(3);
        assertThat(flow.revoked).containsExactly(7L);
    }

    @Test
    void nobodyIsEndedForAPoolThatHasNoEndpoints() {
        run(-1, 4);
        flow.emptyPool();
        flow.submit("demand", "f", 10);
        flow.turns(3);
        assertThat(flow.revoked).isEmpty();
    }

    @Test
    void nobodyIsEndedWhileThePoolIsFullForWantOfReadingsAlone() {
        run(-1, 4);
        flow.detector.stale = 1;
        flow.saturate(1.0);
        flow.submit("demand", "f", 10);
        flow.turns(3);
        assertThat(flow.revoked).isEmpty();
        flow.detector.stale = 0;
        flow.saturate(1.0);
        flow.turn();
        assertThat(flow.revoked).containsExactly(3L);
    }

    @Test
    void anEndpointThatIsReadAndFullIsRelievedBesideOneThatIsNotRead() {
        run(-1, 4);
        flow.endpoints =
                new Endpoint[] {EndpointFixture.endpoint("read", 0, 0, 0), EndpointFixture.endpoint("unread", 0, 0, 0)};
        flow.detector.stale = 1;
        flow.saturate(1.0);
        flow.submit("demand", "f", 10);
        flow.turn();
        assertThat(flow.revoked).containsExactly(3L);
    }

    @Test
    void aSaturationThatIsNoNumberIsFull() {
        flow.saturate(Double.NaN);
        Submitted waiting = flow.submit("waiting");
        flow.turns(3);
        assertThat(waiting.isWaiting()).isTrue();
        assertThat(flow.observer.events).contains("stub failed: saturation is NaN");
        flow.saturate(0);
        flow.turn();
        assertThat(waiting.isDispatched()).isTrue();
    }

    @Test
    void aCeilingThatIsNoNumberClosesItsBand() {
        flow.usageLimits = (saturation, priorities, ceilings) -> ceilings[1] = Double.NaN;
        flow.withBands(10, 0);
        Submitted high = flow.submit("high", "f", 10);
        Submitted low = flow.submit("low", "f", 0);
        flow.turn();
        assertThat(high.isDispatched()).isTrue();
        assertThat(low.isWaiting()).isTrue();
        assertThat(flow.observer.events).anyMatch(event -> event.endsWith("failed: a ceiling is NaN"));
    }

    @Test
    void aShareThatIsNoNumberIsNotReserved() {
        flow.detector.share = Double.NaN;
        flow.submitAll("f", 0, "a", "b");
        assertThat(flow.dispatched).containsExactly("a", "b");
        assertThat(flow.observer.events).contains("stub failed: a share is NaN");
    }

    @Test
    void aRequestThatTheOrderingThrowsAtWaitsByItsArrival() {
        flow.ordering = (request, enqueued, ttl) -> {
            if (request.requestId().equals("bad")) {
                throw new IllegalArgumentException("no order");
            }
            return enqueued;
        };
        flow.withBands(0);
        flow.saturate(1.0);
        flow.submitAll("f", 0, "first");
        flow.nowNanos++;
        flow.submitAll("f", 0, "bad");
        flow.nowNanos++;
        flow.submitAll("f", 0, "last");
        flow.saturate(0);
        flow.turns(3);
        assertThat(flow.dispatched).containsExactly("first", "bad", "last");
        assertThat(flow.observer.events).anyMatch(event -> event.endsWith("failed: no order"));
    }

    @Test
    void anOrderingThatFailsAgainAndAgainIsNotAskedForAWhile() {
        List<String> asked = new ArrayList<>();
        flow.ordering = (request, enqueued, ttl) -> {
            asked.add(request.requestId());
            throw new IllegalArgumentException("no order");
        };
        flow.withBands(0);
        for (int i = 0; i < 12; i++) {
            flow.submitAll("f", 0, "r" + i);
        }
        assertThat(asked).hasSize(10).endsWith("r9");
        assertThat(flow.dispatched).hasSize(12);
        flow.pass(Duration.ofSeconds(30));
        flow.submitAll("f", 0, "probe", "other");
        assertThat(asked).hasSize(11).endsWith("probe");
    }

    @Test
    void whileAFairnessPolicyIsLeftAloneFlowsGoInTheOrderOfArrivalAndThenItStartsAnew() {
        List<String> heard = new ArrayList<>();
        boolean[] isBroken = {true};
        flow.fairness = () -> new FlowSelector() {
            private final List<Flow> known = new ArrayList<>();

            @Override
            public void added(Flow added) {
                heard.add("added " + added.fairnessId());
                known.add(added);
            }

            @Override
            public void headChanged(Flow changed) {}

            @Override
            public void removed(Flow removed) {
                known.remove(removed);
            }

            @Override
            public Flow select(long nowNanos) {
                if (isBroken[0]) {
                    throw new IllegalStateException("broken");
                }
                return known.getLast();
            }

            @Override
            public void served(Flow served, FlowRequest request, long nowNanos) {}
        };
        flow.withBands(0);
        flow.submit("a1", "a", 0);
        flow.submit("b1", "b", 0);
        flow.submit("a2", "a", 0);
        flow.turns(9);
        assertThat(flow.dispatched).isEmpty();
        flow.turns(2);
        assertThat(flow.dispatched).containsExactly("a1", "b1", "a2");
        flow.saturate(1.0);
        flow.submitAll("c", 0, "c1");
        flow.submitAll("d", 0, "d1");
        isBroken[0] = false;
        heard.clear();
        flow.nowNanos += Duration.ofSeconds(30).toNanos();
        flow.saturate(0);
        flow.turns(3);
        assertThat(heard).containsExactlyInAnyOrder("added c", "added d");
        assertThat(flow.dispatched).endsWith(heard.getLast().endsWith("d") ? "c1" : "d1");
    }

    @Test
    @Timeout(60)
    void anOwnerThatAPolicyHoldsUpIsSilent() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        flow.ordering = (request, enqueued, ttl) -> {
            inside.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return enqueued;
        };
        flow.withBands(0);
        assertThat(flow.controller().silence()).as("nobody is to be heard yet").isZero();
        flow.controller().start();
        flow.submit("r");
        inside.await();
        flow.nowNanos += Duration.ofSeconds(7).toNanos();
        assertThat(flow.controller().silence()).isEqualTo(Duration.ofSeconds(7));
        end.countDown();
        flow.controller().close();
        assertThat(flow.controller().silence()).isZero();
    }

    @Test
    void aDetectorThatFailsAgainAndAgainIsFullUntilItWorksAgain() {
        boolean[] isBroken = {true};
        int[] asked = {0};
        flow.otherDetector = new FlowFixture.StubDetector() {
            @Override
            public Saturation measure(Endpoint[] endpoints) {
                asked[0]++;
                if (isBroken[0]) {
                    throw new IllegalStateException("broken");
                }
                return super.measure(endpoints);
            }
        };
        Submitted request = flow.submit("r");
        for (int i = 0; i < 20; i++) {
            ((FlowFixture.StubDetector) flow.otherDetector).set(0);
            flow.turn();
        }
        assertThat(asked[0]).isEqualTo(10);
        isBroken[0] = false;
        flow.turn();
        assertThat(request.isWaiting()).as("left alone").isTrue();
        flow.pass(Duration.ofSeconds(30));
        assertThat(request.isDispatched()).isTrue();
    }

    @Test
    void whatWaitsIsKeptWhenANewOrderingThrows() {
        flow.withBands(0);
        flow.saturate(1.0);
        flow.submitAll("f", 0, "first", "second");
        flow.ordering = (request, enqueued, ttl) -> {
            throw new IllegalArgumentException("no order");
        };
        flow.withBands(0);
        flow.controller().reconfigure(flow.settings());
        flow.saturate(0);
        flow.turn();
        assertThat(flow.dispatched).containsExactly("first", "second");
    }

    @Test
    void anErrorOfAPolicyIsToldAndWhatComesAfterItIsDone() {
        flow.withBands(0);
        flow.ordering = (request, enqueued, ttl) -> {
            throw new NoClassDefFoundError("gone");
        };
        flow.bands.put(10, flow.band(5000, 1_000_000));
        Submitted bad = flow.submit("bad", "f", 10);
        Submitted good = flow.submit("good");
        flow.turn();
        assertThat(bad.isDispatched()).isTrue();
        assertThat(good.isDispatched()).isTrue();
        assertThat(flow.observer.events).anyMatch(event -> event.endsWith("failed: gone"));
    }

    @Test
    void anErrorOfTheReceiverOfAnOutcomeDoesNotReachTheOthers() {
        flow.controller().submit(flow.request("bad", "f", 0, 0, null, null), outcome -> {
            throw new StackOverflowError("deep");
        });
        Submitted good = flow.submit("good");
        flow.turn();
        assertThat(good.isDispatched()).isTrue();
        assertThat(flow.observer.events).contains("outcome failed: deep");
    }

    @Test
    void theTargetOfEvictionsStandsUntilTheyAreOver() {
        run(-1, 4);
        flow.saturate(1.25);
        flow.submit("demand", "f", 10);
        flow.turn();
        flow.pass(Duration.ofMillis(100));
        assertThat(flow.observer.reclaimTarget).isEqualTo(0.25);
        flow.controller().ended(3);
        flow.saturate(0);
        flow.pass(Duration.ofMillis(100));
        assertThat(flow.observer.reclaimTarget).isZero();
    }

    @Test
    void aRequestOnItsWayToTheQueueCountsAsWaiting() {
        flow.submit("r");
        assertThat(flow.observer.entered - flow.observer.left).isOne();
        flow.turn();
        assertThat(flow.observer.entered - flow.observer.left).isZero();
    }

    private void place(Submitted submitted, long leaseId) {
        flow.turn();
        submitted.ticket.placed(leaseId, "ns/e");
        flow.turn();
    }

    private void run(int priority, int count) {
        flow.isEvicting = true;
        flow.withBands(10, 0, -1);
        for (int i = 0; i < count; i++) {
            Submitted running = flow.submit("running" + i, "f", priority);
            flow.pass(Duration.ofMillis(1));
            running.ticket.placed(i, "ns/e");
        }
        flow.turn();
    }

    private void pool(Map<String, String> roles, Map<String, Double> saturations) {
        flow.endpoints = roles.entrySet().stream()
                .map(entry -> EndpointFixture.labelled(entry.getKey(), Map.of("llm-d.ai/role", entry.getValue())))
                .toArray(Endpoint[]::new);
        flow.detector.byEndpoint.putAll(saturations);
    }
}
