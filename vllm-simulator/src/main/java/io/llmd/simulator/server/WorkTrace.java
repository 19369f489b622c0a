package io.llmd.simulator.server;

import io.llmd.simulator.output.Choice;
import java.util.List;

/** The span of one request to the engine. */
interface WorkTrace {

    /** Of a request that nobody traces. */
    WorkTrace NONE = choices -> {};

    /** A choice got on; from the engine's thread. */
    default void progressed(List<Choice> choices) {}

    /** The request is over; once. */
    void ended(List<Choice> choices);
}
