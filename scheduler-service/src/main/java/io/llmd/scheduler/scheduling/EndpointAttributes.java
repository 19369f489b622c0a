package io.llmd.scheduler.scheduling;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values that extractors have stored with an endpoint, by {@code type/producer}. Immutable. Decisions see them as
 * columns that the extractor writes, see {@link DataProducer}.
 */
public final class EndpointAttributes {

    /** Nothing stored. */
    public static final EndpointAttributes NONE = new EndpointAttributes(Map.of());

    private final Map<String, Object> values;

    private EndpointAttributes(Map<String, Object> values) {
        this.values = values;
    }

    /** A stored number, NaN when there is none. */
    public double number(String key) {
        return values.get(key) instanceof Double number ? number : Double.NaN;
    }

    /** A stored value of a type, null when there is none. */
    public <T> @Nullable T get(String key, Class<T> type) {
        Object value = values.get(key);
        return type.isInstance(value) ? type.cast(value) : null;
    }

    /** These values with {@code changes} over them; the same object when that changes nothing. */
    public EndpointAttributes with(Map<String, ?> changes) {
        boolean isNews = false;
        for (Map.Entry<String, ?> change : changes.entrySet()) {
            isNews |= !change.getValue().equals(values.get(change.getKey()));
        }
        if (!isNews) {
            return this;
        }
        Map<String, Object> merged = new HashMap<>(values);
        merged.putAll(changes);
        return new EndpointAttributes(Map.copyOf(merged));
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
