package io.llmd.scheduler.latency;

import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Predicts latencies in process and learns from each that is measured: a step model per role, see {@link TimeLearner}.
 * Decisions read what was learned last, as one immutable object, and wait for nobody; learning happens on an executor's thread,
 * one measured time after another. Safe from any thread.
 *
 * <p>At most {@value #ROOM} measured times wait to be learned from; further ones are dropped and told. Grows with roles and
 * endpoints up to a bound.
 */
public final class OnlineLatencyPredictor {

    static final int ROOM = 4096;

    private static final int BATCH = 256;

    /** Roles are labels; more than a few are a mistake of somebody. */
    private static final int MOST_ROLES = 16;

    private record Learners(TimeLearner firstToken, TimeLearner outputToken) {

        private TimeLearner of(Kind kind) {
            return kind == Kind.TIME_TO_FIRST_TOKEN ? firstToken : outputToken;
        }
    }

    private final String name;
    private final Executor executor;
    private final LatencyEvents events;
    private final LongSupplier nanoClock;
    private final BlockingQueue<MeasuredLatency> waiting = new ArrayBlockingQueue<>(ROOM);
    private final AtomicBoolean isLearning = new AtomicBoolean();
    private final Map<String, Learners> learners = new HashMap<>();
    private final LatencyInputs inputs = new LatencyInputs();
    private volatile LearnedLatencies learned = LearnedLatencies.NOTHING;

    OnlineLatencyPredictor(String name, Executor executor, LatencyEvents events, LongSupplier nanoClock) {
        this.name = name;
        this.executor = executor;
        this.events = events;
        this.nanoClock = nanoClock;
    }

    /** What was learned so far; a decision takes it once. */
    public LearnedLatencies learned() {
        return learned;
    }

    /** Reading of the clock that predictions are timed by. */
    public long nanoTime() {
        return nanoClock.getAsLong();
    }

    /** All candidates of a decision were predicted since a reading of that clock. */
    public void predicted(long startNanos) {
        events.predicted(name, nanoClock.getAsLong() - startNanos);
    }

    /** Takes a measured latency. Does not block; with an executor that runs at once it is learned from on return. */
    public void learn(MeasuredLatency measured) {
        if (!waiting.offer(measured)) {
            events.dropped(name);
        }
        wake();
    }

    private void wake() {
        if (isLearning.compareAndSet(false, true)) {
            try {
                executor.execute(this::work);
            } catch (RejectedExecutionException e) {
                // The service ends; nobody will ask for predictions.
                isLearning.set(false);
            }
        }
    }

    private void work() {
        try {
            for (int i = 0; i < BATCH; i++) {
                MeasuredLatency next = waiting.poll();
                if (next == null) {
                    break;
                }
                take(next);
            }
            publish();
        } finally {
            isLearning.set(false);
        }
        if (!waiting.isEmpty()) {
            wake();
        }
    }

    private void take(MeasuredLatency measured) {
        LatencySample sample = measured.sample();
        String role = sample.features().role();
        Learners known = learners.get(role);
        if (known == null) {
            if (learners.size() >= MOST_ROLES) {
                events.dropped(name);
                return;
            }
            known = new Learners(new TimeLearner(StepTerms.FIRST_TOKEN), new TimeLearner(StepTerms.OUTPUT_TOKEN));
            learners.put(role, known);
        }
        TimeLearner learner = known.of(sample.kind());
        long drifts = learner.drifts();
        learner.learn(
                measured.endpointId(),
                inputs.set(sample.features(), measured.cacheTokens()),
                sample.millis(),
                measured.predictedMillis(),
                measured.boundMillis());
        events.measured(name, measured, learner.coverage());
        if (learner.drifts() > drifts) {
            events.drifted(name, sample.kind());
        }
    }

    private void publish() {
        Map<String, LearnedLatencies.OfRole> roles = HashMap.newHashMap(learners.size());
        learners.forEach((role, of) -> roles.put(
                role,
                new LearnedLatencies.OfRole(
                        of.firstToken().learned(), of.outputToken().learned())));
        learned = new LearnedLatencies(roles);
    }
}
