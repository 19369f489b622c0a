package io.llmd.suite;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The meters that the documentation names, as Prometheus shows them. */
final class DocumentedMeters {

    /** Meters with a base unit that is not told by their type. */
    private static final Set<String> IN_BYTES = Set.of(
            "gateway_held_body",
            "llm_d_epp_request_size",
            "scheduler_decisions_memory",
            "kvindex_memory",
            "kvindex_memory_max");

    private static final Pattern SERVICE_ROW = Pattern.compile("(?m)^\\| `([A-Za-z0-9_.]+)` \\| ([a-z ]+) \\|");
    private static final Pattern TAG = Pattern.compile("[a-z_]+");
    private static final Pattern LIBRARY_ROW = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\| [A-Z][A-Za-z ]+ \\|");
    private static final Pattern ENDPOINT_ROW =
            Pattern.compile("(?m)^\\| `([a-z0-9_:]+)` \\| (?:counter|gauge|histogram|summary) \\|");

    private DocumentedMeters() {}

    /** Names in the tables of {@code docs/metrics.md}. */
    static Set<String> ofServices(String page) {
        Set<String> names = new TreeSet<>();
        SERVICE_ROW.matcher(page).results().forEach(row -> names.add(exposed(row)));
        return names;
    }

    /** Tags by name of the meter, as Prometheus shows both. */
    static Map<String, Set<String>> labels(String page) {
        Map<String, Set<String>> labels = new TreeMap<>();
        SERVICE_ROW
                .matcher(page)
                .results()
                .forEach(row -> labels.put(
                        exposed(row),
                        TAG.matcher(page.substring(row.end(), page.indexOf('|', row.end())))
                                .results()
                                .map(MatchResult::group)
                                .collect(Collectors.toCollection(TreeSet::new))));
        return labels;
    }

    private static String exposed(MatchResult row) {
        String name = row.group(1).replace('.', '_');
        return switch (row.group(2)) {
            case "counter" -> name + "_total";
            case "timer" -> name + "_seconds";
            case "gauge", "distribution summary" -> IN_BYTES.contains(name) ? name + "_bytes" : name;
            case "info" -> name + "_info";
            default -> throw new IllegalArgumentException("type of " + name + ": " + row.group(2));
        };
    }

    /** Names in the table of {@code docs/metrics.md} that libraries make, as they are. */
    static Set<String> ofLibraries(String page) {
        Set<String> names = new TreeSet<>();
        LIBRARY_ROW.matcher(page).results().forEach(row -> names.add(row.group(1)));
        return names;
    }

    /** Names in the table of {@code docs/simulator.md}. */
    static Set<String> ofEndpoints(String page) {
        Set<String> names = new TreeSet<>();
        ENDPOINT_ROW.matcher(page).results().forEach(row -> names.add(row.group(1)));
        return names;
    }
}
