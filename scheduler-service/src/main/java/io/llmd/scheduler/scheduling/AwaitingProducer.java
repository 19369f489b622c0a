package io.llmd.scheduler.scheduling;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A producer whose data takes time: that of other requests which are awaited, or of an answer from another process. The
 * decision goes on when the data is there, or without it after {@link #produceTimeout}; no thread waits meanwhile.
 *
 * <p>{@link #produce} is what such a producer can say at once. It serves decisions that must not wait, such as dry runs.
 */
public interface AwaitingProducer extends DataProducer {

    /** Longest wait, more than zero. */
    Duration produceTimeout();

    /**
     * Begins to produce. Must not block and must not write to {@code candidates}.
     *
     * @return writes the columns when the decision goes on; completed by any thread, on which the decision then goes on.
     *     A failure, or a time-out, stops only producers that require the data
     */
    CompletionStage<Consumer<Candidates>> produceLater(InferenceRequest request, Candidates candidates);
}
