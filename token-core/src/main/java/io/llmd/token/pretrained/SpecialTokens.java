package io.llmd.token.pretrained;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The special tokens that {@code tokenizer_config.json} names. */
public final class SpecialTokens {
    private SpecialTokens() {}

    /** Text of the tokens by the names that chat templates know them by, such as {@code bos_token}. */
    public static Map<String, String> of(ObjectNode config) {
        Map<String, String> tokens = new LinkedHashMap<>();
        for (String name : config.propertyNames()) {
            String text = name.endsWith("_token") ? text(config, name) : null;
            if (text != null) {
                tokens.put(name, text);
            }
        }
        return tokens;
    }

    /** Text of one token, which is a string or an object there; null if it is not named. */
    public static @Nullable String text(ObjectNode config, String name) {
        JsonNode token = config.path(name);
        JsonNode content = token.isObject() ? token.path("content") : token;
        return content.isString() ? content.stringValue() : null;
    }
}
