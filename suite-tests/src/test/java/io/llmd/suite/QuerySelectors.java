package io.llmd.suite;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The series that a PromQL expression asks for, with the labels that it names. Labels of {@code by} belong to all metrics of the
 * expression.
 */
final class QuerySelectors {

    private static final Pattern SELECTOR = Pattern.compile("([A-Za-z_:][A-Za-z0-9_:]*)\\{([^}]*)}");
    private static final Pattern LABEL = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)\\s*(?:=~|!~|!=|=)");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on)\\s*\\(([^)]*)\\)");

    private QuerySelectors() {}

    /** Labels in the braces behind each metric. */
    static Map<String, Set<String>> matched(String expression) {
        Map<String, Set<String>> labels = new TreeMap<>();
        SELECTOR.matcher(expression)
                .results()
                .forEach(selector -> LABEL.matcher(selector.group(2))
                        .results()
                        .map(label -> label.group(1))
                        .forEach(label -> labels.computeIfAbsent(metric(selector), any -> new TreeSet<>())
                                .add(label)));
        return labels;
    }

    private static String metric(MatchResult selector) {
        return selector.group(1).replaceFirst("_(?:bucket|sum|count|max)$", "");
    }

    /** Labels by which results are grouped or joined. */
    static Set<String> grouped(String expression) {
        Set<String> labels = new TreeSet<>();
        GROUPING.matcher(expression).results().forEach(group -> {
            for (String label : group.group(1).split(",")) {
                if (!label.isBlank()) {
                    labels.add(label.trim());
                }
            }
        });
        return labels;
    }
}
