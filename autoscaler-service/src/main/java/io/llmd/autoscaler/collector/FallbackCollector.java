package io.llmd.autoscaler.collector;

import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Asks a second source for what the first does not have, or has of a time that is too long ago. Safe from any thread. */
public final class FallbackCollector implements Collector {

    private final Collector first;
    private final Collector second;
    private final double staleSeconds;

    /** @param staleSeconds age from which a reading of the first source is as good as none */
    public FallbackCollector(Collector first, Collector second, double staleSeconds) {
        this.first = first;
        this.second = second;
        this.staleSeconds = staleSeconds;
    }

    @Override
    public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
        Map<String, EngineReading> read = new HashMap<>(first.engines(pages, atSeconds));
        read.values().removeIf(reading -> atSeconds - reading.atSeconds() > staleSeconds);
        Map<String, URI> missing = new HashMap<>(pages);
        missing.keySet().removeAll(read.keySet());
        if (!missing.isEmpty()) {
            read.putAll(second.engines(missing, atSeconds));
        }
        return read;
    }

    @Override
    public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
        Map<URI, RouterReading> read = new HashMap<>(first.routers(pages, atSeconds));
        read.values().removeIf(reading -> atSeconds - reading.atSeconds() > staleSeconds);
        Set<URI> missing = new HashSet<>(pages);
        missing.removeAll(read.keySet());
        if (!missing.isEmpty()) {
            read.putAll(second.routers(missing, atSeconds));
        }
        return read;
    }

    /** Once a second is too often for the first source, and it knows too late. */
    @Override
    public Map<URI, RouterReading> watched(Collection<URI> pages, double atSeconds) {
        return second.routers(pages, atSeconds);
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
