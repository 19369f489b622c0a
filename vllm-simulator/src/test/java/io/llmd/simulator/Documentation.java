package io.llmd.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The tables of {@code docs/simulator.md}. */
public final class Documentation {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private Documentation() {}

    /** The whole page, but for its blocks of code. */
    public static String page() {
        try {
            return Files.readString(Path.of("../docs/simulator.md")).replaceAll("(?s)```.*?```", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rows of the table whose first header is that, each with its cells. */
    public static List<List<String>> table(String firstHeader) {
        String page = page();
        int start = page.indexOf("\n| " + firstHeader + " |");
        if (start < 0) {
            throw new IllegalArgumentException("table: " + firstHeader + " (expected: one of docs/simulator.md)");
        }
        return page.substring(start + 1)
                .lines()
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(line -> Arrays.stream(line.split("(?<!\\\\)\\|"))
                        .skip(1)
                        .map(String::strip)
                        .toList())
                .toList();
    }

    /** What a cell has in code font. */
    public static List<String> code(String cell) {
        return CODE.matcher(cell).results().map(match -> match.group(1)).toList();
    }
}
