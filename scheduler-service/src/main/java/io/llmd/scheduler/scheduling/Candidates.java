package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that are still eligible inside one decision, in a fixed order.
 *
 * <p>Filters narrow candidates to views. All views of a decision share its data columns: objects that a producer has
 * written under a {@link DataKey}, indexed by {@linkplain #slot(int) slot}, which does not change when candidates are
 * filtered. Not thread-safe: one decision runs on one thread.
 *
 * <p>While a producer, filter or scorer runs, only the data that it declares can be read and written.
 */
public final class Candidates {

    private static volatile int[] identity = {};

    private final Endpoint[] endpoints;
    private final int[] slots;
    private final int size;
    private final Columns columns;

    private Candidates(Endpoint[] endpoints, int[] slots, int size, Columns columns) {
        this.endpoints = endpoints;
        this.slots = slots;
        this.size = size;
        this.columns = columns;
    }

    /** Starts a decision over {@code endpoints}; the array is not copied and must not change. */
    public static Candidates of(Endpoint... endpoints) {
        return new Candidates(endpoints, identity(endpoints.length), endpoints.length, new Columns());
    }

    /** The numbers from 0 on, at least {@code length} of them; one array for all decisions, which nobody changes. */
    private static int[] identity(int length) {
        int[] known = identity;
        if (known.length >= length) {
            return known;
        }
        int[] longer = new int[Integer.highestOneBit(length) << 1];
        Arrays.setAll(longer, i -> i);
        identity = longer;
        return longer;
    }

    /** Starts a decision over {@code endpoints}. */
    public static Candidates of(List<Endpoint> endpoints) {
        return of(endpoints.toArray(Endpoint[]::new));
    }

    /** The endpoints by slot; must not be changed. */
    public Endpoint[] endpoints() {
        return endpoints;
    }

    /** Number of candidates in this view. */
    public int size() {
        return size;
    }

    /** Whether no candidate is left. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** The candidate at {@code position} in [0, {@link #size()}). */
    public Endpoint get(int position) {
        return endpoints[slot(position)];
    }

    /** Index of the candidate into the data columns, in [0, {@link #slotCount()}). */
    public int slot(int position) {
        if (position >= size) {
            throw new IndexOutOfBoundsException("position: " + position + " (expected: < " + size + ")");
        }
        return slots[position];
    }

    /** Number of endpoints at the start of the decision: the length that columns need. */
    public int slotCount() {
        return endpoints.length;
    }

    /** The endpoint at {@code slot}, whether or not it is still a candidate. */
    public Endpoint atSlot(int slot) {
        return endpoints[slot];
    }

    /** Column object that a producer wrote, or null when it wrote none, or when the running plugin does not declare it. */
    public <T> @Nullable T data(DataKey<T> key) {
        return columns.mayRead(key) ? key.valueType().cast(columns.get(key)) : null;
    }

    /**
     * Column object of a type, whoever produced it: of several, the one whose producer comes first in the alphabet. Null
     * when there is none.
     */
    public <T> @Nullable T dataOfAnyProducer(String type, Class<T> valueType) {
        DataKey<?> first = columns.firstOf(type, valueType);
        return first == null || !columns.mayRead(first) ? null : valueType.cast(columns.get(first));
    }

    /**
     * Writes a column object for all views of this decision. Dropped when the running plugin does not declare it.
     *
     * @throws IllegalStateException when that plugin is a producer
     */
    public <T> void put(DataKey<T> key, T column) {
        if (columns.mayWrite(key)) {
            columns.put(key, key.valueType().cast(column));
        }
    }

    /** The decision is over, with all that follows from it: columns that were {@linkplain Lent lent} are gone. */
    public void over() {
        columns.giveBack();
    }

    /** Takes back what a producer wrote before it failed. */
    void remove(DataKey<?> key) {
        columns.remove(key);
    }

    /** Confines plugins to what {@code scopes} says from now on. */
    void confine(DataScopes scopes, PluginFaults faults) {
        columns.confine(scopes, faults);
    }

    /** The plugin looks at the candidates until {@link #leave}. */
    void enter(ExtensionPoint point, Plugin plugin) {
        columns.enter(point, plugin);
    }

    /** Nobody is confined any more. */
    void leave() {
        columns.leave();
    }

    /** The candidates whose position satisfies {@code keep}; this view when all do. */
    public Candidates where(IntPredicate keep) {
        int[] kept = new int[size];
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (keep.test(i)) {
                kept[count++] = slots[i];
            }
        }
        return count == size ? this : new Candidates(endpoints, kept, count, columns);
    }
}
