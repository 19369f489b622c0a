package io.llmd.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Makes the table of values in the chart's README from {@code values.yaml}, where the comment above a key says what it is.
 * Run as {@code java suite-tests/src/test/java/io/llmd/suite/ChartValues.java} in the repository's root it writes the file.
 */
final class ChartValues {

    private static final String BEGIN = "| value | default | meaning |\n| --- | --- | --- |\n";
    private static final String INDENT = "  ";

    /** A value without parts of its own that say what they are. */
    record Row(String key, String defaultValue, String meaning) {}

    private ChartValues() {}

    public static void main(String[] arguments) throws IOException {
        Path chart = Path.of("k8s/helm/llmd");
        Path readme = chart.resolve("README.md");
        Files.writeString(readme, readme(Files.readString(readme), Files.readString(chart.resolve("values.yaml"))));
    }

    /** The README with a table that says what {@code values} does. */
    static String readme(String readme, String values) {
        int begin = readme.indexOf(BEGIN);
        if (begin < 0) {
            throw new IllegalArgumentException("README.md: no table of values");
        }
        int end = readme.indexOf("\n\n", begin);
        StringBuilder text = new StringBuilder(readme.substring(0, begin)).append(BEGIN);
        for (Row row : rows(values)) {
            text.append("| `")
                    .append(row.key())
                    .append("` | ")
                    .append(row.defaultValue())
                    .append(" | ")
                    .append(row.meaning())
                    .append(" |\n");
        }
        return end < 0
                ? text.toString()
                : text.append(readme.substring(end + 1)).toString();
    }

    /** Rows in the order of the file. */
    static List<Row> rows(String values) {
        List<Row> rows = new ArrayList<>();
        Deque<String> parents = new ArrayDeque<>();
        String comment = "";
        List<String> lines = values.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String text = line.strip();
            if (text.startsWith("#")) {
                comment = text.substring(1).strip();
                continue;
            }
            if (text.isEmpty()) {
                comment = "";
                continue;
            }
            int depth = (line.length() - text.length()) / INDENT.length();
            while (parents.size() > depth) {
                parents.removeLast();
            }
            String key = text.substring(0, text.indexOf(':'));
            String value = text.substring(key.length() + 1).strip();
            String path = String.join(".", parents) + (parents.isEmpty() ? "" : ".") + key;
            if (value.isEmpty() && comment.isEmpty() || isGroup(value, lines, i)) {
                parents.addLast(key);
            } else {
                String whole = value.isEmpty() ? nested(lines, i, depth) : value;
                rows.add(new Row(path, whole.equals("\"\"") ? "" : "`" + whole + "`", comment));
                while (value.isEmpty()
                        && i + 1 < lines.size()
                        && lines.get(i + 1).startsWith(INDENT.repeat(depth + 1))) {
                    i++;
                }
            }
            comment = "";
        }
        return rows;
    }

    /** Keys with comments below them are rows of their own. */
    private static boolean isGroup(String value, List<String> lines, int at) {
        return value.isEmpty()
                && at + 1 < lines.size()
                && lines.get(at + 1).strip().startsWith("#");
    }

    private static String nested(List<String> lines, int at, int depth) {
        List<String> parts = new ArrayList<>();
        for (int i = at + 1; i < lines.size() && lines.get(i).startsWith(INDENT.repeat(depth + 1)); i++) {
            parts.add(lines.get(i).strip());
        }
        return "{" + String.join(", ", parts) + "}";
    }
}
