package io.llmd.metrics.page;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says which series of a metrics page are meant: {@code name} or {@code name{label=value,...}}, values with or without
 * quotes.
 *
 * @param name name of the metric
 * @param labels labels that a series must have, with these values
 */
public record MetricSpec(String name, Map<String, String> labels) {

    private static final Pattern SPEC = Pattern.compile("\\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(?:\\{([^{}]*)})?\\s*");
    private static final Pattern LABEL =
            Pattern.compile("\\s*([a-zA-Z_][a-zA-Z0-9_]*)\\s*=\\s*(?:\"([^\"]*)\"|([^\",\\s]+))\\s*");

    public MetricSpec {
        labels = Map.copyOf(labels);
    }

    /** Reads a specification. @throws IllegalArgumentException when the text is none */
    public static MetricSpec parse(String text) {
        Matcher spec = SPEC.matcher(text);
        if (!spec.matches()) {
            throw refused(text);
        }
        Map<String, String> labels = new LinkedHashMap<>();
        String list = spec.group(2);
        if (list != null && !list.isBlank()) {
            Matcher label = LABEL.matcher(list);
            int position = 0;
            while (position <= list.length()) {
                label.region(Math.min(position, list.length()), list.length());
                if (!label.lookingAt() || (label.end() < list.length() && list.charAt(label.end()) != ',')) {
                    throw refused(text);
                }
                labels.put(label.group(1), label.group(2) == null ? label.group(3) : label.group(2));
                position = label.end() + 1;
            }
        }
        return new MetricSpec(spec.group(1), labels);
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(text + " (expected: name or name{label=value,...})");
    }

    @Override
    public String toString() {
        return labels.isEmpty() ? name : name + labels;
    }
}
