package io.llmd.autoscaler.planner;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of all models in one cycle.
 *
 * @param models by name
 * @param accelerators accelerators that our replicas may use, by type: the lesser of quota and what is free, with those in use
 */
public record FleetInput(List<ModelInput> models, Map<String, Integer> accelerators) {

    public FleetInput {
        models = models.stream().sorted(Comparator.comparing(ModelInput::model)).toList();
        accelerators = Map.copyOf(new TreeMap<>(accelerators));
    }
}
