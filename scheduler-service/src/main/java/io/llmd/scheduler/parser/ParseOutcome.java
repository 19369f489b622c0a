package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.List;

/** What came of reading a body. */
public sealed interface ParseOutcome {

    /**
     * The body was understood, or is of a kind that is passed through.
     *
     * @param body what scheduling reads of it
     */
    record Parsed(RequestBody body) implements ParseOutcome {}

    /**
     * The body is malformed.
     *
     * @param message one sentence for the client; never contains text of the body
     */
    record Malformed(String message) implements ParseOutcome {}

    /** A body that is passed through unread. */
    static Parsed unread(int length) {
        return new Parsed(new RequestBody(Api.RAW, "", false, -1, List.of(), "", length));
    }
}
