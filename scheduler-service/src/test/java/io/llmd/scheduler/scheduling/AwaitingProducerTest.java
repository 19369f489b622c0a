package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import io.llmd.scheduler.scheduling.SchedulingProfileTest.RecordingFaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class AwaitingProducerTest {

    private static final DataKey<String> A = new DataKey<>("A", "a", String.class);
    private static final DataKey<String> B = new DataKey<>("B", "b", String.class);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final RecordingFaults faults = new RecordingFaults();
    private final Scheduler scheduler = new Scheduler(faults);
    private final CompletableFuture<Consumer<Candidates>> data = new CompletableFuture<>();
    private final List<String> ran = new ArrayList<>();
    private final Candidates candidates = idle("a", "b");

    @Test
    void theDecisionGoesOnWhenTheDataIsThere() {
        CompletionStage<SchedulingOutcome> outcome = schedule(new Awaiting(LONG, data), reader());
        assertThat(ran).isEmpty();
        assertThat(outcome.toCompletableFuture()).isNotDone();
        data.complete(c -> c.put(A, "in time"));
        assertThat(outcome.toCompletableFuture()).isCompletedWithValueMatching(Scheduled.class::isInstance);
        assertThat(ran).containsExactly("read in time");
        assertThat(faults.events).isEmpty();
    }

    @Test
    void dataThatIsThereAlreadyIsNotAwaited() {
        data.complete(c -> c.put(A, "at once"));
        assertThat(schedule(new Awaiting(LONG, data), reader()).toCompletableFuture())
                .isDone();
        assertThat(ran).containsExactly("read at once");
    }

    @Test
    void dataThatComesTooLateIsNotWritten() {
        CompletionStage<SchedulingOutcome> outcome = schedule(new Awaiting(Duration.ofMillis(1), data), reader());
        Awaitility.await("the time-out of the producer")
                .until(() -> outcome.toCompletableFuture().isDone());
        data.complete(c -> c.put(A, "late"));
        assertThat(candidates.data(A)).isNull();
        assertThat(ran).isEmpty();
        assertThat(faults.events)
                .containsExactly("failed producer0 the data took longer than the producer may", "skipped producer1 A");
    }

    @Test
    void aFailureStopsOnlyProducersThatRequireTheData() {
        CompletionStage<SchedulingOutcome> outcome =
                schedule(new Awaiting(LONG, data), reader(), new Plain(List.of(), c -> ran.add("independent")));
        data.completeExceptionally(new IllegalStateException("no answer"));
        assertThat(outcome.toCompletableFuture()).isCompletedWithValueMatching(Scheduled.class::isInstance);
        assertThat(ran).containsExactly("independent");
        assertThat(faults.events).containsExactly("failed producer0 no answer", "skipped producer1 A");
    }

    @Test
    void aDecisionThatMustNotWaitGetsWhatIsKnownAtOnce() {
        SchedulingOutcome outcome = scheduler.schedule(
                plan(new Awaiting(LONG, data), reader()), request(), candidates, DecisionRecorder.NONE);
        assertThat(outcome).isInstanceOf(Scheduled.class);
        assertThat(ran).containsExactly("read at least this");
    }

    @Test
    void anEmptyPoolIsNotWaitedFor() {
        SchedulingPlan plan = plan(new Awaiting(LONG, data));
        assertThat(scheduler
                        .scheduleWhenReady(plan, request(), idle(), DecisionRecorder.NONE)
                        .toCompletableFuture())
                .isCompletedWithValueMatching(rejected -> ((Rejected) rejected).reason() == Reason.NO_ENDPOINTS);
    }

    @Test
    void aPlanWithoutSuchProducersDecidesAtOnce() {
        SchedulingPlan plan = plan(new Plain(List.of(), c -> ran.add("plain")));
        assertThat(plan.waits()).isFalse();
        assertThat(scheduler
                        .scheduleWhenReady(plan, request(), candidates, DecisionRecorder.NONE)
                        .toCompletableFuture())
                .isCompletedWithValueMatching(Scheduled.class::isInstance);
    }

    @Test
    void requestProcessorsSeeWhatTheFormerOnesSaidAndAFailingOneIsLeftOut() {
        SchedulingPlan plan = new SchedulingPlan(
                List.of(
                        new NamedPlugin<>("first", r -> r.withFairnessId("f1")),
                        new NamedPlugin<>("broken", r -> {
                            throw new IllegalStateException("boom");
                        }),
                        new NamedPlugin<>("second", r -> r.withFairnessId(r.fairnessId() + "+f2"))),
                null,
                List.of(),
                List.of(),
                List.of(),
                plan().profiles(),
                plan().handler(),
                List.of(),
                List.of(),
                Map.of());
        assertThat(scheduler.process(plan, request()).fairnessId()).isEqualTo("f1+f2");
        assertThat(faults.events).containsExactly("failed broken boom");
    }

    private CompletionStage<SchedulingOutcome> schedule(DataProducer... producers) {
        return scheduler.scheduleWhenReady(plan(producers), request(), candidates, DecisionRecorder.NONE);
    }

    private Plain reader() {
        return new Plain(List.of(A), c -> ran.add("read " + c.data(A)));
    }

    private static SchedulingPlan plan(DataProducer... producers) {
        List<NamedPlugin<DataProducer>> named = new ArrayList<>();
        for (DataProducer producer : producers) {
            named.add(new NamedPlugin<>("producer" + named.size(), producer));
        }
        SchedulingProfile profile = new SchedulingProfile(
                "p", List.of(), List.of(), new NamedPlugin<>("picker", (r, c, totals) -> new int[] {0}));
        return new SchedulingPlan(
                List.of(),
                named,
                List.of(),
                Map.of("p", profile),
                new NamedPlugin<>("handler", new OneProfile()),
                List.of(),
                List.of(),
                Map.of());
    }

    private record Awaiting(Duration produceTimeout, CompletableFuture<Consumer<Candidates>> data)
            implements AwaitingProducer {
        @Override
        public List<DataKey<?>> produces() {
            return List.of(A);
        }

        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            candidates.put(A, "at least this");
        }

        @Override
        public CompletionStage<Consumer<Candidates>> produceLater(InferenceRequest request, Candidates candidates) {
            return data;
        }
    }

    private record Plain(List<DataKey<?>> requires, Consumer<Candidates> work) implements DataProducer {
        @Override
        public List<DataKey<?>> produces() {
            return List.of(B);
        }

        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            work.accept(candidates);
        }
    }

    private record OneProfile() implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return results.isEmpty() ? List.of("p") : List.of();
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            return new Scheduled("p", Map.of("p", (ProfileOutcome.Picked) results.get("p")));
        }
    }
}
