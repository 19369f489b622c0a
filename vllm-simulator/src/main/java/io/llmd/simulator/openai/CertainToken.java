package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Script;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A token that a request biases so much that the model says nothing else. Smaller biases change nothing. */
final class CertainToken {
    private static final double CERTAIN = 100;

    private CertainToken() {}

    /** The token, absent if there is none. */
    static OptionalInt of(RequestFields fields) {
        if (fields.get("logit_bias") instanceof ObjectNode bias) {
            for (String key : bias.propertyNames()) {
                JsonNode value = bias.get(key);
                if (value.isNumber() && Json.number(value) >= CERTAIN) {
                    return OptionalInt.of(Integer.parseInt(key.strip()));
                }
            }
        }
        return OptionalInt.empty();
    }

    /** Says nothing but a token. */
    static OutputSource source(int token) {
        return (key, tokens, endsItself) -> {
            int[] all = new int[endsItself ? tokens - 1 : tokens];
            Arrays.fill(all, token);
            return new Script(all, List.of(), endsItself);
        };
    }
}
