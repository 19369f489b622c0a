package io.llmd.autoscaler.actuator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A label selector as Kubernetes writes it: {@code a=b,c!=d,e in (f,g),h notin (i),j,!k}. Immutable. */
final class LabelSelector {

    private static final int MAX_LENGTH = 4_096;
    private static final String KEY = "[A-Za-z0-9]([A-Za-z0-9._/-]{0,315})";
    private static final String VALUE = "[A-Za-z0-9._-]{0,63}";
    private static final Pattern EQUALITY = Pattern.compile("(" + KEY + ")\\s*(==|=|!=)\\s*(" + VALUE + ")");
    private static final Pattern SET =
            Pattern.compile("(" + KEY + ")\\s+(in|notin)\\s*\\((" + VALUE + "(\\s*,\\s*" + VALUE + ")*)\\)");
    private static final Pattern EXISTS = Pattern.compile("(!?)\\s*(" + KEY + ")");
    private static final Pattern COMMA = Pattern.compile(",(?![^(]*\\))");

    /** One part: a label has one of some values, or, negated, has none of them; without values it is about whether there is one. */
    private record Part(String key, Set<String> values, boolean isNegated) {

        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            boolean isFound = value != null && (values.isEmpty() || values.contains(value));
            return isFound != isNegated;
        }
    }

    private final List<Part> parts;

    private LabelSelector(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /** Reads one; an empty text selects all. @throws IllegalArgumentException when it is none */
    static LabelSelector parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "labelSelector: " + text.length() + " characters (expected: at most " + MAX_LENGTH + ")");
        }
        List<Part> parts = new ArrayList<>();
        if (!text.isBlank()) {
            for (String each : COMMA.split(text, -1)) {
                parts.add(part(each.strip()));
            }
        }
        return new LabelSelector(parts);
    }

    private static Part part(String text) {
        Matcher equality = EQUALITY.matcher(text);
        if (equality.matches()) {
            return new Part(
                    equality.group(1),
                    Set.of(equality.group(4)),
                    equality.group(3).equals("!="));
        }
        Matcher set = SET.matcher(text);
        if (set.matches()) {
            Set<String> values = new TreeSet<>(List.of(set.group(4).strip().split("\\s*,\\s*", -1)));
            return new Part(set.group(1), values, set.group(3).equals("notin"));
        }
        Matcher exists = EXISTS.matcher(text);
        if (exists.matches()) {
            return new Part(exists.group(2), Set.of(), !exists.group(1).isEmpty());
        }
        throw new IllegalArgumentException("labelSelector: " + text + " (expected: such as variant=big)");
    }

    boolean matches(Map<String, String> labels) {
        return parts.stream().allMatch(part -> part.matches(labels));
    }
}
