package io.llmd.simulator.engine;

/** Names blocks by their content and all content before it. Used by one engine, on its thread. */
public interface BlockHasher {

    /** Begins the chain of a sequence. */
    Chain begin(EngineRequest request);

    /** The blocks of one sequence, asked for from the first one on. */
    interface Chain {

        /**
         * Hash of the next block.
         *
         * @param tokens ids that include those of the block; not kept
         * @param from where the block's tokens begin
         * @return equal for equal tokens, equal blocks before and equal adapter, cache salt and media; else different
         *     but for chance
         */
        long next(int[] tokens, int from);

        /**
         * Takes the hashes of the next blocks as far as they are known without a look at tokens.
         *
         * @param hashes gets them, from {@code from} on, as many as there is room for
         * @return how many; {@link #next} goes on behind them
         */
        default int takeKnown(long[] hashes, int from) {
            return 0;
        }

        /**
         * Goes on behind blocks whose hashes are known, instead of beginning with the first one. Only on a new chain.
         *
         * @param blocks how many
         * @param last hash of the last of them
         * @return false if the chain has to see all blocks; then it still begins with the first one
         */
        default boolean skip(int blocks, long last) {
            return false;
        }
    }
}
