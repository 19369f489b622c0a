package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.KnownText;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * Reads request bodies: strict UTF-8, strict JSON within bounds, and the members that a decision, a limit or a bill
 * depends on. Other members are not looked at. Thread-safe.
 *
 * @implNote Two passes over the bytes, one for the text and one for the tokens; no tree, no text of a prompt. Garbage is
 *     independent of the length of the prompt.
 */
public final class RequestReader {

    private static final int MAX_DEPTH = 128;
    private static final int MAX_NUMBER_CHARACTERS = 256;
    private static final int MAX_NAME_BYTES = 4 << 10;
    private static final int MAX_TOKENS = 2_000_000;

    private static final JsonFactory JSON = new LongTextJsonFactory(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_CHARACTERS)
                    .maxNameLength(MAX_NAME_BYTES)
                    .maxTokenCount(MAX_TOKENS)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .recyclerPool(JsonRecyclerPools.threadLocalPool()));

    private final RequestLimits limits;
    private final ToIntFunction<String> contextTokens;
    private final BodyRules rules;

    /** A reader that holds every model to {@link RequestLimits#contextTokens()}. */
    public RequestReader(RequestLimits limits) {
        this(limits, model -> limits.contextTokens());
    }

    /**
     * @param contextTokens prompt and output tokens that a model takes; asked once per request, from the thread of
     *     {@link #read}, must not block
     */
    public RequestReader(RequestLimits limits, ToIntFunction<String> contextTokens) {
        this(limits, contextTokens, BodyRules.CLIENTS);
    }

    /**
     * A reader for bodies that somebody else has checked before.
     *
     * @param rules what may be in them
     */
    public RequestReader(RequestLimits limits, ToIntFunction<String> contextTokens, BodyRules rules) {
        this.rules = Objects.requireNonNull(rules, "rules");
        this.limits = Objects.requireNonNull(limits, "limits");
        this.contextTokens = Objects.requireNonNull(contextTokens, "contextTokens");
    }

    /**
     * Checks one body. Never throws for what is in it.
     *
     * @param buffer holds the body at {@code [offset, offset + length)}; never changed, not kept
     */
    public ReadResult read(ApiRoute route, byte[] buffer, int offset, int length) {
        return read(route, buffer, offset, length, KnownText.NONE);
    }

    /**
     * The same, faster where something is known.
     *
     * @param known what is known of the buffer
     */
    public ReadResult read(ApiRoute route, byte[] buffer, int offset, int length, KnownText known) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        ApiError beginning = checkBeginning(buffer, offset, length);
        if (beginning != null) {
            return new ReadResult.Refused(beginning);
        }
        int[] checked = {};
        ReadResult result;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, offset, length)) {
            LongTextJsonFactory.know(parser, known);
            result = read(route, new JsonCursor(parser, buffer, offset, length));
            checked = LongTextJsonFactory.checkedTexts(parser);
        } catch (Refusal refusal) {
            result = new ReadResult.Refused(refusal.error());
        } catch (StreamConstraintsException e) {
            result = refused(
                    ErrorCode.JSON_LIMIT_EXCEEDED,
                    "the body exceeds a bound on JSON at byte " + offsetOf(e) + " (expected: at most " + MAX_DEPTH
                            + " levels, " + MAX_NUMBER_CHARACTERS + " characters in a number, " + MAX_NAME_BYTES
                            + " bytes in a name, " + MAX_TOKENS + " tokens)");
        } catch (JacksonException e) {
            result = refused(ErrorCode.INVALID_JSON, "the body is not valid JSON at byte " + offsetOf(e));
        }
        int invalid = indexOfInvalidUnicode(buffer, offset, offset + length, checked);
        return invalid == JsonBytes.NONE
                ? result
                : refused(
                        ErrorCode.INVALID_UNICODE,
                        "the body holds what is no Unicode character at byte " + (invalid - offset)
                                + " (expected: UTF-8, surrogates in pairs)");
    }

    private ReadResult read(ApiRoute route, JsonCursor cursor) {
        cursor.next();
        RequestPass pass = new RequestPass(route, cursor, limits, rules);
        pass.read();
        return cursor.next() == null
                ? new ReadResult.Accepted(pass.finish(contextTokens))
                : refused(ErrorCode.INVALID_JSON, "more content after the object at byte " + cursor.valueStart());
    }

    /** What is wrong in the text counts before what is wrong in the JSON. @param checked ranges in which nothing is */
    private static int indexOfInvalidUnicode(byte[] buffer, int from, int to, int[] checked) {
        int begin = from;
        for (int i = 0; i < checked.length; i += 2) {
            int invalid = JsonBytes.indexOfInvalidUnicode(buffer, begin, checked[i]);
            if (invalid != JsonBytes.NONE) {
                return invalid;
            }
            begin = checked[i + 1];
        }
        return JsonBytes.indexOfInvalidUnicode(buffer, begin, to);
    }

    /** Reads a body that is all of an array. */
    public ReadResult read(ApiRoute route, byte[] body) {
        return read(route, body, 0, body.length);
    }

    /** What must hold before the parser may see the bytes, as it guesses encodings and is lenient about UTF-8. */
    private static @Nullable ApiError checkBeginning(byte[] buffer, int offset, int length) {
        int end = offset + length;
        int first = offset;
        while (first < end && JsonBytes.isWhitespace(buffer[first])) {
            first++;
        }
        if (first == end) {
            return new ApiError(ErrorCode.INVALID_JSON, "the body is empty (expected: a JSON object)");
        }
        if (buffer[first] != '{') {
            return new ApiError(
                    ErrorCode.INVALID_JSON,
                    "the body does not start as a JSON object at byte " + (first - offset)
                            + " (expected: {, in UTF-8 without byte-order mark)");
        }
        for (int i = offset; i < Math.min(offset + 4, end); i++) {
            if (buffer[i] == 0) {
                return new ApiError(
                        ErrorCode.INVALID_JSON, "the body is not UTF-8 at byte " + (i - offset) + " (expected: UTF-8)");
            }
        }
        return null;
    }

    private static ReadResult refused(ErrorCode code, String message) {
        return new ReadResult.Refused(new ApiError(code, message));
    }

    private static long offsetOf(JacksonException e) {
        return e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
    }
}
