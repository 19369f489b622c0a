package io.llmd.scheduler.observe;

import io.llmd.scheduler.explain.DecisionOutcome;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.RecordListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Traces of the decisions that are recorded, each made when its attempt is over. Deciding threads only put the record into a
 * queue; a thread of its own asks the sampler and makes the spans. When {@value #MAX_WAITING} records wait, further ones are
 * dropped and counted.
 */
public final class DecisionTraces implements RecordListener, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DecisionTraces.class);
    private static final int MAX_WAITING = 4096;

    private final BlockingQueue<DecisionRecord> ended = new ArrayBlockingQueue<>(MAX_WAITING);
    private final DecisionSpans spans;
    private final Counter dropped;
    private @Nullable Thread worker;

    /** Traces to {@code tracer}. */
    public DecisionTraces(Tracer tracer, MeterRegistry registry) {
        spans = new DecisionSpans(tracer);
        dropped = registry.counter(SchedulerMeters.TRACES_DROPPED.getName());
    }

    /** Begins to make spans. */
    public void start() {
        worker = Thread.ofPlatform().daemon().name("decision-traces").start(this::work);
    }

    @Override
    public void recorded(DecisionRecord record) {
        if (record.attempt().outcome() == DecisionOutcome.REJECTED) {
            ended(record);
        }
    }

    @Override
    public void ended(DecisionRecord record) {
        if (!ended.offer(record)) {
            dropped.increment();
        }
    }

    private void work() {
        try {
            while (true) {
                make(ended.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void make(DecisionRecord record) {
        try {
            spans.make(record);
        } catch (RuntimeException e) {
            dropped.increment();
            LOG.atDebug().setCause(e).log("the spans of a decision could not be made");
        }
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.interrupt();
        }
    }
}
