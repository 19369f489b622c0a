package io.llmd.autoscaler.collector;

import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Where readings come from. A source that cannot be read is missing from the answer; nothing is thrown. */
public interface Collector extends AutoCloseable {

    /** What engines say, by the key under which their page's address was given. */
    Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds);

    /** What routers say, by the address of their page. */
    Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds);

    /** The same, for who looks every second. */
    default Map<URI, RouterReading> watched(Collection<URI> pages, double atSeconds) {
        return routers(pages, atSeconds);
    }

    /** Requests that have ended since it was asked last, where somebody tells of them one by one. */
    default List<Outcomes.Outcome> outcomes() {
        return List.of();
    }

    @Override
    void close();
}
