package io.llmd.simulator.engine;

import java.util.Locale;

/** Why a sequence left the engine. */
public enum FinishReason {
    /** The model ended by itself, or at a stop string or token. */
    STOP,
    /** The token limit was reached. */
    LENGTH,
    /** The client left or the server gave the request up. */
    ABORT,
    /** The blocks another engine held could not be read. */
    ERROR,
    /** Less of the prompt was cached than the request demands. */
    CACHE_THRESHOLD;

    /** The value of {@code finish_reason} on the wire and of the {@code finished_reason} label. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the sequence did what it was asked to, so that its blocks are worth holding. */
    boolean isClean() {
        return this == STOP || this == LENGTH;
    }
}
