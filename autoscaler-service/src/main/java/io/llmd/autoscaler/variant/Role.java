package io.llmd.autoscaler.variant;

import java.util.Locale;

/** Which phases replicas serve. */
public enum Role {
    UNIFIED,
    PREFILL,
    DECODE;

    /** Name in configuration, meters and answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
