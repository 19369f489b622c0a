package io.llmd.openai;

/**
 * Bounds on what one request may ask for.
 *
 * @param contextTokens prompt and output tokens of a model whose own limit is unknown
 * @param messages messages or input items
 * @param contentParts content parts of all messages together
 * @param tools tool definitions
 * @param choices {@code n} and {@code best_of}
 * @param stopStrings stop strings
 * @param stopCharacters characters of one stop string
 * @param tokenLists entries of {@code stop_token_ids} and {@code bad_words}
 * @param logprobs {@code logprobs}, {@code top_logprobs}, {@code prompt_logprobs}
 * @param logitBias entries of {@code logit_bias}
 * @param grammarBytes bytes of a regular expression or grammar
 * @param schemaDepth levels of an output schema
 * @param schemaValues values in an output schema, choices of the output included
 * @param schemaCharacters characters of all names and texts of an output schema, choices included
 * @param prompts prompts of one completion request
 * @param embeddingInputs inputs of one embedding request
 * @param metadataPairs entries of {@code metadata}
 * @param metadataKeyCharacters characters of a metadata key
 * @param metadataValueCharacters characters of a metadata value
 * @param nameBytes bytes of {@code model}, {@code user} and {@code cache_salt}
 * @param mediaBytes decoded bytes of one inlined medium
 */
public record RequestLimits(
        int contextTokens,
        int messages,
        int contentParts,
        int tools,
        int choices,
        int stopStrings,
        int stopCharacters,
        int tokenLists,
        int logprobs,
        int logitBias,
        int grammarBytes,
        int schemaDepth,
        int schemaValues,
        int schemaCharacters,
        int prompts,
        int embeddingInputs,
        int metadataPairs,
        int metadataKeyCharacters,
        int metadataValueCharacters,
        int nameBytes,
        int mediaBytes) {

    /** The bounds that hold unless an operator sets others. */
    public static final RequestLimits DEFAULTS = new RequestLimits(
            131_072, 2_048, 1_024, 128, 16, 4, 256, 128, 20, 500, 32 << 10, 32, 10_000, 128 << 10, 128, 2_048, 16, 64,
            512, 256, 20 << 20);

    public RequestLimits {
        positive(contextTokens, "contextTokens");
        positive(messages, "messages");
        positive(contentParts, "contentParts");
        positive(tools, "tools");
        positive(choices, "choices");
        positive(stopStrings, "stopStrings");
        positive(stopCharacters, "stopCharacters");
        positive(tokenLists, "tokenLists");
        positive(logprobs, "logprobs");
        positive(logitBias, "logitBias");
        positive(grammarBytes, "grammarBytes");
        positive(schemaDepth, "schemaDepth");
        positive(schemaValues, "schemaValues");
        positive(schemaCharacters, "schemaCharacters");
        positive(prompts, "prompts");
        positive(embeddingInputs, "embeddingInputs");
        positive(metadataPairs, "metadataPairs");
        positive(metadataKeyCharacters, "metadataKeyCharacters");
        positive(metadataValueCharacters, "metadataValueCharacters");
        positive(nameBytes, "nameBytes");
        positive(mediaBytes, "mediaBytes");
    }

    /** The same bounds with another context length. */
    public RequestLimits withContextTokens(int tokens) {
        return new RequestLimits(
                tokens,
                messages,
                contentParts,
                tools,
                choices,
                stopStrings,
                stopCharacters,
                tokenLists,
                logprobs,
                logitBias,
                grammarBytes,
                schemaDepth,
                schemaValues,
                schemaCharacters,
                prompts,
                embeddingInputs,
                metadataPairs,
                metadataKeyCharacters,
                metadataValueCharacters,
                nameBytes,
                mediaBytes);
    }

    private static void positive(int value, String name) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
