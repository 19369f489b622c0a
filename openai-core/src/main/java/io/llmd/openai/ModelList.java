package io.llmd.openai;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** The models of a pool, ordered by id. Immutable. */
public final class ModelList {

    /** No model. */
    public static final ModelList EMPTY = new ModelList(new TreeMap<>());

    private static final int MAX_DEPTH = 32;
    private static final int MAX_TEXT = 4 << 10;
    private static final int MAX_MODELS = 10_000;
    private static final int MAX_ID_BYTES = 256;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_TEXT)
                    .maxNameLength(MAX_TEXT)
                    .build())
            .build();

    private final Map<String, ModelInfo> models;

    private ModelList(TreeMap<String, ModelInfo> models) {
        this.models = models;
    }

    /**
     * The models of all endpoints' answers; their order does not matter. Of a model that several endpoints serve, the
     * smallest context length and the earliest time count.
     */
    public static ModelList merge(Collection<List<ModelInfo>> answers) {
        TreeMap<String, ModelInfo> merged = new TreeMap<>();
        for (List<ModelInfo> answer : answers) {
            for (ModelInfo model : answer) {
                merged.merge(model.id(), model, ModelList::combine);
            }
        }
        return new ModelList(merged);
    }

    private static ModelInfo combine(ModelInfo a, ModelInfo b) {
        String owner = a.ownedBy().compareTo(b.ownedBy()) <= 0 ? a.ownedBy() : b.ownedBy();
        return new ModelInfo(
                a.id(),
                a.created() == 0 || b.created() == 0 ? a.created() + b.created() : Math.min(a.created(), b.created()),
                owner,
                a.maxModelLen() == 0 || b.maxModelLen() == 0
                        ? a.maxModelLen() + b.maxModelLen()
                        : Math.min(a.maxModelLen(), b.maxModelLen()),
                first(a.parent(), b.parent()),
                first(a.root(), b.root()));
    }

    private static @Nullable String first(@Nullable String a, @Nullable String b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.compareTo(b) <= 0 ? a : b;
    }

    /**
     * Reads an endpoint's answer to {@code GET /v1/models}. Entries that make no sense are left out.
     *
     * @return empty when the answer is no model list at all
     */
    public static List<ModelInfo> parse(byte[] body) {
        List<ModelInfo> models = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body, 0, body.length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return List.of();
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                JsonToken value = parser.nextToken();
                if (name.equals("data") && value == JsonToken.START_ARRAY) {
                    readEntries(parser, models);
                } else {
                    parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            return List.of();
        }
        return List.copyOf(models);
    }

    private static void readEntries(JsonParser parser, List<ModelInfo> models) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            ModelInfo model = readEntry(parser);
            if (model != null && models.size() < MAX_MODELS) {
                models.add(model);
            }
        }
    }

    private static @Nullable ModelInfo readEntry(JsonParser parser) {
        String id = null;
        long created = 0;
        String ownedBy = "";
        long maxModelLen = 0;
        String parent = null;
        String root = null;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "id" -> id = text(parser);
                case "created" -> created = number(parser);
                case "owned_by" -> {
                    String owner = text(parser);
                    ownedBy = owner == null ? "" : owner;
                }
                case "max_model_len" -> maxModelLen = number(parser);
                case "parent" -> parent = text(parser);
                case "root" -> root = text(parser);
                default -> {
                    // not ours
                }
            }
            parser.skipChildren();
        }
        return id == null || !isName(id)
                ? null
                : new ModelInfo(id, created, ownedBy, (int) Math.min(maxModelLen, Integer.MAX_VALUE), parent, root);
    }

    private static boolean isName(String id) {
        return !id.isEmpty()
                && id.getBytes(StandardCharsets.UTF_8).length <= MAX_ID_BYTES
                && id.chars().noneMatch(Character::isISOControl);
    }

    private static @Nullable String text(JsonParser parser) {
        return parser.currentToken() == JsonToken.VALUE_STRING ? parser.getString() : null;
    }

    /** A number from 0 on; 0 for anything else. */
    private static long number(JsonParser parser) {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                ? Math.max(0, parser.getLongValue())
                : 0;
    }

    /** A model by its id. */
    public @Nullable ModelInfo find(String id) {
        return models.get(id);
    }

    /** All models, ordered by id. */
    public List<ModelInfo> models() {
        return List.copyOf(models.values());
    }

    /** The list as a client sees it that may use the models that {@code visible} accepts. */
    public byte[] toJson(Predicate<String> visible) {
        StringBuilder json = new StringBuilder("{\"object\":\"list\",\"data\":[");
        String separator = "";
        for (ModelInfo model : models.values()) {
            if (visible.test(model.id())) {
                json.append(separator);
                append(json, model);
                separator = ",";
            }
        }
        return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** One model as clients see it. */
    public static byte[] toJson(ModelInfo model) {
        StringBuilder json = new StringBuilder();
        append(json, model);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void append(StringBuilder json, ModelInfo model) {
        json.append("{\"id\":");
        JsonText.appendQuoted(json, model.id());
        json.append(",\"object\":\"model\",\"created\":")
                .append(model.created())
                .append(",\"owned_by\":");
        JsonText.appendQuoted(json, model.ownedBy());
        appendText(json, "root", model.root());
        appendText(json, "parent", model.parent());
        if (model.maxModelLen() > 0) {
            json.append(",\"max_model_len\":").append(model.maxModelLen());
        }
        json.append('}');
    }

    private static void appendText(StringBuilder json, String name, @Nullable String value) {
        if (value != null) {
            json.append(",\"").append(name).append("\":");
            JsonText.appendQuoted(json, value);
        }
    }
}
