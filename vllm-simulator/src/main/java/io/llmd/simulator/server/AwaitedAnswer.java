package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An answer that others make. */
final class AwaitedAnswer implements Exchange {
    private final Consumer<Reply.Content> arrived;
    private boolean abandoned;

    /** @param arrived takes the answer unless the client has left */
    AwaitedAnswer(Consumer<Reply.Content> arrived) {
        this.arrived = arrived;
    }

    /** Begins to wait. */
    void start(Reply.Later later, EventExecutor executor, RequestDispatcher dispatcher) {
        later.answer()
                .whenComplete((content, failure) -> executor.execute(() -> {
                    if (!abandoned) {
                        arrived.accept(content == null ? dispatcher.failed(error(failure)) : content);
                    }
                }));
    }

    private static ApiException error(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof ApiException known ? known : ApiException.internal();
    }

    @Override
    public void writable() {
        // has nothing to write
    }

    @Override
    public void abandon() {
        abandoned = true;
    }
}
