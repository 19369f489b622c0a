package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /v1/prefix-matches}: a prompt as tokens, or as the keys of its blocks.
 *
 * @param model name of the model or adapter that the prompt is for
 * @param tokens token ids; empty when keys are given
 * @param keys request keys of the full blocks, as 16 hexadecimal digits each; empty when tokens are given
 * @param cacheSalt what the engine keeps the prompt apart by; null for none, and with keys
 * @param candidates ids of the endpoints that are asked for; empty for all
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PrefixMatchRequest(
        String model,
        @Nullable List<Integer> tokens,
        @Nullable List<String> keys,
        @Nullable String cacheSalt,
        @Nullable List<String> candidates) {

    public PrefixMatchRequest {
        tokens = tokens == null ? List.of() : List.copyOf(tokens);
        keys = keys == null ? List.of() : List.copyOf(keys);
        candidates = candidates == null ? List.of() : List.copyOf(candidates);
        if (!tokens.isEmpty() && !keys.isEmpty()) {
            throw new IllegalArgumentException("tokens, keys: both (expected: one of them)");
        }
    }
}
