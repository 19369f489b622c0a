package io.llmd.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which tests show which numbered behaviours of the suite's specification.
 *
 * <p>A test says so by JUnit's {@code @Tag("<area>-<row>")} on its method, one for each row that it asserts. {@code
 * docs/test-rows.md} lists what the tags say; after a change of tags, or a merge that conflicts in it, write it anew,
 * from the root of the repository:
 *
 * <pre>java suite-tests/src/test/java/io/llmd/suite/SpecRows.java</pre>
 *
 * <p>{@link ReliabilityRows} holds two more areas, which have a page of their own.
 *
 * <p>An area is one line of {@link #AREAS}: {@code new Area("kv-index", "KV index", rows("", 1, 68))}; rows of several
 * kinds are joined by {@code rows("T", 1, 52, "S", 1, 14)}, and its name leaves {@link #UNDECLARED}. Each row of an
 * area needs a test. A row that has none is named with the reason, {@code .without("not built yet", "7", "9")}, and the
 * reason has to go once a test is there.
 */
final class SpecRows {

    static final List<Area> AREAS = List.of(
            new Area("scheduling", "Scheduling", rows("", 1, 84)),
            new Area("flow-control", "Flow control", rows("F", 1, 55)),
            new Area("kv-index", "KV index", rows("", 1, 68))
                    .without(
                            "measured: `./llmd bench kv-index --steady 10`, figures in [benchmarks](benchmarks.md)",
                            "61"),
            new Area("pd", "Disaggregated serving", rows("T", 1, 52, "S", 1, 14)),
            new Area("autoscaling", "Autoscaling", autoscaling()),
            new Area("ext-proc", "Endpoint picker protocol", rows("P", 1, 38, "C", 1, 14))
                    .without(
                            "routes, the status of their parents and the 404 for a route that has gone are a gateway's;"
                                    + " what concerns a picker is in `GatewayConformanceIT.aPoolServesTwoGatewaysUntilItIsGone`",
                            "C2"),
            new Area("inference-api", "Kubernetes objects and request formats", rows("A", 1, 35)));

    /** Areas with tags whose rows are not declared yet. */
    private static final Set<String> UNDECLARED = Set.of();

    private static final Pattern ROW = Pattern.compile("(.+)-[A-Z]?[0-9]+[a-z]?");
    private static final Pattern TAG = Pattern.compile("^( *)@Tag\\(\"([^\"]*)\"\\)$");
    private static final Pattern METHOD = Pattern.compile("^ *(?!private|static)(?:public )?[\\w<>.]+ (\\w+)\\(.*");
    private static final Pattern TEST =
            Pattern.compile("^ *@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property|Example)\\b.*");
    private static final String INSIDE_TEXT = " ".repeat(80) + "text";
    private static final Pattern OFF = Pattern.compile("^ *@Disabled\\b.*");

    /**
     * The rows of one part of the specification.
     *
     * @param name first part of the tags
     * @param rows in the order of the page; the second part of the tags
     * @param reasons why a row has no test, by row
     */
    record Area(String name, String title, List<String> rows, Map<String, String> reasons) {
        Area {
            rows = List.copyOf(rows);
            reasons = Map.copyOf(reasons);
        }

        Area(String name, String title, List<String> rows) {
            this(name, title, rows, Map.of());
        }

        Area without(String reason, String... openRows) {
            Map<String, String> all = new LinkedHashMap<>(reasons);
            for (String row : openRows) {
                all.put(row, reason);
            }
            return new Area(name, title, rows, all);
        }
    }

    /** A test method that carries a tag. {@code file} is relative to the root, {@code tag} as written. */
    record Tagged(String tag, String file, String method) {
        String text() {
            String simple = file.substring(file.lastIndexOf('/') + 1).replace(".java", "");
            return "[`" + simple + "." + method + "`](../" + file + ")";
        }
    }

    /** What a folder of modules says. Problems are sentences for whoever has to mend them. */
    record Found(List<Tagged> tags, List<String> problems) {
        Found {
            tags = List.copyOf(tags);
            problems = List.copyOf(problems);
        }
    }

    private SpecRows() {}

    /** Writes the pages. */
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of("").toAbsolutePath();
        List<Tagged> tags = scan(root, all()).tags();
        Files.writeString(root.resolve("docs/test-rows.md"), page(AREAS, tags));
        Path reliability = root.resolve(ReliabilityRows.PAGE);
        Files.writeString(reliability, ReliabilityRows.page(Files.readString(reliability), tags));
    }

    /** The areas of all pages. */
    static List<Area> all() {
        return Stream.concat(AREAS.stream(), ReliabilityRows.AREAS.stream()).toList();
    }

    /** One row was put between two others. */
    private static List<String> autoscaling() {
        return Stream.of(rows("", 1, 26), List.of("26b"), rows("", 27, 73))
                .flatMap(List::stream)
                .toList();
    }

    /** {@code rows("T", 1, 3)} is T1, T2, T3. */
    static List<String> rows(String prefix, int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(i -> prefix + i).toList();
    }

    static List<String> rows(String prefix, int first, int last, String otherPrefix, int otherFirst, int otherLast) {
        return Stream.concat(rows(prefix, first, last).stream(), rows(otherPrefix, otherFirst, otherLast).stream())
                .toList();
    }

    /** The tags of the given areas in the test sources of all modules of a root, and what is wrong with them. */
    static Found scan(Path root, List<Area> areas) {
        List<Tagged> tags = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Path file : sources(root)) {
            String name = root.relativize(file).toString().replace('\\', '/');
            read(name, lines(file), areas, tags, problems);
        }
        Map<String, List<Tagged>> byTag = byTag(tags);
        for (Area area : areas) {
            for (String row : area.rows()) {
                boolean isTested = byTag.containsKey(area.name() + "-" + row);
                boolean hasReason = area.reasons().containsKey(row);
                if (!isTested && !hasReason) {
                    problems.add(area.name() + "-" + row + " has no test and no reason why");
                } else if (isTested && hasReason) {
                    problems.add(area.name() + "-" + row + " has a test and still a reason why it has none");
                }
            }
            area.reasons().keySet().stream()
                    .filter(row -> !area.rows().contains(row))
                    .sorted()
                    .forEach(row -> problems.add(area.name() + "-" + row + " has a reason and is no row"));
        }
        return new Found(tags, problems);
    }

    private static void read(
            String file, List<String> lines, List<Area> areas, List<Tagged> tags, List<String> problems) {
        for (int i = 0; i < lines.size(); i++) {
            Matcher tag = TAG.matcher(lines.get(i));
            if (!tag.matches()) {
                continue;
            }
            String name = tag.group(2);
            String where = file + ":" + (i + 1) + ": " + name;
            Optional<Area> area = areas.stream()
                    .filter(known -> name.startsWith(known.name() + "-"))
                    .max(Comparator.comparingInt(known -> known.name().length()));
            if (area.isEmpty()) {
                Matcher row = ROW.matcher(name);
                if (row.matches() && !UNDECLARED.contains(row.group(1))) {
                    problems.add(where + " is of no known area");
                }
                continue;
            }
            String method = method(lines, i, tag.group(1));
            if (!area.get().rows().contains(name.substring(area.get().name().length() + 1))) {
                problems.add(where + " is no row of " + area.get().name());
            } else if (method.isEmpty()) {
                problems.add(where + " is not on a test method that runs");
            } else {
                tags.add(new Tagged(name, file, method));
            }
        }
    }

    /** The method whose annotations hold the line; empty if it is no test or is switched off. */
    private static String method(List<String> lines, int line, String indent) {
        int first = line;
        while (first > 0 && isAnnotation(lines.get(first - 1), indent)) {
            first--;
        }
        boolean isTest = false;
        for (int i = first; i < lines.size(); i++) {
            String text = lines.get(i);
            isTest |= TEST.matcher(text).matches();
            if (OFF.matcher(text).matches()) {
                return "";
            }
            if (!isAnnotation(text, indent)) {
                Matcher method = METHOD.matcher(text);
                return isTest && method.matches() ? method.group(1) : "";
            }
        }
        return "";
    }

    /** An annotation of a member with this indentation, or a further line of one. */
    private static boolean isAnnotation(String line, String indent) {
        return line.startsWith(indent + "@") || line.startsWith(indent + " ") || line.startsWith(indent + "})");
    }

    static Map<String, List<Tagged>> byTag(List<Tagged> tags) {
        return tags.stream().collect(Collectors.groupingBy(Tagged::tag, TreeMap::new, Collectors.toList()));
    }

    /** The page that the tags give. */
    static String page(List<Area> areas, List<Tagged> tags) {
        Map<String, List<Tagged>> byTag = byTag(tags);
        StringBuilder page = new StringBuilder("""
                # Test rows

                A row is one numbered behaviour of the suite's specification; the tests named beside it fail when the
                suite behaves otherwise. Run those of one row by its tag, which is the area and the row:

                ```sh long
                mvn test -Dgroups=scheduling-22 -pl scheduler-service -am
                ```

                Tests whose class ends in `IT` need `verify` instead of `test`. This page is made from the tags and
                compared with them by a test.
                """);
        for (Area area : areas) {
            page.append("\n## ").append(area.title()).append("\n\nTags `").append(area.name());
            page.append("-`*row*.\n\n| row | tests |\n| --- | --- |\n");
            for (String row : area.rows()) {
                page.append("| ").append(row).append(" | ");
                page.append(proof(area, row, byTag, "none: ")).append(" |\n");
            }
        }
        return page.toString();
    }

    /** The tests of a row, or why there are none. */
    static String proof(Area area, String row, Map<String, List<Tagged>> byTag, String none) {
        List<Tagged> tests = byTag.getOrDefault(area.name() + "-" + row, List.of());
        return tests.isEmpty()
                ? none + area.reasons().getOrDefault(row, "no reason given")
                : tests.stream().map(Tagged::text).distinct().sorted().collect(Collectors.joining(", "));
    }

    /** The test sources of all modules. */
    static List<Path> sources(Path root) {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.sorted().toList()) {
                Path tests = module.resolve("src/test/java");
                if (Files.isDirectory(tests)) {
                    try (Stream<Path> all = Files.walk(tests)) {
                        all.filter(file -> file.toString().endsWith(".java"))
                                .sorted()
                                .forEach(files::add);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** The lines of a source; what is inside of text blocks is blanked out. */
    private static List<String> lines(Path file) {
        List<String> lines = new ArrayList<>();
        boolean isText = false;
        try {
            for (String line : Files.readAllLines(file)) {
                int quotes = line.replaceAll("\\\\.", "").split("\"\"\"", -1).length - 1;
                lines.add(isText && quotes == 0 ? INSIDE_TEXT : line);
                isText ^= quotes % 2 == 1;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }
}
