package io.llmd.openai;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads usage and finish reason from an answer that is not streamed, while it goes by in any pieces. Not thread-safe;
 * allocates nothing more while scanning.
 */
public final class UsageReader {

    private static final int SCRATCH_BYTES = 4 << 10;

    private final AnswerJson json = new AnswerJson();
    private byte @Nullable [] scratch;

    public UsageReader() {}

    /** The usage of a complete answer. */
    public static TokenUsage fromBody(byte[] body) {
        UsageReader reader = new UsageReader();
        reader.scan(body, 0, body.length);
        return reader.usage();
    }

    /** Takes the next bytes of the answer. */
    public void scan(byte[] bytes, int offset, int length) {
        json.scan(bytes, offset, offset + length);
    }

    /** Takes the remaining bytes of a buffer, whose position does not move; heap or direct. */
    public void scan(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            scan(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            return;
        }
        byte[] copy = scratch;
        int wanted = Math.min(SCRATCH_BYTES, bytes.remaining());
        if (copy == null || copy.length < wanted) {
            copy = new byte[wanted];
            scratch = copy;
        }
        for (int done = 0; done < bytes.remaining(); done += copy.length) {
            int length = Math.min(copy.length, bytes.remaining() - done);
            bytes.get(bytes.position() + done, copy, 0, length);
            scan(copy, 0, length);
        }
    }

    /** Tokens as the endpoint counted them so far. */
    public TokenUsage usage() {
        return json.usage();
    }

    /** The last finish reason so far; the Responses API's status. */
    public @Nullable String finishReason() {
        return json.finishReason();
    }

    /** Whether the bytes so far are one whole JSON object. */
    public boolean isWhole() {
        return json.isWhole();
    }

    /** Usage members of a wrong type so far. */
    public int skippedUsageMembers() {
        return json.skippedUsageMembers();
    }
}
