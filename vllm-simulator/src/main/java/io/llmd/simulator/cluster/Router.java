package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.EngineEvent;
import java.util.List;

/**
 * Decides where requests go. All methods are called on the simulation's thread, in the order of virtual time.
 */
@FunctionalInterface
public interface Router {

    /**
     * Decides about one request.
     *
     * @param now virtual nanoseconds
     * @param endpoints by their index; the list and its views stay the same during a simulation
     */
    Target route(ClientRequest request, long now, List<EndpointView> endpoints);

    /** Called once, before anything else. */
    default void begin(SimulationControl control) {}

    /** New metrics of an endpoint have come. */
    default void scraped(EndpointView endpoint, long now) {}

    /** The first token of a request passes on its way to the client. Asked for by {@link #wantsFirstTokens}. */
    default void firstToken(ClientRequest request, int endpoint, long now) {}

    /** A request has ended, in whatever way. */
    default void ended(RequestResult result, long now) {}

    /** Something happened to an endpoint's blocks, some time ago. Asked for by {@link #wantsBlocks}. */
    default void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {}

    /** Whether {@link #firstToken} is to be called; constant. */
    default boolean wantsFirstTokens() {
        return false;
    }

    /** Whether {@link #blocks} is to be called; constant. */
    default boolean wantsBlocks() {
        return false;
    }

    /** Whether events about blocks are to list token ids; constant. */
    default boolean wantsBlockTokens() {
        return false;
    }
}
