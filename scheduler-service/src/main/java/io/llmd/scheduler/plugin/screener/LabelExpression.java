package io.llmd.scheduler.plugin.screener;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Kubernetes label selector in its one-line form: {@code a=b,c!=d,e in (f,g),h notin (i),j,!k}; all parts must hold. An
 * absent label satisfies {@code !=} and {@code notin}.
 */
final class LabelExpression {

    private static final String NAME = "[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?";
    private static final Pattern PART = Pattern.compile("(?<absent>!\\s*)?(?<key>" + NAME
            + ")\\s*((?<operator>==|=|!=)\\s*(?<value>[^,\\s()]*)|(?<set>in|notin)\\s*\\((?<values>[^()]*)\\))?\\s*");

    private final List<Predicate<Map<String, String>>> parts = new ArrayList<>();

    /** @throws IllegalArgumentException unless {@code text} is a selector with at least one part */
    LabelExpression(String text) {
        Matcher matcher = PART.matcher(text);
        int from = 0;
        do {
            matcher.region(skipBlanks(text, from), text.length());
            if (!matcher.lookingAt()) {
                throw new IllegalArgumentException(
                        "labelSelector: " + text + " (expected: a label selector such as app=x,tier in (a,b))");
            }
            parts.add(part(matcher));
            from = matcher.end();
            if (from < text.length() && text.charAt(from) != ',') {
                throw new IllegalArgumentException("labelSelector: " + text + " (expected: commas between its parts)");
            }
            from++;
        } while (from <= text.length());
    }

    private static int skipBlanks(String text, int from) {
        int start = from;
        while (start < text.length() && Character.isWhitespace(text.charAt(start))) {
            start++;
        }
        return start;
    }

    private static Predicate<Map<String, String>> part(Matcher matcher) {
        String key = matcher.group("key");
        String operator = matcher.group("operator");
        String set = matcher.group("set");
        if (matcher.group("absent") != null && (operator != null || set != null)) {
            throw new IllegalArgumentException(
                    "labelSelector: " + matcher.group() + " (expected: !" + key + " without an operator)");
        }
        if (operator != null) {
            String value = matcher.group("value");
            return operator.equals("!=")
                    ? labels -> !value.equals(labels.get(key))
                    : labels -> value.equals(labels.get(key));
        }
        if (set != null) {
            List<String> values = List.of(matcher.group("values").strip().split("\\s*,\\s*", -1));
            return set.equals("in")
                    ? labels -> labels.get(key) != null && values.contains(labels.get(key))
                    : labels -> labels.get(key) == null || !values.contains(labels.get(key));
        }
        return matcher.group("absent") == null ? labels -> labels.containsKey(key) : labels -> !labels.containsKey(key);
    }

    boolean matches(Map<String, String> labels) {
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).test(labels)) {
                return false;
            }
        }
        return true;
    }
}
