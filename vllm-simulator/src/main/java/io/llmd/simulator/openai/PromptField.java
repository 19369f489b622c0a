package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** A prompt that is a string, a list of strings, a list of token ids or a list of such lists. */
public final class PromptField {
    private PromptField() {}

    public static List<RenderedPrompt> read(String name, JsonNode node, Tokenizer tokenizer) {
        if (node.isString()) {
            return List.of(encode(node, tokenizer));
        }
        if (!(node instanceof ArrayNode array) || array.isEmpty()) {
            throw invalid(name);
        }
        if (array.get(0).isNumber()) {
            return List.of(tokens(name, array, tokenizer));
        }
        List<RenderedPrompt> prompts = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            if (element.isString()) {
                prompts.add(encode(element, tokenizer));
            } else if (element instanceof ArrayNode tokens) {
                prompts.add(tokens(name, tokens, tokenizer));
            } else {
                throw invalid(name);
            }
        }
        return prompts;
    }

    private static RenderedPrompt encode(JsonNode text, Tokenizer tokenizer) {
        return RenderedPrompt.of(tokenizer.encodePrompt(text.stringValue()));
    }

    private static RenderedPrompt tokens(String name, ArrayNode array, Tokenizer tokenizer) {
        int[] tokens = RequestFields.tokens(name, array);
        for (int token : tokens) {
            if (token >= tokenizer.vocabularySize()) {
                throw ApiException.badRequest("Token id " + token + " is out of vocabulary", name);
            }
        }
        return RenderedPrompt.of(tokens);
    }

    private static ApiException invalid(String name) {
        return RequestFields.invalid(name, "a string, a list of strings, a list of token ids, or a list of those");
    }
}
