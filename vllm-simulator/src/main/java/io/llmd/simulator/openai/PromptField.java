package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** A prompt that is a string, a list of strings, a list of token ids or a list of such lists, and was checked to be. */
public final class PromptField {
    private PromptField() {}

    /** The prompts, at least one unless the list is empty. */
    public static List<RenderedPrompt> read(JsonNode node, Tokenizer tokenizer) {
        if (!(node instanceof ArrayNode array)) {
            return List.of(RenderedPrompt.of(tokenizer.encodePrompt(node.stringValue())));
        }
        if (!array.isEmpty() && array.get(0).isNumber()) {
            return List.of(ids(array, tokenizer));
        }
        List<RenderedPrompt> prompts = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            prompts.add(
                    element instanceof ArrayNode tokens
                            ? ids(tokens, tokenizer)
                            : RenderedPrompt.of(tokenizer.encodePrompt(element.stringValue())));
        }
        return prompts;
    }

    /** A prompt of token ids; 400 for one that the vocabulary has not. */
    public static RenderedPrompt ids(ArrayNode array, Tokenizer tokenizer) {
        int[] tokens = new int[array.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode element = array.get(i);
            if (!element.canConvertToInt() || element.intValue() >= tokenizer.vocabularySize()) {
                throw ApiException.badRequest("Token id " + element + " is out of vocabulary", null);
            }
            tokens[i] = element.intValue();
        }
        return RenderedPrompt.of(tokens);
    }
}
