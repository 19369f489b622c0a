package io.llmd.autoscaler.variant;

import java.util.Locale;

/** What a replica can run out of. */
public enum Dimension {
    /** Step time, and with it the time between tokens. */
    ITL,
    /** Memory for keys and values. */
    MEM,
    /** Places in the batch. */
    SEQ,
    /** Computing prompts, and with it the time to the first token. */
    TTFT,
    /** The link that carries keys and values from prefill to decode. */
    XFER;

    /** Name in meters and answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
