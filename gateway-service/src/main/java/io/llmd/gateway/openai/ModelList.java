package io.llmd.gateway.openai;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The models of a pool, ordered by id. Immutable. */
public final class ModelList {

    /** No model. */
    public static final ModelList EMPTY = new ModelList(new TreeMap<>());

    private final Map<String, ModelInfo> models;

    private ModelList(TreeMap<String, ModelInfo> models) {
        this.models = models;
    }

    /** The models of all endpoints' answers. */
    public static ModelList merge(Collection<List<ModelInfo>> answers) {
        return EMPTY;
    }

    /** Reads an endpoint's answer to {@code GET /v1/models}; entries that make no sense are left out. */
    public static List<ModelInfo> parse(byte[] body) {
        return List.of();
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
        return new byte[0];
    }

    /** One model as clients see it. */
    public static byte[] toJson(ModelInfo model) {
        return new byte[0];
    }
}
