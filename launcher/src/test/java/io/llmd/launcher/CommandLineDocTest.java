package io.llmd.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class CommandLineDocTest {

    private static final Pattern HEADING = Pattern.compile("(?m)^## `llmd ([a-z -]+)`$");
    private static final Pattern OPTION_ROW = Pattern.compile("(?m)^\\| ((?:`-[^|]*)) \\|");
    private static final Pattern OPTION = Pattern.compile("`(--?[a-z0-9-]+)`");

    private final Map<String, CommandLine> commands = leaves(Llmd.commandLine(new Captured().terminal()));

    @Test
    void everyCommandHasItsSectionAndNoOther() throws IOException {
        assertThat(sections().keySet()).isEqualTo(commands.keySet());
    }

    @Test
    void everySectionHasTheCommandsOptionsAndNoOthers() throws IOException {
        sections()
                .forEach((name, text) -> assertThat(documented(text))
                        .as(name)
                        .isEqualTo(commands.get(name).getCommandSpec().options().stream()
                                .filter(option -> !option.usageHelp() && !option.versionHelp())
                                .map(OptionSpec::names)
                                .flatMap(Arrays::stream)
                                .collect(Collectors.toCollection(TreeSet::new))));
    }

    @Test
    void thePageHasNoLinesOfLogs() throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "cli.md")))
                .doesNotContainPattern("(?m)^\\d\\d:\\d\\d:\\d\\d");
    }

    @Test
    void everySectionSaysItsExitCodes() throws IOException {
        assertThat(sections()).allSatisfy((name, text) -> assertThat(text).contains("Exit codes: 0 "));
    }

    @Test
    void everyCommandHasHelp() {
        commands.keySet().forEach(name -> {
            Captured captured = new Captured();
            assertThat(captured.run((name + " --help").split(" "))).as(name).isZero();
            assertThat(captured.out()).startsWith("Usage: llmd " + name);
        });
    }

    @Test
    void unknownCommandIsAUsageErrorWithASuggestion() {
        Captured captured = new Captured();

        assertThat(captured.run("staus")).isEqualTo(2);
        assertThat(captured.err()).contains("status");
    }

    @Test
    void withoutACommandThereIsHelp() {
        Captured captured = new Captured();

        assertThat(captured.run()).isZero();
        assertThat(captured.out()).contains("up", "load", "test (the whole build");
    }

    @Test
    void aNamedCommandIsBuiltAlone() {
        assertThat(Llmd.commandLineFor(new Captured().terminal(), "serve", "--roles", "gateway")
                        .getSubcommands())
                .containsOnlyKeys("serve");
    }

    @Test
    void completionKnowsAllCommands() {
        Captured captured = new Captured();

        assertThat(captured.run("completion")).isZero();
        assertThat(captured.out()).contains("serve", "lab", "--port-base");
    }

    /** Commands that do something, by their names without {@code llmd}. */
    private static Map<String, CommandLine> leaves(CommandLine commands) {
        Map<String, CommandLine> leaves = new LinkedHashMap<>();
        commands.getSubcommands().forEach((name, command) -> {
            if (command.getSubcommands().isEmpty() || doesSomething(command)) {
                leaves.put(name, command);
            }
            command.getSubcommands().forEach((inner, leaf) -> leaves.put(name + " " + inner, leaf));
        });
        return leaves;
    }

    /** Whether the command has options of its own beside those that print help. */
    private static boolean doesSomething(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .anyMatch(option -> !option.usageHelp() && !option.versionHelp());
    }

    private static Set<String> documented(String section) {
        Set<String> names = new TreeSet<>();
        Matcher rows = OPTION_ROW.matcher(section);
        while (rows.find()) {
            Matcher options = OPTION.matcher(rows.group(1));
            while (options.find()) {
                names.add(options.group(1));
            }
        }
        return names;
    }

    private static Map<String, String> sections() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "cli.md"));
        Map<String, String> sections = new LinkedHashMap<>();
        Matcher headings = HEADING.matcher(page);
        while (headings.find()) {
            int end = page.indexOf("\n## ", headings.end());
            sections.put(headings.group(1), page.substring(headings.end(), end < 0 ? page.length() : end));
        }
        return sections;
    }
}
