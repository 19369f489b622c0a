package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Llmd;
import io.llmd.launcher.terminal.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Every command line that the README shows exists, with exactly these options. */
class ReadmeCommandsTest {

    private static final Path README = Path.of("..", "README.md");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    static Stream<String> commands() {
        return DocBlock.of(README).stream()
                .filter(block -> block.language().equals("sh"))
                .flatMap(block -> block.commands().stream())
                .filter(line -> line.startsWith("./llmd "))
                .map(line -> line.replaceFirst("\\s[#|].*", "").strip());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandLineIsUnderstood(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command.substring("./llmd ".length()));
        while (word.find()) {
            words.add(word.group(1) == null ? word.group(2) : word.group(1));
        }
        if (words.getFirst().equals("test")) {
            assertThat(words).as("the script's own command").hasSize(1);
            return;
        }
        CommandLine llmd = Llmd.commandLine(Terminal.system());
        CommandLine.ParseResult parsed = llmd.parseArgs(words.toArray(String[]::new));
        assertThat(parsed.hasSubcommand()).isTrue();
    }
}
