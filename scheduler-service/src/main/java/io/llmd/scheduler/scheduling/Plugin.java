package io.llmd.scheduler.scheduling;

import java.util.List;

/**
 * A part of the decision that configuration chooses and names. One plugin object may serve several extension points
 * ({@link Filter}, {@link Scorer}, {@link PreRequest}, ...).
 *
 * <p>A plugin is called by many threads at once unless its extension point says otherwise. An exception from a plugin
 * is counted under the plugin's name and treated as if the plugin had not been configured for that request.
 */
public interface Plugin {

    /** Data without which the plugin cannot work; start-up fails, or a default producer is added, when nobody produces it. */
    default List<DataKey<?>> requires() {
        return List.of();
    }

    /** Data that the plugin uses when somebody produces it. Their producers run earlier, as for {@link #requires()}. */
    default List<DataKey<?>> reads() {
        return List.of();
    }
}
