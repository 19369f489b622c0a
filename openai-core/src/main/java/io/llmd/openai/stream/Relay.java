package io.llmd.openai.stream;

import io.llmd.contracts.schedule.TokenUsage;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/**
 * Takes the bytes of one answer and hands on those that may go to the client. Buffers pass through without copies;
 * whoever gets a buffer owns it. Not thread-safe.
 */
public sealed interface Relay permits EventRelay, BodyRelay {

    /** What an answer did wrong. */
    enum Defect {
        /** Nothing. */
        NONE,
        /** One event, or the whole answer, is larger than allowed. */
        TOO_LARGE,
        /** The events are no JSON. */
        GARBAGE,
        /** It ended before its end marker. */
        INCOMPLETE
    }

    /** Takes the next bytes and hands on what may go out; nothing more once there is a defect. */
    void accept(ByteBuf bytes, Consumer<ByteBuf> out);

    /** The answer has ended as its framing says: hands on what was held back, but for half an event. */
    void end(Consumer<ByteBuf> out);

    /** Releases what was held back. */
    void discard();

    /** Bytes that are held back. */
    int heldBytes();

    /** What is wrong so far; after {@link #end} also whether the end marker is missing. */
    Defect defect();

    /** Whether the endpoint itself has reported an error inside of the answer. */
    boolean hasOwnError();

    /** Tokens as the endpoint counted them so far. */
    TokenUsage usage();

    /** Events with generated content so far, which is about one for each token; 0 for an answer that is no stream. */
    long contentEvents();

    /** Members of the usage so far that say no number of tokens. */
    int skippedUsageMembers();

    /** Events so far whose data is no JSON. */
    int invalidEvents();
}
