package io.llmd.scheduler.tokenizer;

/** Hears what becomes of requests for tokens. Called from many threads at once; must not block or throw. */
public interface TokenizationListener {

    /** Ignores everything. */
    TokenizationListener NONE = new TokenizationListener() {
        @Override
        public void ended(String plugin, Outcome outcome, long nanos) {}

        @Override
        public void lookedUp(String plugin, Store store, int hits, int misses) {}

        @Override
        public void holds(String plugin, Store store, long bytes) {}
    };

    /** What became of one request. */
    enum Outcome {
        /** Its tokens were made. */
        TOKENIZED,
        /** Its tokens were known. */
        CACHED,
        /** It is of a kind whose tokens would not be exact. */
        UNSUPPORTED,
        /** The engine or the tokenizer failed. */
        FAILED,
        /** The tokens came too late. */
        TIMED_OUT,
        /** Too many requests wait for tokens. */
        BUSY
    }

    /** What is kept. */
    enum Store {
        /** Tokens of whole requests. */
        REQUESTS,
        /** Tokens of pieces of texts. */
        PIECES
    }

    /** A request has its tokens, or will not get them. */
    void ended(String plugin, Outcome outcome, long nanos);

    /** Something was looked for. */
    void lookedUp(String plugin, Store store, int hits, int misses);

    /** So much is kept now. */
    void holds(String plugin, Store store, long bytes);
}
