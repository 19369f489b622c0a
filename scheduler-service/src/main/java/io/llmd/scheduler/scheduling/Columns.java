package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The data columns of one decision, and who is looking at them. There are few, so that a look through all of them beats a
 * hash table.
 */
final class Columns {

    private static final int ROOM = 4;

    private @Nullable DataKey<?>[] keys = new DataKey<?>[ROOM];
    private @Nullable Object[] values = new Object[ROOM];
    private int size;
    private DataScopes scopes = DataScopes.NONE;
    private PluginFaults faults = PluginFaults.NONE;
    private ExtensionPoint point = ExtensionPoint.DATA_PRODUCER;
    private @Nullable DataScope viewer;

    /** Confines plugins to what {@code scopes} says from now on. */
    void confine(DataScopes to, PluginFaults listener) {
        scopes = to;
        faults = listener;
    }

    /** The plugin looks at the columns until {@link #leave}. */
    void enter(ExtensionPoint at, Plugin plugin) {
        point = at;
        viewer = scopes.find(plugin);
    }

    /** Nobody is confined any more. */
    void leave() {
        viewer = null;
    }

    boolean mayRead(DataKey<?> key) {
        DataScope scope = viewer;
        if (scope == null || scope.mayRead(key)) {
            return true;
        }
        faults.outOfScope(scope.plugin(), point, key, PluginFaults.Access.READ);
        return false;
    }

    /** @throws IllegalStateException when a producer may not */
    boolean mayWrite(DataKey<?> key) {
        DataScope scope = viewer;
        if (scope == null || scope.mayWrite(key)) {
            return true;
        }
        faults.outOfScope(scope.plugin(), point, key, PluginFaults.Access.WRITE);
        if (point == ExtensionPoint.DATA_PRODUCER) {
            throw new IllegalStateException("writes " + key + ", which it does not declare");
        }
        return false;
    }

    @Nullable
    Object get(DataKey<?> key) {
        int index = indexOf(key);
        return index < 0 ? null : values[index];
    }

    void put(DataKey<?> key, Object value) {
        int index = indexOf(key);
        if (index >= 0) {
            values[index] = value;
            return;
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
        }
        keys[size] = key;
        values[size++] = value;
    }

    void remove(DataKey<?> key) {
        int index = indexOf(key);
        if (index >= 0) {
            removeAt(index);
        }
    }

    private void removeAt(int index) {
        size--;
        keys[index] = keys[size];
        values[index] = values[size];
        keys[size] = null;
        values[size] = null;
    }

    /** Gives back what is lent, and forgets it. */
    void giveBack() {
        for (int i = size - 1; i >= 0; i--) {
            if (values[i] instanceof Lent lent) {
                removeAt(i);
                lent.giveBack();
            }
        }
    }

    /** The key of a type whose producer comes first in the alphabet, null when there is none. */
    @Nullable
    DataKey<?> firstOf(String type, Class<?> valueType) {
        DataKey<?> first = null;
        for (int i = 0; i < size; i++) {
            DataKey<?> key = keys[i];
            if (key != null
                    && key.type().equals(type)
                    && key.valueType() == valueType
                    && (first == null || key.producer().compareTo(first.producer()) < 0)) {
                first = key;
            }
        }
        return first;
    }

    private int indexOf(DataKey<?> key) {
        for (int i = 0; i < size; i++) {
            if (keys[i] == key || key.equals(keys[i])) {
                return i;
            }
        }
        return -1;
    }
}
