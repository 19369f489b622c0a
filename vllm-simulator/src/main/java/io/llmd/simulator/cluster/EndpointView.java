package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSnapshot;

/** What a router knows about an endpoint; its state changes as the simulation goes on. */
public interface EndpointView {

    /** Place in the list of endpoints. */
    int index();

    /** What it was started with. */
    EngineSettings settings();

    /** Its metrics when they were scraped last; those of an empty engine before that. */
    EngineSnapshot metrics();

    /** When they were scraped; {@link Long#MIN_VALUE} for never. */
    long scrapedAt();

    /** Requests that were sent to it and have not ended there; known at once, without a scrape. */
    int inFlight();
}
