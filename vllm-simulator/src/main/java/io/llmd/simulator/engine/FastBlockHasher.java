package io.llmd.simulator.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chained 64-bit hashes by 128-bit multiplication, two tokens at a time. Not the hashes of any real engine; used where
 * nobody outside compares them.
 */
public final class FastBlockHasher implements BlockHasher {
    private static final long MULTIPLIER = 0xD6E8FEB86659FD93L;
    private static final long INCREMENT = 0xA0761D6478BD642FL;

    private final long root;
    private final int blockTokens;

    /**
     * @param seed of the chains; equal seeds give equal hashes
     * @param blockTokens tokens in one block
     */
    public FastBlockHasher(String seed, int blockTokens) {
        root = text(0x243F6A8885A308D3L, seed);
        this.blockTokens = blockTokens;
    }

    @Override
    public Chain begin(EngineRequest request) {
        return new FastChain(request);
    }

    private static long text(long hash, @Nullable String text) {
        long result = fold(hash, text == null ? -1 : text.length());
        for (int i = 0; text != null && i < text.length(); i++) {
            result = fold(result, text.charAt(i));
        }
        return result;
    }

    private static long fold(long hash, long value) {
        long left = hash ^ value;
        return left * MULTIPLIER ^ Math.unsignedMultiplyHigh(left, MULTIPLIER) ^ INCREMENT;
    }

    private final class FastChain implements Chain {
        private final EngineRequest request;
        private long parent;
        private int position;

        FastChain(EngineRequest request) {
            this.request = request;
            parent = text(root, request.cacheSalt());
        }

        @Override
        public long next(int[] tokens, int from) {
            long hash = request.adapter() == null ? parent : text(parent, request.adapter());
            int even = blockTokens & ~1;
            for (int i = 0; i < even; i += 2) {
                hash = fold(hash, tokens[from + i] & 0xFFFF_FFFFL | (long) tokens[from + i + 1] << 32);
            }
            if (even < blockTokens) {
                hash = fold(hash, tokens[from + even]);
            }
            List<MediaKey> media = request.media();
            for (int i = 0; i < media.size(); i++) {
                if (media.get(i).overlaps(position, position + blockTokens)) {
                    hash = text(hash, media.get(i).hash());
                }
            }
            position += blockTokens;
            parent = hash;
            return hash;
        }

        @Override
        public boolean skip(int blocks, long last) {
            position = blocks * blockTokens;
            parent = last;
            return true;
        }
    }
}
