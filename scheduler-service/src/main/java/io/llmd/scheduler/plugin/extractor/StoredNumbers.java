package io.llmd.scheduler.plugin.extractor;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Numbers that an extractor has stored with endpoints, as columns of a decision. Immutable. */
final class StoredNumbers {

    private final List<DataKey<?>> keys = new ArrayList<>();
    private final List<DataKey<EndpointNumbers>> columns = new ArrayList<>();
    private final List<String> stored = new ArrayList<>();

    /**
     * Columns of numbers.
     *
     * @param attributes names of the numbers
     * @param producers names under which each is found
     */
    StoredNumbers(Collection<String> attributes, Collection<String> producers) {
        for (String attribute : attributes) {
            for (String producer : producers) {
                DataKey<EndpointNumbers> key = DataKeys.numbers(attribute, producer);
                keys.add(key);
                columns.add(key);
                stored.add(key.toString());
            }
        }
    }

    /** The name of an instance and that of its type, which configurations may use for it. */
    static Set<String> producers(String name, String type) {
        Set<String> producers = new LinkedHashSet<>();
        producers.add(type);
        producers.add(name);
        return producers;
    }

    List<DataKey<?>> keys() {
        return keys;
    }

    void produce(Candidates candidates) {
        for (int column = 0; column < columns.size(); column++) {
            EndpointNumbers numbers = new EndpointNumbers(candidates.slotCount());
            String key = stored.get(column);
            for (int i = 0; i < candidates.size(); i++) {
                numbers.set(candidates.slot(i), candidates.get(i).attributes().number(key));
            }
            candidates.put(columns.get(column), numbers);
        }
    }
}
