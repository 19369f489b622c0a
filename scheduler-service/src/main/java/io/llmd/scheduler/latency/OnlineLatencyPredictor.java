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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predicts latencies in process and learns from each that is measured: a step model per role, see {@link TimeLearner}, and
 * one of all roles together for those that nothing was measured of.
 * Decisions read what was learned last, as one immutable object, and wait for nobody; learning happens on an executor's thread,
 * one measured time after another. Safe from any thread.
 *
 * <p>At most {@value #ROOM} measured times wait to be learned from; further ones are dropped and told, as are
 * those that cannot be learned from. Grows with roles and
 * endpoints up to a bound.
 */
public final class OnlineLatencyPredictor {

    static final int ROOM = 4096;

    private static final int BATCH = 256;

    /** Roles are labels; more than a few are a mistake of somebody. */
    private static final int MOST_ROLES = 16;

    private record Learners(TimeLearner firstToken, TimeLearner outputToken) {

        private Learners() {
            this(new TimeLearner(StepTerms.FIRST_TOKEN), new TimeLearner(StepTerms.OUTPUT_TOKEN));
        }

        private LearnedLatencies.OfRole learned() {
            return new LearnedLatencies.OfRole(firstToken.learned(), outputToken.learned());
        }

        private TimeLearner of(Kind kind) {
            return kind == Kind.TIME_TO_FIRST_TOKEN ? firstToken : outputToken;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(OnlineLatencyPredictor.class);

    private final String name;
    private final Executor executor;
    private final LatencyEvents events;
    private final LongSupplier nanoClock;
    private final BlockingQueue<MeasuredLatency> waiting = new ArrayBlockingQueue<>(ROOM);
    private final AtomicBoolean isLearning = new AtomicBoolean();
    private final Map<String, Learners> learners = new HashMap<>();
    private final Learners ofAll = new Learners();
    private final LatencyInputs inputs = new LatencyInputs();
    private boolean hasFailed;
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

    /** All candidates of a decision were predicted since a reading of that clock, their output tokens too or not. */
    public void predicted(long startNanos, boolean withOutput) {
        events.predicted(name, nanoClock.getAsLong() - startNanos, withOutput);
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
                takeSafely(next);
            }
        } finally {
            try {
                publish();
            } finally {
                isLearning.set(false);
            }
        }
        if (!waiting.isEmpty()) {
            wake();
        }
    }

    /** One that cannot be learned from must not cost the others. */
    private void takeSafely(MeasuredLatency measured) {
        try {
            take(measured);
        } catch (RuntimeException e) {
            events.dropped(name);
            if (!hasFailed) {
                hasFailed = true;
                LOG.warn("plugin {}: cannot learn from {}; further ones are only counted", name, measured, e);
            }
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
            known = new Learners();
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
        ofAll.of(sample.kind()).learn(measured.endpointId(), inputs, sample.millis(), 0, 0);
        events.measured(name, measured, learner.coverage());
        if (learner.drifts() > drifts) {
            events.drifted(name, sample.kind());
        }
    }

    private void publish() {
        Map<String, LearnedLatencies.OfRole> roles = HashMap.newHashMap(learners.size());
        learners.forEach((role, of) -> roles.put(role, of.learned()));
        learned = new LearnedLatencies(roles, ofAll.learned());
    }
}
