package io.llmd.simulator.server;

import io.llmd.simulator.output.Choice;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** Work for the engine that nobody waits for. Safe from any thread. */
final class BackgroundWork {
    private final EngineWork work;
    private final Executor executor;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** @param executor makes the answer when the engine is done */
    BackgroundWork(EngineWork work, Executor executor) {
        this.work = work;
        this.executor = executor;
    }

    void start() {
        work.start(() -> executor.execute(this::look));
        executor.execute(this::look);
    }

    private void look() {
        List<Choice> all = work.choices();
        boolean over = !all.isEmpty() && all.stream().allMatch(choice -> choice.end() != null);
        if (over && ended.compareAndSet(false, true)) {
            work.end();
            if (all.stream().allMatch(EngineWork::isComplete)) {
                work.generate().answer().body(all);
            }
        }
    }

    /** Gives the work up, once it was started. */
    void abort() {
        if (ended.compareAndSet(false, true)) {
            work.end();
        }
    }
}
