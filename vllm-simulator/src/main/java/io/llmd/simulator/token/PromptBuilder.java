package io.llmd.simulator.token;

import io.llmd.token.chat.Modality;
import java.util.ArrayList;
import java.util.List;

/** Puts a prompt together from pieces, each tokenised by itself. Not thread-safe. */
public final class PromptBuilder {
    private final Tokenizer tokenizer;
    private final TokenBuffer tokens = new TokenBuffer(256);
    private final List<MediaItem> media = new ArrayList<>();

    public PromptBuilder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Adds text. */
    public PromptBuilder text(String text) {
        tokens.addAll(tokenizer.encode(text));
        return this;
    }

    /** Adds something no text encodes to. */
    public PromptBuilder special(SpecialToken token) {
        tokens.addAll(tokenizer.special(token));
        return this;
    }

    /** Adds tokens as they are. */
    public PromptBuilder tokens(int... more) {
        tokens.addAll(more);
        return this;
    }

    /** Adds placeholders for a media item. */
    public PromptBuilder media(String hash, Modality modality, int length) {
        media.add(new MediaItem(hash, tokens.size(), length, modality));
        int placeholder = tokenizer.placeholder(modality);
        for (int i = 0; i < length; i++) {
            tokens.add(placeholder);
        }
        return this;
    }

    /** The prompt so far. */
    public RenderedPrompt build() {
        return new RenderedPrompt(tokens.toArray(), media);
    }
}
