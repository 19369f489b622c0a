package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd logs}: the ends of the log files. */
@Command(
        name = "logs",
        description = "Show the end of the logs, of one part or of all.",
        footer = {"", "Exit codes: 0 shown, 3 there is no such log."})
public final class LogsCommand implements Callable<Integer> {

    private static final long POLL_MILLIS = 250;

    private final Terminal terminal;
    private final LlmdHome home = LlmdHome.current();

    @Parameters(paramLabel = "PART", arity = "0..1", description = "such as gateway, scheduler, sim-1")
    private @Nullable String part;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            defaultValue = "40",
            description = "lines of each part (default: ${DEFAULT-VALUE})")
    private int lines;

    @Option(
            names = {"-f", "--follow"},
            description = "go on with new lines; needs a part")
    private boolean follow;

    public LogsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<String> names = names();
        if (part == null) {
            if (follow) {
                throw CommandFailure.usage("--follow: needs a part (one of " + String.join(", ", names) + ")");
            }
            for (String name : names) {
                terminal.println(terminal.bold("== " + name));
                LogTail.lines(home.log(name), lines).forEach(terminal::println);
            }
            return ExitCode.OK;
        }
        if (!names.contains(part)) {
            throw CommandFailure.notReady("no log of " + part + " (there are: " + String.join(", ", names) + ")");
        }
        Path file = home.log(part);
        LogTail.lines(file, lines).forEach(terminal::println);
        if (follow) {
            follow(file);
        }
        return ExitCode.OK;
    }

    private List<String> names() throws IOException {
        if (!Files.isDirectory(home.logs())) {
            throw CommandFailure.notReady("no logs yet; './llmd up' starts the suite");
        }
        try (Stream<Path> files = Files.list(home.logs())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".log"))
                    .map(name -> name.substring(0, name.length() - ".log".length()))
                    .sorted()
                    .toList();
        }
    }

    private void follow(Path file) throws IOException, InterruptedException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            reader.skip(Files.size(file));
            while (true) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    terminal.println(line);
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        }
    }
}
