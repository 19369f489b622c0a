package io.llmd.suite;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the metric names of a PromQL expression: identifiers that are no function, keyword, label or duration. */
final class MetricNames {

    private static final Pattern STRING = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'");
    private static final Pattern MATCHERS = Pattern.compile("\\{[^}]*}|\\[[^]]*]");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_:][A-Za-z0-9_:]*(?!\\s*\\()(?![A-Za-z0-9_:])");
    private static final Pattern COMMENT = Pattern.compile("#[^\n]*");
    private static final Pattern NUMBER = Pattern.compile("\\b\\d+(?:\\.\\d+)?(?:e[+-]?\\d+|ms|[smhdwy])?\\b");
    private static final Set<String> KEYWORDS =
            Set.of("and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring");

    private MetricNames() {}

    /** Names as exposed, with the endings of a histogram's series removed. */
    static Set<String> of(String expression) {
        String bare = STRING.matcher(expression).replaceAll("");
        bare = COMMENT.matcher(bare).replaceAll("");
        bare = MATCHERS.matcher(bare).replaceAll("");
        bare = GROUPING.matcher(bare).replaceAll("");
        bare = NUMBER.matcher(bare).replaceAll("");
        Set<String> names = new TreeSet<>();
        Matcher matcher = IDENTIFIER.matcher(bare);
        while (matcher.find()) {
            if (!KEYWORDS.contains(matcher.group())) {
                names.add(matcher.group().replaceFirst("_(?:bucket|sum|count|max)$", ""));
            }
        }
        return names;
    }
}
