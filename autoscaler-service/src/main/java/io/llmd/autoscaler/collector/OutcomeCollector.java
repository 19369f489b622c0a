package io.llmd.autoscaler.collector;

import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Another collector, and outcomes of requests beside it. Safe from any thread. */
public final class OutcomeCollector implements Collector {

    private final Collector pages;
    private final Outcomes outcomes;

    /** @param pages where all else comes from */
    public OutcomeCollector(Collector pages, Outcomes outcomes) {
        this.pages = pages;
        this.outcomes = outcomes;
    }

    @Override
    public Map<String, EngineReading> engines(Map<String, URI> addresses, double atSeconds) {
        return pages.engines(addresses, atSeconds);
    }

    @Override
    public Map<URI, RouterReading> routers(Collection<URI> addresses, double atSeconds) {
        return pages.routers(addresses, atSeconds);
    }

    @Override
    public Map<URI, RouterReading> watched(Collection<URI> addresses, double atSeconds) {
        return pages.watched(addresses, atSeconds);
    }

    @Override
    public List<Outcomes.Outcome> outcomes() {
        return outcomes.take();
    }

    @Override
    public void close() {
        outcomes.close();
        pages.close();
    }
}
