package io.llmd.simulator.token;

import io.llmd.simulator.engine.OutputTokens;
import io.llmd.token.chat.Modality;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Text to token ids and back. Ids are 0 to {@code vocabularySize() - 1}, so that they fit into any 32-bit field.
 * Implementations are thread-safe and do not block.
 */
public interface Tokenizer {

    /** Tokens of a text by itself; nothing is added. */
    int[] encode(String text);

    /** Tokens of a whole prompt: the text with the special tokens around it that the model expects. */
    int[] encodePrompt(String text);

    /**
     * Text of tokens, special tokens included. Bytes that are no UTF-8 become U+FFFD, ids outside the
     * vocabulary that or nothing.
     */
    String decode(int... tokens);

    /** What the vocabulary calls an id, in the notation of the vocabulary. */
    String tokenString(int token);

    /** Tokens that stand for something no text encodes to; a tokenizer without this one spells it out. */
    int[] special(SpecialToken token);

    /** The token that stands for a piece of a media item. */
    int placeholder(Modality modality);

    /** Whether the token is left out of an answer's text. */
    boolean isSpecial(int token);

    /** One more than the largest id. */
    int vocabularySize();

    /** The token that begins a text, if the model has one. */
    OptionalInt beginOfText();

    /** The token that ends a text, if the model has one. */
    OptionalInt endOfText();

    /**
     * An endless output: short English words in sentences. Encoding its text gives the same tokens again, so that an
     * answer sent back as part of the next prompt is found in the prefix cache.
     *
     * @param key content and seed of the request; equal keys give equal outputs
     */
    OutputTokens output(long key);

    /** Decodes one output from its start. */
    TokenDecoder decoder();

    /** Special tokens by the names that chat templates know them by, such as {@code bos_token}. */
    Map<String, String> specialTokens();

    /** The template that chats of the model are rendered with, if there is one. */
    Optional<String> chatTemplate();

    /** What there is to say on it, as JSON values by name; at least {@code tokenizer_class}. */
    Map<String, Object> description();
}
