package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.DryRun;
import io.llmd.scheduler.explain.Explanation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PluginGuardTest {

    private static final Duration COOL_DOWN = Duration.ofSeconds(30);
    private static final Duration BUDGET = Duration.ofMillis(50);
    private static final Duration HANG = Duration.ofSeconds(1);
    private static final Picker FIRST = (request, candidates, totals) -> new int[] {0};

    private final List<String> events = new ArrayList<>();
    private volatile long nowNanos = 1_000_000;
    private final PluginGuard guard =
            new PluginGuard(new GuardSettings(3, COOL_DOWN, BUDGET, HANG), new Events(), () -> nowNanos);
    private final PluginBreaker breaker = guard.breaker("p");

    @Test
    @Tag("fault-F60")
    void afterFailuresInARowThePluginIsNotCalledUntilTheCoolDownIsOver() {
        fail(3);
        assertThat(events).containsExactly("failed p", "failed p", "failed p", "opened p FAILURES");
        assertThat(guard.begin(breaker)).isNull();
        pass(COOL_DOWN.minusNanos(1));
        assertThat(guard.begin(breaker)).isNull();
        pass(Duration.ofNanos(1));
        assertThat(guard.begin(breaker)).isNotNull();
    }

    @Test
    void aSuccessBetweenFailuresStartsTheCountAnew() {
        fail(2);
        begin().succeeded();
        fail(2);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void oneCallProbesAndItsSuccessLetsTheOthersIn() {
        fail(3);
        pass(COOL_DOWN);
        WatchedCall probe = begin();
        assertThat(guard.begin(breaker)).as("while it is tried out").isNull();
        probe.succeeded();
        begin().succeeded();
        assertThat(events).endsWith("opened p FAILURES", "passed over p", "closed p");
    }

    @Test
    void aProbeThatFailsStartsTheCoolDownAnewWithoutAnotherAnnouncement() {
        fail(3);
        pass(COOL_DOWN);
        fail(1);
        assertThat(events).containsOnlyOnce("opened p FAILURES");
        pass(COOL_DOWN.minusNanos(1));
        assertThat(guard.begin(breaker)).isNull();
        pass(Duration.ofNanos(1));
        begin().succeeded();
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void whoWasInsideWhenItOpenedDoesNotCloseIt() {
        WatchedCall early = begin();
        fail(3);
        early.succeeded();
        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    @Tag("fault-F60")
    void callsThatTakeTooLongAreFailuresToo() {
        for (int i = 0; i < 3; i++) {
            WatchedCall call = begin();
            pass(BUDGET.plusNanos(2));
            call.succeeded();
        }
        assertThat(events).containsExactly("overran p", "overran p", "overran p", "opened p FAILURES");
    }

    @Test
    void withinTheBudgetACallIsNotTooLong() {
        WatchedCall call = begin();
        pass(BUDGET);
        call.succeeded();
        assertThat(events).isEmpty();
    }

    @Test
    void aCallThatDoesNotReturnKeepsAllOthersAwayUntilItHas() {
        WatchedCall lost = begin();
        watchFor(HANG);
        assertThat(events).containsExactly("hung p", "opened p HANGS");
        assertThat(guard.hangingCalls()).isOne();
        watchFor(COOL_DOWN.multipliedBy(2));
        assertThat(guard.begin(breaker)).as("no probe while it hangs").isNull();
        assertThat(events).containsOnlyOnce("hung p");

        lost.succeeded();
        watchFor(HANG);
        assertThat(guard.hangingCalls()).isZero();
        pass(COOL_DOWN);
        begin().succeeded();
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void aPauseOfTheWholeProcessIsNoHang() {
        WatchedCall call = begin();
        guard.watch();
        pass(Duration.ofSeconds(20));
        guard.watch();
        guard.watch();
        call.succeeded();
        assertThat(events).doesNotContain("hung p");
    }

    @Test
    void callsThatFollowOneAnotherAreNoHang() {
        for (int i = 0; i < 20; i++) {
            WatchedCall call = begin();
            pass(BUDGET);
            guard.watch();
            call.succeeded();
        }
        assertThat(events).isEmpty();
    }

    @Test
    void oneThatOpensForHangsAloneBearsAnyNumberOfFailures() {
        PluginBreaker patient = guard.breakerForHangs("patient");
        for (int i = 0; i < 100; i++) {
            WatchedCall call = guard.begin(patient);
            assertThat(call).isNotNull();
            call.failed(new IllegalStateException("boom"));
        }
        WatchedCall lost = guard.begin(patient);
        watchFor(HANG);
        assertThat(guard.begin(patient)).isNull();
        assertThat(lost).isNotNull();
    }

    @Test
    void moreCallsThanAreWatchedGoOn() {
        List<WatchedCall> inside = new ArrayList<>();
        for (int i = 0; i < 2 * PluginGuard.MOST_CALLS; i++) {
            inside.add(begin());
        }
        inside.forEach(WatchedCall::succeeded);
        assertThat(events).isEmpty();
        fail(3);
        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void aCallEndsOnce() {
        WatchedCall call = begin();
        call.succeeded();
        assertThatThrownBy(call::succeeded).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Tag("fault-F60")
    void theDecisionGoesOnWithoutAFilterAndAScorerThatFailAndSaysSo() {
        Filter filter = (request, candidates) -> {
            throw new IllegalStateException("boom");
        };
        Scorer scorer = (request, candidates, scores) -> scores[0] = Double.NaN;
        SchedulingPlan plan = plan(filter, scorer);
        Scheduler scheduler = new Scheduler(guard);
        for (int i = 0; i < 3; i++) {
            scheduler.schedule(plan, request(), idle("a", "b"), DecisionRecorder.NONE);
        }
        assertThat(events).contains("opened filter FAILURES", "opened scorer FAILURES");
        DecisionRecording recording = new DecisionRecording(() -> nowNanos, nowNanos);
        Candidates candidates = idle("a", "b");
        SchedulingOutcome outcome = scheduler.schedule(plan, request(), candidates, recording);
        assertThat(outcome).isInstanceOf(SchedulingOutcome.Scheduled.class);
        Explanation.Verdict verdict = new Explanation.Verdict.Scheduled("p", List.of());
        Explanation explanation =
                new DryRun(recording, verdict, request(), plan, candidates, null, Map.of()).explanation("id");
        assertThat(explanation.passedOver()).containsExactly("filter", "scorer");
        assertThat(explanation.leftOut()).isEmpty();
    }

    @Test
    void anErrorOfAPluginIsContainedAsAnExceptionIs() {
        Filter filter = (request, candidates) -> {
            throw new StackOverflowError("deep");
        };
        SchedulingOutcome outcome = new Scheduler(guard)
                .schedule(
                        plan(filter, (request, candidates, scores) -> {}), request(), idle("a"), DecisionRecorder.NONE);
        assertThat(outcome).isInstanceOf(SchedulingOutcome.Scheduled.class);
        assertThat(events).containsExactly("failed filter");
    }

    @Test
    @Tag("fault-F60")
    void whileOneThreadHangsInAScorerOthersDecideWithoutIt() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Scorer scorer = (request, candidates, scores) -> {
            inside.countDown();
            awaitQuietly(end);
        };
        SchedulingPlan plan = plan((request, candidates) -> candidates, scorer);
        Scheduler scheduler = new Scheduler(guard);
        Thread lost =
                Thread.ofPlatform().start(() -> scheduler.schedule(plan, request(), idle("a"), DecisionRecorder.NONE));
        inside.await();
        watchFor(HANG);
        assertThat(events).containsExactly("hung scorer", "opened scorer HANGS");
        SchedulingOutcome outcome = scheduler.schedule(plan, request(), idle("a"), DecisionRecorder.NONE);
        assertThat(outcome).isInstanceOf(SchedulingOutcome.Scheduled.class);
        assertThat(events).containsExactly("hung scorer", "opened scorer HANGS", "passed over scorer");
        end.countDown();
        lost.join();
    }

    @Test
    void aPlanThatComesAfterStartsWithoutThePast() {
        Supplier<SchedulingPlan> plans = () -> plan(
                (request, candidates) -> {
                    throw new IllegalStateException("boom");
                },
                (request, candidates, scores) -> {});
        Scheduler scheduler = new Scheduler(guard);
        SchedulingPlan first = plans.get();
        for (int i = 0; i < 4; i++) {
            scheduler.schedule(first, request(), idle("a"), DecisionRecorder.NONE);
        }
        assertThat(events).endsWith("passed over filter");
        scheduler.schedule(plans.get(), request(), idle("a"), DecisionRecorder.NONE);
        assertThat(events).endsWith("failed filter");
        scheduler.schedule(first, request(), idle("a"), DecisionRecorder.NONE);
        assertThat(events).as("an attempt may still run under the first").endsWith("passed over filter");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static SchedulingPlan plan(Filter filter, Scorer scorer) {
        SchedulingProfile profile = new SchedulingProfile(
                "p",
                List.of(new NamedPlugin<>("filter", filter)),
                List.of(new WeightedScorer("scorer", scorer, 1)),
                new NamedPlugin<>("picker", FIRST));
        return new SchedulingPlan(
                List.of(),
                List.of(),
                List.of(),
                Map.of("p", profile),
                new NamedPlugin<>("handler", new OneProfile()),
                List.of(),
                List.of(),
                Map.of());
    }

    private WatchedCall begin() {
        WatchedCall call = guard.begin(breaker);
        if (call == null) {
            throw new AssertionError("the plugin is left alone");
        }
        return call;
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            begin().failed(new IllegalStateException("boom"));
        }
    }

    private void pass(Duration time) {
        nowNanos += time.toNanos();
    }

    /** Lets time pass under the eyes of the guard. */
    private void watchFor(Duration time) {
        guard.watch();
        for (long nanos = 0; nanos <= time.toNanos(); nanos += guard.watchNanos()) {
            nowNanos += guard.watchNanos();
            guard.watch();
        }
    }

    private static final class OneProfile implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return results.isEmpty() ? profiles : List.of();
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            ProfileOutcome.@Nullable Picked picked = (ProfileOutcome.Picked) results.get("p");
            if (picked == null) {
                throw new AssertionError("nobody was picked");
            }
            return new SchedulingOutcome.Scheduled("p", Map.of("p", picked));
        }
    }

    private final class Events implements PluginFaults {
        @Override
        public void failed(String plugin, Throwable failure) {
            events.add("failed " + plugin);
        }

        @Override
        public void invalidScores(String plugin, int count) {}

        @Override
        public void skipped(String plugin, DataKey<?> missing) {}

        @Override
        public void overran(String plugin, long nanos) {
            events.add("overran " + plugin);
        }

        @Override
        public void hung(String plugin, long nanos, Thread thread) {
            events.add("hung " + plugin);
        }

        @Override
        public void opened(String plugin, Cause cause) {
            events.add("opened " + plugin + " " + cause);
        }

        @Override
        public void closed(String plugin) {
            events.add("closed " + plugin);
        }

        @Override
        public void passedOver(String plugin) {
            events.add("passed over " + plugin);
        }
    }
}
