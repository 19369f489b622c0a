package io.llmd.autoscaler.collector;

/** Reads metrics pages that somebody else has fetched, as the collectors read them. Safe from any thread. */
public final class FetchedPages {

    private FetchedPages() {}

    /** What an engine's page says, at a time on the clock of the loop; whether it is one says {@link EngineReading#isUsable}. */
    public static EngineReading engine(byte[] page, double atSeconds) {
        return read(new EnginePage(), page, atSeconds);
    }

    /** What a router's page says, at a time on the clock of the loop; whether it is one says {@link RouterReading#isUsable}. */
    public static RouterReading router(byte[] page, double atSeconds) {
        return read(new RouterPage(), page, atSeconds);
    }

    private static <T> T read(Page<T> format, byte[] page, double atSeconds) {
        format.feed(page, 0, page.length);
        return format.finish(atSeconds);
    }
}
