package io.llmd.simulator.fault;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.DurationText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Changes of faults by the clock, in the order of their times. */
public record FaultScript(List<Entry> entries) {
    /** Changes nothing. */
    public static final FaultScript EMPTY = new FaultScript(List.of());

    private static final int MOST_ENTRIES = 1000;
    private static final List<String> FIELDS = List.of("at", "for", "set");

    public FaultScript {
        entries = entries.stream().sorted(Comparator.comparing(Entry::at)).toList();
        if (entries.size() > MOST_ENTRIES) {
            throw new IllegalArgumentException(
                    "script: " + entries.size() + " entries (expected: <= " + MOST_ENTRIES + ")");
        }
        for (int i = 0; i < entries.size(); i++) {
            for (Entry later : entries.subList(i + 1, entries.size())) {
                requireApart(entries.get(i), later);
            }
        }
    }

    /**
     * One change.
     *
     * @param at time from the start of the script
     * @param length time after which the fields are switched off; absent for never
     * @param set fields as in {@code POST /admin/config}
     */
    public record Entry(Duration at, @Nullable Duration length, ObjectNode set) {
        public Entry {
            if (length != null && !length.isPositive()) {
                throw new IllegalArgumentException("script for: " + DurationText.of(length) + " (expected: > 0)");
            }
            if (set.isEmpty()) {
                throw new IllegalArgumentException("script set: empty (expected: some of " + FaultFields.names() + ")");
            }
            FaultFields.change(Faults.NONE, set);
        }

        ObjectNode write() {
            ObjectNode node = Json.object().put("at", DurationText.of(at));
            if (length != null) {
                node.put("for", DurationText.of(length));
            }
            node.set("set", set);
            return node;
        }
    }

    /**
     * Reads a YAML or JSON file.
     *
     * @throws IllegalArgumentException if it cannot be read, or is no script
     */
    public static FaultScript read(Path file) {
        try {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            Object value = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
            if (value == null) {
                throw new IllegalArgumentException("empty (expected: a fault script)");
            }
            return of(Json.tree(value));
        } catch (IOException | YAMLException e) {
            throw new IllegalArgumentException(file + ": cannot be read (expected: a fault script)", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    static FaultScript of(JsonNode list) {
        if (!list.isArray()) {
            throw new IllegalArgumentException("script: no list (expected: entries with " + FIELDS + ")");
        }
        List<Entry> entries = new ArrayList<>(list.size());
        for (JsonNode node : list) {
            entries.add(entry(node));
        }
        return new FaultScript(entries);
    }

    private static Entry entry(JsonNode node) {
        if (!node.isObject()) {
            throw new IllegalArgumentException(
                    "script entry: " + Json.string(node) + " (expected: an object with " + FIELDS + ")");
        }
        Parameters parameters = Parameters.of("script", node, FIELDS);
        if (!(node.get("set") instanceof ObjectNode set)) {
            throw new IllegalArgumentException("script set: "
                    + (node.get("set") == null ? "absent" : Json.string(node.get("set"))) + " (expected: an object)");
        }
        return new Entry(parameters.duration("at"), parameters.durationIfGiven("for"), set);
    }

    /** The end of a change must not switch off what another one has set. */
    private static void requireApart(Entry first, Entry later) {
        boolean meet = first.length() == null
                ? first.at().equals(later.at())
                : later.at().compareTo(first.at().plus(first.length())) < 0;
        for (String field : first.set().propertyNames()) {
            if (meet && later.set().has(field)) {
                throw new IllegalArgumentException("script: " + field + " is set at " + DurationText.of(first.at())
                        + " and again at " + DurationText.of(later.at()) + " (expected: one after the other)");
            }
        }
    }
}
