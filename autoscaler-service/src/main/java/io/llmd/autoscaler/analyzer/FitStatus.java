package io.llmd.autoscaler.analyzer;

/** How well a step time is known. */
public enum FitStatus {
    /** Too few samples: what is assumed. */
    BOOTSTRAP,
    /** Samples that are all alike: what is assumed, times a factor. */
    NARROW,
    /** Fitted to samples. */
    FITTED,
    /** No longer what samples say: the last good parameters, with the widest margin. */
    DRIFT;

    /** Whether decisions about other hardware may be built on it. */
    public boolean isTrusted() {
        return this == FITTED || this == NARROW;
    }
}
