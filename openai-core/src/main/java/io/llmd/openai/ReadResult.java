package io.llmd.openai;

/** What became of reading a request body; exactly one per body. */
public sealed interface ReadResult {

    /** The body may be sent on. */
    record Accepted(ApiRequest request) implements ReadResult {}

    /** The body is refused. */
    record Refused(ApiError error) implements ReadResult {}
}
