package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.RequestBody;

/** What came of reading a body. */
public sealed interface ParseOutcome {

    /** The body was understood, or is of a kind that is passed through. */
    record Parsed(RequestBody body) implements ParseOutcome {}

    /**
     * The body is malformed.
     *
     * @param message one sentence for the client; never contains text of the body
     */
    record Malformed(String message) implements ParseOutcome {}
}
