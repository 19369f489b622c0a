package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Options of one source with their values. Not thread-safe. */
final class GivenOptions {
    private final Map<SimulatorOption, List<String>> values = new EnumMap<>(SimulatorOption.class);
    private final Map<SimulatorOption, String> spellings = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();

    /**
     * Adds what one mention of an option says. A list grows, of another option the last value counts.
     *
     * @param spelling name that it was given under
     * @throws IllegalArgumentException if it was given another value under another name
     */
    void add(SimulatorOption option, String spelling, List<String> given) {
        if (option.arity() == OptionArity.LIST) {
            values.computeIfAbsent(option, ignored -> new ArrayList<>()).addAll(given);
            return;
        }
        List<String> before = values.put(option, given);
        String other = spellings.put(option, spelling);
        if (before != null && !spelling.equals(other) && !before.equals(given)) {
            throw new IllegalArgumentException(other + ": " + before.getLast() + ", " + spelling + ": "
                    + given.getLast() + " (expected: one of both)");
        }
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    /** Adds options that are not there yet, and all warnings. */
    void addAbsent(GivenOptions weaker) {
        weaker.values.forEach(values::putIfAbsent);
        warnings.addAll(weaker.warnings);
    }

    boolean has(SimulatorOption option) {
        return values.containsKey(option);
    }

    /** Takes an option of one value out. */
    @Nullable
    String take(SimulatorOption option) {
        List<String> given = values.remove(option);
        return given == null ? null : given.getLast();
    }

    List<String> warnings() {
        return Collections.unmodifiableList(warnings);
    }

    void applyTo(SimulatorSettingsBuilder builder) {
        values.forEach((option, given) -> option.apply(builder, given));
    }

    /** Values by the names of their options; for tests. */
    Map<String, List<String>> byName() {
        Map<String, List<String>> named = new HashMap<>();
        values.forEach((option, given) -> named.put(option.optionName(), List.copyOf(given)));
        return named;
    }
}
