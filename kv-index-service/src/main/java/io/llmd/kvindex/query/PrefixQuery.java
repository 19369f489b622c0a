package io.llmd.kvindex.query;

import io.llmd.kv.index.PrefixLookup;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One query while it is read and answered; used again and again, by one thread at a time, and as large as the largest. */
final class PrefixQuery {

    private static final int FIRST_TOKENS = 1024;

    final PrefixLookup lookup = new PrefixLookup();
    final Set<String> candidates = new HashSet<>();
    String model = "";

    @Nullable
    String salt;

    int[] tokens = new int[FIRST_TOKENS];
    int tokenCount;
    boolean hasTokens;
    long[] keys = new long[FIRST_TOKENS / 16];
    int keyCount;
    boolean hasKeys;

    void begin() {
        candidates.clear();
        model = "";
        salt = null;
        tokenCount = 0;
        hasTokens = false;
        keyCount = 0;
        hasKeys = false;
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
