package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.launcher.Llmd;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Command lines that pages show are those of the program, and the index names every page. */
class DocsCommandsTest {

    private static final DeploymentFiles FILES = DeploymentFiles.find();
    private static final Set<String> LANGUAGES = Set.of("", "sh");
    private static final Pattern COMMAND = Pattern.compile(
            "(?:\\./llmd|curl|docker|helm|kubectl|mvn|openssl|promtool|python3|tools/\\S+) .*|tools/\\S+");
    private static final Pattern INLINE = Pattern.compile("`(\\./llmd [^`]+)`");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");
    private static final Pattern HEADER_ROW =
            Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\| (client|trusted|internal) \\| [^|]+ \\| ([^|]*) \\|$");

    record Shown(String page, String command) {
        @Override
        public String toString() {
            return page + ": " + command;
        }
    }

    static Stream<Shown> commands() throws IOException {
        List<Shown> shown = new ArrayList<>();
        for (Path page : pages()) {
            String name = FILES.path("").relativize(page).toString();
            DocBlock.of(page).stream()
                    .filter(block -> LANGUAGES.contains(block.language()))
                    .forEach(block -> lines(block).forEach(line -> shown.add(new Shown(name, line))));
            INLINE.matcher(DocBlock.prose(Files.readString(page)))
                    .results()
                    .map(found -> found.group(1).replaceAll("\\s+", " "))
                    .filter(line -> line.chars().filter(c -> c == ' ').count() > 1)
                    .forEach(line -> shown.add(new Shown(name, line)));
        }
        return shown.stream();
    }

    private static List<String> lines(DocBlock block) {
        return block.commands().stream()
                .filter(line -> line.startsWith("./llmd "))
                .map(line -> line.replaceFirst("\\s+#.*", "")
                        .replaceFirst("\\s*[|>&].*", "")
                        .strip())
                .toList();
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> pages = Files.walk(FILES.path("docs"))) {
            return pages.filter(page -> page.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandLineIsUnderstood(Shown shown) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(shown.command().substring("./llmd ".length()));
        while (word.find()) {
            words.add(Stream.of(word.group(1), word.group(2), word.group(3))
                    .filter(each -> each != null)
                    .findFirst()
                    .orElseThrow());
        }
        boolean isOfTheScript = words.getFirst().equals("test")
                || words.size() > 1
                        && words.get(0).equals("bench")
                        && words.get(1).equals("decision");
        boolean isPattern =
                words.stream().anyMatch(each -> each.equals("...") || each.equals("…") || isPlaceholder(each));
        CommandLine llmd = Llmd.commandLine(Terminal.system());
        if (isOfTheScript) {
            return;
        }
        if (isPattern) {
            assertThat(llmd.getSubcommands()).containsKey(words.getFirst());
            return;
        }
        assertThat(llmd.parseArgs(words.toArray(String[]::new)).hasSubcommand()).isTrue();
    }

    /** Words in capitals stand for something. */
    private static boolean isPlaceholder(String word) {
        return word.length() > 1
                && word.chars().allMatch(c -> c >= 'A' && c <= 'Z' || c == '|' || c == '=' || c == ':');
    }

    @Test
    void commandsAreInBlocksThatAreFollowed() {
        Map<String, List<String>> elsewhere = new TreeMap<>();
        for (Path page : DocLinks.pages(FILES.path(""))) {
            List<String> lines = DocBlock.of(page).stream()
                    .filter(block ->
                            block.language().isEmpty() || block.language().equals("bash"))
                    .flatMap(block -> block.commands().stream().limit(1))
                    .filter(line -> COMMAND.matcher(line).matches())
                    .toList();
            if (!lines.isEmpty()) {
                elsewhere.put(FILES.path("").relativize(page).toString(), lines);
            }
        }
        assertThat(elsewhere).as("tools/docs/run.sh follows blocks of sh alone").isEmpty();
    }

    @Test
    void whatBlocksNeedIsWhatTheScriptKnows() {
        String script = FILES.text("tools/docs/run.sh");
        for (Path page : DocLinks.pages(FILES.path(""))) {
            DocBlock.of(page).stream()
                    .filter(block -> block.language().equals("sh"))
                    .flatMap(block -> block.words().stream())
                    .forEach(word -> assertThat(script)
                            .as("%s of %s", word, page)
                            .containsAnyOf("            " + word + ") ", "*" + word + "*"));
        }
    }

    @Test
    void theIndexNamesEveryPage() throws IOException {
        String index = FILES.text("docs/README.md");
        Path folder = FILES.path("docs");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".md") && !name.equals("README.md"))
                            .sorted())
                    .allSatisfy(name -> assertThat(index).contains("](" + name + ")"));
        }
    }

    @Test
    void headersAreThoseOfTheCode() {
        Map<String, String> documented = new TreeMap<>();
        HEADER_ROW
                .matcher(FILES.text("docs/headers.md"))
                .results()
                .forEach(row -> documented.put(
                        row.group(1), row.group(2) + " " + row.group(3).replace("`", "")));
        Map<String, String> known = Arrays.stream(LlmdHeader.values())
                .collect(Collectors.toMap(
                        LlmdHeader::wireName,
                        header -> header.access().name().toLowerCase(Locale.ROOT) + " "
                                + String.join(", ", header.aliases())));
        assertThat(documented).isEqualTo(new TreeMap<>(known));
    }
}
