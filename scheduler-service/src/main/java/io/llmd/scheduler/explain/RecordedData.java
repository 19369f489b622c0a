package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.Lent;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.TimeCosts;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The columns that producers wrote for a decision, kept as they are: nobody changes them after the decision. Columns of
 * other types, which may hold hashes of prompts or ids of sessions, are not kept.
 */
final class RecordedData {

    private static final Map<Class<?>, Integer> BYTES_PER_SLOT = Map.of(
            PrefixMatches.class, 32,
            InFlightLoads.class, 16,
            UncachedTokens.class, 8,
            EndpointNumbers.class, 8,
            MediaMatches.class, 4,
            LatencyPredictions.class, 64,
            TimeCosts.class, 48,
            Topologies.class, 8);
    private static final int FIXED_BYTES = 96;

    static final RecordedData NONE = new RecordedData(List.of(), 0);

    private record Column<T>(DataKey<T> key, T value) {
        void put(Candidates candidates) {
            candidates.put(key, value);
        }
    }

    private final List<Column<?>> columns;
    private final long bytes;

    private RecordedData(List<Column<?>> columns, long bytes) {
        this.columns = columns;
        this.bytes = bytes;
    }

    static RecordedData of(SchedulingPlan plan, Candidates candidates) {
        List<Column<?>> columns = new ArrayList<>(4);
        long bytes = 0;
        for (int i = 0; i < plan.producers().size(); i++) {
            List<DataKey<?>> keys = plan.producers().get(i).plugin().produces();
            for (int k = 0; k < keys.size(); k++) {
                Integer perSlot = BYTES_PER_SLOT.get(keys.get(k).valueType());
                Column<?> column = perSlot == null ? null : column(keys.get(k), candidates);
                if (perSlot != null && column != null) {
                    columns.add(column);
                    bytes += FIXED_BYTES + (long) perSlot * candidates.slotCount();
                }
            }
        }
        return columns.isEmpty() ? NONE : new RecordedData(columns, bytes);
    }

    private static <T> @Nullable Column<T> column(DataKey<T> key, Candidates candidates) {
        T value = candidates.data(key);
        if (value instanceof Lent lent) {
            lent.keep();
        }
        return value == null ? null : new Column<>(key, value);
    }

    /** The first column of a type, null when none was kept. */
    <T> @Nullable T first(Class<T> type) {
        for (Column<?> column : columns) {
            if (type.isInstance(column.value())) {
                return type.cast(column.value());
            }
        }
        return null;
    }

    /**
     * Writes the columns to candidates of the same endpoints, for the producers of a plan: one that is known under another
     * name writes what was recorded of its type.
     *
     * @return keys that the plan's producers would write and nothing was recorded for
     */
    List<DataKey<?>> restore(SchedulingPlan plan, Candidates candidates) {
        columns.forEach(column -> column.put(candidates));
        List<DataKey<?>> missing = new ArrayList<>();
        plan.producers()
                .forEach(producer -> producer.plugin().produces().forEach(key -> {
                    if (candidates.data(key) == null && !restoreOther(key, candidates)) {
                        missing.add(key);
                    }
                }));
        return missing;
    }

    private <T> boolean restoreOther(DataKey<T> key, Candidates candidates) {
        for (Column<?> column : columns) {
            if (column.key().type().equals(key.type()) && key.valueType().isInstance(column.value())) {
                candidates.put(key, key.valueType().cast(column.value()));
                return true;
            }
        }
        return false;
    }

    long bytes() {
        return bytes;
    }
}
