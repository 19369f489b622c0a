package io.llmd.launcher.bench;

/** What the load client asks for, and what counts as one piece of work. */
enum Workload {
    /** Short requests, each connection sending the next as soon as the answer is there. */
    SHORT("short", "request", false),
    /** The same with prompts of 400 KB. */
    LONG("long", "request", false),
    /** Streams whose events the endpoint sends at a fixed pace. */
    PACED("paced", "event", true),
    /** Streams whose events the endpoint sends as fast as they are taken. */
    UNPACED("unpaced", "event", true),
    /** Short requests one after the other over a single connection. */
    SINGLE("single", "request", false),
    /** Short requests at fixed times, at half of the rate that the contender reached with {@link #SHORT}. */
    HALF("half", "request", false);

    private final String label;
    private final String unit;
    private final boolean streamed;

    Workload(String label, String unit, boolean streamed) {
        this.label = label;
        this.unit = unit;
        this.streamed = streamed;
    }

    String label() {
        return label;
    }

    /** Name of one piece of work. */
    String unit() {
        return unit;
    }

    /** Bytes of a request's body. */
    int requestBytes() {
        return this == LONG ? Payloads.LONG_REQUEST_BYTES : Payloads.REQUEST_BYTES;
    }

    boolean isStreamed() {
        return streamed;
    }
}
