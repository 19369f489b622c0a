package io.llmd.token.pretrained;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The ids of a {@code tokenizer.json} and their names. */
public final class Vocabulary {
    private final @Nullable String[] names;
    private final Map<String, Integer> added = new HashMap<>();
    private final BitSet special = new BitSet();

    /** Reads the vocabulary of any model type: a map of names to ids, or a list of names with scores. */
    public Vocabulary(ObjectNode tokenizer) {
        Map<Integer, String> byId = new HashMap<>();
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        if (vocabulary.isArray()) {
            for (int id = 0; id < vocabulary.size(); id++) {
                byId.put(id, vocabulary.get(id).path(0).asString());
            }
        } else {
            vocabulary.properties().forEach(entry -> byId.put(entry.getValue().asInt(), entry.getKey()));
        }
        for (JsonNode token : tokenizer.path("added_tokens")) {
            int id = token.path("id").asInt();
            String name = token.path("content").asString();
            byId.put(id, name);
            added.put(name, id);
            special.set(id, token.path("special").asBoolean(false));
        }
        int size = byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
        if (size == 0) {
            throw new IllegalArgumentException("tokenizer: no vocabulary (expected: model.vocab in tokenizer.json)");
        }
        names = new String[size];
        byId.forEach((id, name) -> names[id] = name);
    }

    /** One more than the largest id. */
    public int size() {
        return names.length;
    }

    /** Name of an id; empty for one that has none. */
    public String name(int id) {
        String name = id >= 0 && id < names.length ? names[id] : null;
        return name == null ? "" : name;
    }

    /** Id of a token that was added to the model's own ones. */
    public OptionalInt added(String name) {
        Integer id = added.get(name);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Whether the token is left out of an answer's text. */
    public boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }
}
