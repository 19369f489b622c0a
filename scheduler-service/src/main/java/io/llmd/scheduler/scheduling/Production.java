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
    private final PluginFaults faults;
    private Set<DataKey<?>> lost = Set.of();
    private int next;

    Production(
            List<NamedPlugin<DataProducer>> producers,
            InferenceRequest request,
            Candidates candidates,
            DecisionRecorder recorder,
            PluginFaults faults) {
        this.producers = producers;
        this.request = request;
        this.candidates = candidates;
        this.recorder = recorder;
        this.faults = faults;
    }

    /** Runs all producers at once; of those that wait, what they know without waiting. */
    void runWithoutWaiting() {
        while (next < producers.size()) {
            NamedPlugin<DataProducer> producer = producers.get(next++);
            if (canRun(producer)) {
                recorder.begins(ExtensionPoint.DATA_PRODUCER, null, producer.name());
                produce(producer, () -> producer.plugin().produce(request, candidates));
                recorder.ends();
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
            recorder.begins(ExtensionPoint.DATA_PRODUCER, null, producer.name());
            if (producer.plugin() instanceof AwaitingProducer awaiting) {
                CompletableFuture<Consumer<Candidates>> data = begin(awaiting);
                if (!data.isDone()) {
                    data.orTimeout(awaiting.produceTimeout().toNanos(), TimeUnit.NANOSECONDS)
                            .whenComplete((writer, failure) -> {
                                settle(producer, writer, failure);
                                recorder.ends();
                                run(whenDone);
                            });
                    return;
                }
                data.whenComplete((writer, failure) -> settle(producer, writer, failure));
            } else {
                produce(producer, () -> producer.plugin().produce(request, candidates));
            }
            recorder.ends();
        }
        whenDone.run();
    }

    /** A future of ours, so that a time-out does not complete the producer's own. */
    private CompletableFuture<Consumer<Candidates>> begin(AwaitingProducer producer) {
        try {
            CompletionStage<Consumer<Candidates>> data = producer.produceLater(request, candidates);
            return data.toCompletableFuture().copy();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void settle(
            NamedPlugin<DataProducer> producer, @Nullable Consumer<Candidates> writer, @Nullable Throwable failure) {
        produce(producer, () -> {
            if (failure != null) {
                throw asRuntime(failure);
            }
            Objects.requireNonNull(writer, "producer answered null").accept(candidates);
        });
    }

    private static RuntimeException asRuntime(Throwable failure) {
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
        faults.skipped(producer.name(), missing);
        lose(producer);
        return false;
    }

    private void produce(NamedPlugin<DataProducer> producer, Runnable work) {
        candidates.enter(ExtensionPoint.DATA_PRODUCER, producer.plugin());
        try {
            work.run();
        } catch (RuntimeException e) {
            faults.failed(producer.name(), e);
            producer.plugin().produces().forEach(candidates::remove);
            lose(producer);
        } finally {
            candidates.leave();
        }
    }

    private void lose(NamedPlugin<DataProducer> producer) {
        recorder.leftOut(producer.name());
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
