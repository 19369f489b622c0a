package io.llmd.gateway.openai;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads usage and finish reason from an answer that is not streamed, while it goes by. Not thread-safe. */
public final class UsageReader {

    public UsageReader() {}

    /** The usage of a complete answer. */
    public static TokenUsage fromBody(byte[] body) {
        UsageReader reader = new UsageReader();
        reader.scan(body, 0, body.length);
        return reader.usage();
    }

    /** Takes the next bytes of the answer. */
    public void scan(byte[] bytes, int offset, int length) {}

    /** Takes the remaining bytes of a buffer, whose position does not move; heap or direct. */
    public void scan(ByteBuffer bytes) {}

    /** Tokens as the endpoint counted them so far. */
    public TokenUsage usage() {
        return TokenUsage.UNKNOWN;
    }

    /** The last finish reason so far. */
    public @Nullable String finishReason() {
        return null;
    }

    /** Usage members of a wrong type so far. */
    public int skippedUsageMembers() {
        return 0;
    }
}
