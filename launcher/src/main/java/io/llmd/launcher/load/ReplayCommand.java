package io.llmd.launcher.load;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code llmd replay}: {@code llmd load --trace}, under the name that people look for. */
@Command(
        name = "replay",
        description = "Send the requests of a recording at their times; the same as 'llmd load --trace FILE'.",
        footer = {"", "Exit codes: 0 all answered, and otherwise those of 'llmd load'."})
public final class ReplayCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            description = "recording in Mooncake's form (.jsonl, .jsonl.gz) or Azure's (.csv, .csv.gz)")
    private Path file = Path.of("");

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "times as fast (default: ${DEFAULT-VALUE})")
    private double speed;

    @Mixin
    private final LoadOptions options = new LoadOptions();

    public ReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        return new CommandedRun(options, spec.commandLine().getParseResult().originalArgs(), terminal)
                .execute(recording(), LoadOptions.Prompts.RECORDED);
    }

    private Arrivals recording() {
        try {
            return Arrivals.Recorded.of(file, speed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
