package io.llmd.scheduler.scheduling;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The producers of one decision at work, one after another. One that fails takes back what it wrote and stops only those
 * that require its data. Used by one thread at a time.
 */
final class Production {

    private final List<NamedPlugin<DataProducer>> producers;
    private final InferenceRequest request;
    private final Candidates candidates;
    private final DecisionRecorder recorder;
    private final PlanGuards guards;
    private Set<DataKey<?>> lost = Set.of();
    private int next;

    Production(
            List<NamedPlugin<DataProducer>> producers,
            InferenceRequest request,
            Candidates candidates,
            DecisionRecorder recorder,
            PlanGuards guards) {
        this.producers = producers;
        this.request = request;
        this.candidates = candidates;
        this.recorder = recorder;
        this.guards = guards;
    }

    /** Runs all producers at once; of those that wait, what they know without waiting. */
    void runWithoutWaiting() {
        while (next < producers.size()) {
            NamedPlugin<DataProducer> producer = producers.get(next++);
            if (canRun(producer)) {
                produce(producer);
            }
        }
    }

    /** Runs all producers; {@code whenDone} follows on this thread, or on that of the last producer that was awaited. */
    void run(Runnable whenDone) {
        while (next < producers.size()) {
            NamedPlugin<DataProducer> producer = producers.get(next++);
            if (!canRun(producer)) {
                continue;
            }
            if (!(producer.plugin() instanceof AwaitingProducer awaiting)) {
                produce(producer);
            } else if (await(producer, awaiting, whenDone)) {
                return;
            }
        }
        whenDone.run();
    }

    /** Whether the data is not there yet; then the rest follows when it is. */
    private boolean await(NamedPlugin<DataProducer> producer, AwaitingProducer awaiting, Runnable whenDone) {
        WatchedCall call = begin(producer);
        if (call == null) {
            return false;
        }
        recorder.begins(ExtensionPoint.DATA_PRODUCER, null, producer.name());
        boolean isProbe = call.isProbe();
        CompletableFuture<Consumer<Candidates>> data = begin(awaiting);
        call.paused();
        boolean waits = !data.isDone();
        if (waits) {
            data = data.orTimeout(awaiting.produceTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
        data.whenComplete((writer, failure) -> {
            settle(producer, isProbe, writer, failure);
            recorder.ends();
            if (waits) {
                run(whenDone);
            }
        });
        return waits;
    }

    /** A future of ours, so that a time-out does not complete the producer's own. */
    private CompletableFuture<Consumer<Candidates>> begin(AwaitingProducer producer) {
        try {
            CompletionStage<Consumer<Candidates>> data = producer.produceLater(request, candidates);
            return data.toCompletableFuture().copy();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void settle(
            NamedPlugin<DataProducer> producer,
            boolean isProbe,
            @Nullable Consumer<Candidates> writer,
            @Nullable Throwable failure) {
        WatchedCall call = guards.resume(ExtensionPoint.DATA_PRODUCER, producer.plugin(), isProbe);
        candidates.enter(ExtensionPoint.DATA_PRODUCER, producer.plugin());
        try {
            if (failure != null) {
                throw asRuntime(failure);
            }
            Objects.requireNonNull(writer, "producer answered null").accept(candidates);
            call.succeeded();
        } catch (RuntimeException | Error e) {
            fail(producer, call, e);
        } finally {
            candidates.leave();
        }
    }

    static RuntimeException asRuntime(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            return new IllegalStateException("the data took longer than the producer may");
        }
        return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
    }

    private boolean canRun(NamedPlugin<DataProducer> producer) {
        DataKey<?> missing = lost.isEmpty() ? null : firstOf(producer.plugin().requires(), lost);
        if (missing == null) {
            return true;
        }
        guards.faults().skipped(producer.name(), missing);
        recorder.leftOut(producer.name());
        lose(producer);
        return false;
    }

    private void produce(NamedPlugin<DataProducer> producer) {
        WatchedCall call = begin(producer);
        if (call == null) {
            return;
        }
        recorder.begins(ExtensionPoint.DATA_PRODUCER, null, producer.name());
        candidates.enter(ExtensionPoint.DATA_PRODUCER, producer.plugin());
        try {
            producer.plugin().produce(request, candidates);
            call.succeeded();
        } catch (RuntimeException | Error e) {
            fail(producer, call, e);
        } finally {
            candidates.leave();
        }
        recorder.ends();
    }

    /** Begins a call; null when the producer is to be left alone, so that its data is missing. */
    private @Nullable WatchedCall begin(NamedPlugin<DataProducer> producer) {
        WatchedCall call = guards.begin(ExtensionPoint.DATA_PRODUCER, producer.plugin());
        if (call == null) {
            recorder.passedOver(producer.name());
            lose(producer);
        }
        return call;
    }

    private void fail(NamedPlugin<DataProducer> producer, WatchedCall call, Throwable failure) {
        call.failed(failure);
        producer.plugin().produces().forEach(candidates::remove);
        recorder.leftOut(producer.name());
        lose(producer);
    }

    private void lose(NamedPlugin<DataProducer> producer) {
        lost = lost.isEmpty() ? new HashSet<>() : lost;
        lost.addAll(producer.plugin().produces());
    }

    private static @Nullable DataKey<?> firstOf(List<DataKey<?>> keys, Set<DataKey<?>> lost) {
        for (DataKey<?> key : keys) {
            if (lost.contains(key)) {
                return key;
            }
        }
        return null;
    }
}
