package io.llmd.scheduler.tokenizer;

import io.llmd.token.pretrained.NativeTokenizer;
import io.llmd.token.pretrained.SafeCuts;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Tokenizes texts piece by piece and keeps what the pieces gave; the tokens of a text are those of its pieces. Safe from any
 * thread, also while it is closed.
 */
final class PieceTokenizer implements AutoCloseable {

    private final NativeTokenizer tokenizer;
    private final SafeCuts cuts;
    private final TokenCache<int[]> known;
    private final ReadWriteLock using = new ReentrantReadWriteLock();
    private boolean isClosed;

    PieceTokenizer(NativeTokenizer tokenizer, SafeCuts cuts, TokenCache<int[]> known) {
        this.tokenizer = tokenizer;
        this.cuts = cuts;
        this.known = known;
    }

    /** Tokens of a text by itself. */
    int[] encode(String text) {
        List<String> pieces = cuts.pieces(text);
        int[][] tokens = new int[pieces.size()][];
        int total = 0;
        int hits = 0;
        for (int i = 0; i < tokens.length; i++) {
            Digest key = Digest.of(pieces.get(i));
            int[] found = known.get(key);
            if (found == null) {
                found = use(pieces.get(i), false);
                known.put(key, found);
            } else {
                hits++;
            }
            tokens[i] = found;
            total += found.length;
        }
        known.lookedUp(hits, tokens.length - hits);
        int[] all = new int[total];
        int position = 0;
        for (int[] piece : tokens) {
            System.arraycopy(piece, 0, all, position, piece.length);
            position += piece.length;
        }
        return all;
    }

    /** Tokens of a text with what the model puts around it, which depends on the whole. */
    int[] encodePrompt(String text) {
        return use(text, true);
    }

    private int[] use(String text, boolean isPrompt) {
        using.readLock().lock();
        try {
            if (isClosed) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            return isPrompt ? tokenizer.encodePrompt(text) : tokenizer.encode(text);
        } finally {
            using.readLock().unlock();
        }
    }

    /** Waits for texts at work. */
    @Override
    public void close() {
        using.writeLock().lock();
        try {
            if (!isClosed) {
                isClosed = true;
                tokenizer.close();
            }
        } finally {
            using.writeLock().unlock();
        }
    }
}
