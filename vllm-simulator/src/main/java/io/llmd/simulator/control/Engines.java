package io.llmd.simulator.control;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineSnapshot;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The engines of an endpoint, one for each rank. Safe from any thread. */
public interface Engines {

    /**
     * Does something to every engine at its present time.
     *
     * @return what it gave, in the order of the ranks, when all engines have done it
     */
    <T> CompletionStage<List<T>> onEach(Action<T> action);

    /** Completes when no engine has a running request. */
    CompletionStage<Void> idle();

    /** The states after the last steps, in the order of the ranks. */
    List<EngineSnapshot> snapshots();

    /** Ends requests by the ids that their callers know. */
    void abort(Collection<String> requestIds);

    /**
     * Ends all requests.
     *
     * @return how many there were
     */
    int abortAll();

    /** Something to do to an engine; runs on the thread that drives it. */
    @FunctionalInterface
    interface Action<T> {
        T on(Engine engine, long now);
    }
}
