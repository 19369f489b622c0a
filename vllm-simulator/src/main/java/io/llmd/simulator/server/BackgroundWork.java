package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.output.Choice;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** Work for the engine that nobody waits for. Safe from any thread. */
final class BackgroundWork {
    private final Endpoint endpoint;
    private final Reply.Generate generate;
    private final Executor executor;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile List<Choice> choices = List.of();

    /** @param executor makes the answer when the engine is done */
    BackgroundWork(Endpoint endpoint, Reply.Generate generate, Executor executor) {
        this.endpoint = endpoint;
        this.generate = generate;
        this.executor = executor;
    }

    void start() {
        choices = endpoint.start(generate, () -> executor.execute(this::look));
        executor.execute(this::look);
    }

    private void look() {
        List<Choice> all = choices;
        boolean over = !all.isEmpty() && all.stream().allMatch(choice -> choice.end() != null);
        if (over && ended.compareAndSet(false, true)) {
            endpoint.end(generate, all);
            if (all.stream().allMatch(Endpoint::isComplete)) {
                generate.answer().body(all);
            }
        }
    }

    /** Gives the work up, once it was started. */
    void abort() {
        if (ended.compareAndSet(false, true)) {
            endpoint.end(generate, choices);
        }
    }
}
