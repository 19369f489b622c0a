package io.llmd.scheduler.scheduling;

import java.util.List;

/** Column of the models that endpoints say they serve. */
public final class ServedModels {

    private final List<List<String>> models;

    /**
     * A column.
     *
     * @param models names by slot; an empty list where nothing is known
     */
    public ServedModels(List<List<String>> models) {
        this.models = List.copyOf(models);
    }

    /** Names of the models at {@code slot}, base models and adapters, in the order of the endpoint. */
    public List<String> at(int slot) {
        return models.get(slot);
    }
}
