package io.llmd.scheduler.scheduling;

import java.util.List;

/** Writes data about a request and its candidates before scheduling. Producers run in dependency order. */
public interface DataProducer extends Plugin {

    /** Keys that this producer writes; it writes no others. */
    List<DataKey<?>> produces();

    /** Writes columns with {@link Candidates#put}. Must not block. An exception stops only producers that require its data. */
    void produce(InferenceRequest request, Candidates candidates);
}
