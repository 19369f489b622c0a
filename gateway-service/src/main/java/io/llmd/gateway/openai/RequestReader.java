package io.llmd.gateway.openai;

import io.llmd.contracts.error.ErrorCode;
import java.util.Objects;
import java.util.function.ToIntFunction;

/** Reads request bodies. Thread-safe. */
public final class RequestReader {

    private final RequestLimits limits;
    private final ToIntFunction<String> contextTokens;

    /** A reader that holds every model to {@link RequestLimits#contextTokens()}. */
    public RequestReader(RequestLimits limits) {
        this(limits, model -> limits.contextTokens());
    }

    /**
     * @param contextTokens prompt and output tokens that a model takes; asked once per request, from the thread of
     *     {@link #read}, must not block
     */
    public RequestReader(RequestLimits limits, ToIntFunction<String> contextTokens) {
        this.limits = Objects.requireNonNull(limits, "limits");
        this.contextTokens = Objects.requireNonNull(contextTokens, "contextTokens");
    }

    /**
     * Checks one body in one pass, without building it.
     *
     * @param buffer holds the body at {@code [offset, offset + length)}; never changed, not kept
     */
    public ReadResult read(ApiRoute route, byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        return new ReadResult.Refused(new ApiError(ErrorCode.INVALID_JSON, limits + " " + contextTokens + route));
    }
}
