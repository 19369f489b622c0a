package io.llmd.suite;

import static io.llmd.suite.SpecRows.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.suite.SpecRows.Area;
import io.llmd.suite.SpecRows.Found;
import io.llmd.suite.SpecRows.Tagged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the tags of all tests with the rows of the specification and with {@code docs/test-rows.md}. How to tag, how
 * to add an area and how to write the page anew stands at {@link SpecRows}.
 */
class SpecRowsTest {

    private static final String WRITE = "to write it anew: java suite-tests/src/test/java/io/llmd/suite/SpecRows.java";
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`");
    private static final List<Area> TWO_ROWS = List.of(new Area("some", "Some", rows("", 1, 2)));

    @TempDir
    private Path root;

    @Test
    void everyRowHasATestOrAReason() {
        Found found = SpecRows.scan(DeploymentFiles.find().path(""), SpecRows.all());

        assertThat(found.problems()).isEmpty();
        assertThat(found.tags()).isNotEmpty();
    }

    @Test
    void thePagesAreWhatTheTagsSay() throws IOException {
        Path repository = DeploymentFiles.find().path("");
        List<Tagged> tags = SpecRows.scan(repository, SpecRows.all()).tags();
        Path rows = repository.resolve("docs/test-rows.md");
        Path reliability = repository.resolve(ReliabilityRows.PAGE);

        assertPage(rows, SpecRows.page(SpecRows.AREAS, tags));
        assertPage(reliability, ReliabilityRows.page(Files.readString(reliability), tags));
    }

    private static void assertPage(Path file, String page) throws IOException {
        String written = Files.readString(file);
        Set<String> known = written.lines().collect(Collectors.toSet());
        assertThat(page.lines().filter(line -> !known.contains(line)))
                .as("lines that %s lacks; " + WRITE, file.getFileName())
                .isEmpty();
        assertThat(written.equals(page))
                .as("%s is what the tags say; " + WRITE, file.getFileName())
                .isTrue();
    }

    @Test
    void testsThatReasonsNameAreThere() throws IOException {
        Path repository = DeploymentFiles.find().path("");
        Map<String, String> sources = new HashMap<>();
        for (Path file : SpecRows.sources(repository)) {
            sources.merge(file.getFileName().toString(), Files.readString(file), String::concat);
        }
        for (Area area : SpecRows.all()) {
            for (String reason : area.reasons().values()) {
                for (Matcher named = TEST.matcher(reason); named.find(); ) {
                    String method = named.group(2) == null ? "" : " " + named.group(2) + "(";
                    assertThat(sources.getOrDefault(named.group(1) + ".java", "")
                                    .contains(method))
                            .as(reason)
                            .isTrue();
                    assertThat(sources).as(reason).containsKey(named.group(1) + ".java");
                }
            }
        }
    }

    @Test
    void everyRowOfTheReliabilityPageHasATextAndTheBeginningStays() {
        String page = ReliabilityRows.page("By hand.\n" + ReliabilityRows.MARK + "\nold", List.of());

        assertThat(page)
                .startsWith("By hand.\n" + ReliabilityRows.MARK + "\n\n## Faults\n")
                .doesNotContain("old\n");
        for (Area area : ReliabilityRows.AREAS) {
            assertThat(page).contains("Tests show 0 of " + area.rows().size() + " rows.");
            for (String row : area.rows()) {
                assertThat(page).containsOnlyOnce("\n| " + row + " | ");
            }
        }
        assertThatIllegalArgumentException().isThrownBy(() -> ReliabilityRows.page("no mark", List.of()));
    }

    @Test
    void rowsWithoutTestAndRowsThatAreNoneAreProblems() throws IOException {
        test("""
                    @Test
                    @Tag("some-2")
                    void secondRow() {}

                    @Test
                    @Tag("some-3")
                    @Tag("somme-1")
                    @Tag("slow")
                    void noRow() {}
                """);

        assertThat(SpecRows.scan(root, TWO_ROWS).problems())
                .containsExactly(
                        "module/src/test/java/SomeTest.java:7: some-3 is no row of some",
                        "module/src/test/java/SomeTest.java:8: somme-1 is of no known area",
                        "some-1 has no test and no reason why");
    }

    @Test
    void aReasonStandsForATestAndNotBesideOne() throws IOException {
        test("""
                    @Tag("some-2")
                    @Test
                    void secondRow() {}
                """);
        Area area = TWO_ROWS.getFirst();

        assertThat(SpecRows.scan(root, List.of(area.without("not built", "1"))).problems())
                .isEmpty();
        assertThat(SpecRows.scan(root, List.of(area.without("not built", "1", "2", "9")))
                        .problems())
                .containsExactly(
                        "some-2 has a test and still a reason why it has none", "some-9 has a reason and is no row");
    }

    @Test
    void onlyMethodsThatRunCount() throws IOException {
        test("""
                    @Tag("some-1")
                    void helper() {}

                    @Test
                    void untagged() {}

                    @Tag("some-1")
                    private static final String NAME = "";

                    @Test
                    @Disabled("later")
                    @Tag("some-2")
                    void off() {}
                """);

        assertThat(SpecRows.scan(root, TWO_ROWS).problems())
                .containsExactly(
                        "module/src/test/java/SomeTest.java:2: some-1 is not on a test method that runs",
                        "module/src/test/java/SomeTest.java:8: some-1 is not on a test method that runs",
                        "module/src/test/java/SomeTest.java:13: some-2 is not on a test method that runs",
                        "some-1 has no test and no reason why",
                        "some-2 has no test and no reason why");
    }

    @Test
    void annotationsOfSeveralLinesBelongToTheirMethod() throws IOException {
        test("""
                    private final int field = 1;

                    @ParameterizedTest
                    @CsvSource(textBlock = \"""
                            1, 2

                            3, 4
                            \""")
                    @Tag("some-1")
                    @MethodSource({
                        "a",
                    })
                    void table(int a, int b) {}

                    @Property(tries = 3)
                    @Tag("some-2")
                    void property(
                            @ForAll int a) {}
                """);

        Found found = SpecRows.scan(root, TWO_ROWS);

        assertThat(found.problems()).isEmpty();
        assertThat(SpecRows.page(TWO_ROWS, found.tags())).endsWith("""
                ## Some

                Tags `some-`*row*.

                | row | tests |
                | --- | --- |
                | 1 | [`SomeTest.table`](../module/src/test/java/SomeTest.java) |
                | 2 | [`SomeTest.property`](../module/src/test/java/SomeTest.java) |
                """);
    }

    private void test(String members) throws IOException {
        Path folder = Files.createDirectories(root.resolve("module/src/test/java"));
        Files.writeString(folder.resolve("SomeTest.java"), "class SomeTest {\n" + members + "}\n");
    }
}
