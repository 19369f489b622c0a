package io.llmd.kvindex.query;

import io.llmd.kv.index.PrefixLookup;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One query while it is read and answered; used again and again, by one thread at a time, and as large as the largest. */
final class PrefixQuery {

    private static final int FIRST_TOKENS = 1024;

    /** Larger ones are not used again, so that a few huge queries do not keep memory: a quarter of a million tokens. */
    private static final int KEPT_TOKENS = 1 << 18;

    private static final int KEPT_BYTES = 8 * KEPT_TOKENS;

    final PrefixLookup lookup = new PrefixLookup();
    final TokenScanner scanner = new TokenScanner();
    final TokenBytes tokenBytes = new TokenBytes();
    final Set<String> candidates = new HashSet<>();
    String model = "";

    @Nullable
    String salt;

    /** The body, of forms that are not read as they come. */
    byte[] body = new byte[FIRST_TOKENS];

    int bodyLength;
    /** Of JSON; those of four bytes each become keys at once. */
    int[] tokens = new int[FIRST_TOKENS];

    int tokenCount;
    boolean hasTokens;
    long[] keys = new long[FIRST_TOKENS / 16];
    int keyCount;
    boolean hasKeys;

    /** How long computing keys took so far. */
    long keyNanos;

    void begin() {
        scanner.begin();
        candidates.clear();
        model = "";
        salt = null;
        bodyLength = 0;
        tokenCount = 0;
        hasTokens = false;
        keyCount = 0;
        hasKeys = false;
        keyNanos = 0;
    }

    /** Whether it is small enough to be kept for another query. */
    boolean isKept() {
        return tokens.length <= KEPT_TOKENS && body.length <= KEPT_BYTES && keys.length <= KEPT_TOKENS;
    }

    void addBytes(ByteBuf piece, int count) {
        if (bodyLength + count > body.length) {
            body = Arrays.copyOf(body, Math.max(bodyLength + count, 2 * body.length));
        }
        piece.getBytes(piece.readerIndex(), body, bodyLength, count);
        bodyLength += count;
    }

    void addToken(int token) {
        if (tokenCount == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * tokenCount);
        }
        tokens[tokenCount++] = token;
    }

    /** Makes room for so many tokens more, of which the caller writes and counts what it has. */
    void reserveTokens(int more) {
        if (tokenCount + more > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(tokenCount + more, 2 * tokens.length));
        }
    }

    void addKey(long key) {
        reserveKeys(keyCount + 1);
        keys[keyCount++] = key;
    }

    void reserveKeys(int count) {
        if (count > keys.length) {
            keys = Arrays.copyOf(keys, Math.max(count, 2 * keys.length));
        }
    }
}
