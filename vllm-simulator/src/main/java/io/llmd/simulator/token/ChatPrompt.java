package io.llmd.simulator.token;

/**
 * Builds the tokens of a chat prompt. Every part is tokenised by itself, so that equal leading messages give equal
 * leading tokens whatever follows. Not thread-safe.
 */
public final class ChatPrompt {
    private final Tokenizer tokenizer;
    private final TokenBuffer tokens = new TokenBuffer(256);

    public ChatPrompt(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Adds the definitions of tools; comes before the messages. */
    public ChatPrompt tools(String definitions) {
        special(SpecialToken.TOOLS);
        return text(definitions).special(SpecialToken.MESSAGE_END);
    }

    /** Begins a message. */
    public ChatPrompt begin(String role) {
        return special(SpecialToken.MESSAGE_START).text(role).text("\n");
    }

    /** Adds text to the message. */
    public ChatPrompt text(String text) {
        tokens.addAll(tokenizer.encode(text));
        return this;
    }

    /** Adds a part that is not text; different parts give different tokens. */
    public ChatPrompt media(String content) {
        return special(SpecialToken.MEDIA).text(Long.toHexString(ContentHash.of(content)));
    }

    /** Ends a message. */
    public ChatPrompt end() {
        return special(SpecialToken.MESSAGE_END).text("\n");
    }

    /** The tokens so far. */
    public int[] toTokens() {
        return tokens.toArray();
    }

    private ChatPrompt special(SpecialToken token) {
        tokens.addAll(tokenizer.special(token));
        return this;
    }
}
