package io.llmd.launcher.keys;

import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd keys expire}: lets a key end. */
@Command(
        name = "expire",
        description = "Let a key end, now or later. The gateway follows the changed file within seconds.",
        footer = {"", "Exit codes: 0 changed, 1 no such key, or the file is not in order, 2 usage."})
final class KeysExpireCommand implements Callable<Integer> {

    private final Terminal terminal;
    private final InstantSource clock;

    @Parameters(paramLabel = "ID", description = "id of the key, as list shows it")
    private String id = "";

    @Mixin
    private final KeyFileOption file = new KeyFileOption();

    @Option(
            names = "--in",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "how long it is good still (default: not at all)")
    private Duration in = Duration.ZERO;

    KeysExpireCommand(Terminal terminal, InstantSource clock) {
        this.terminal = terminal;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        Instant end = clock.instant().plus(in).truncatedTo(ChronoUnit.SECONDS);
        file.change(editor -> editor.expire(id, end));
        terminal.println(id + " ends at " + end);
        return ExitCode.OK;
    }
}
