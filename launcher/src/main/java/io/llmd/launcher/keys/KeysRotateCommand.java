package io.llmd.launcher.keys;

import io.llmd.gateway.access.NewApiKey;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd keys rotate}: a second key that may do what the first may, which ends after a while. */
@Command(
        name = "rotate",
        description = {
            "Make a key that may do what another one may, and let that one end after a while in which both are good.",
            "The gateway follows the changed file within seconds."
        },
        footer = {
            "",
            "The secret is shown once and stored nowhere.",
            "Exit codes: 0 changed, 1 no such key, or the file is not in order, 2 usage."
        })
final class KeysRotateCommand implements Callable<Integer> {

    private final Terminal terminal;
    private final InstantSource clock;

    @Parameters(paramLabel = "ID", description = "id of the key, as list shows it")
    private String id = "";

    @Mixin
    private final KeyFileOption file = new KeyFileOption();

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            defaultValue = "24h",
            description = "how long the old one is good still (default: ${DEFAULT-VALUE})")
    private Duration grace = Duration.ZERO;

    @Option(names = "--json", description = "print one JSON object: id, key, former, formerEnds")
    private boolean json;

    KeysRotateCommand(Terminal terminal, InstantSource clock) {
        this.terminal = terminal;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        Instant end = clock.instant().plus(grace).truncatedTo(ChronoUnit.SECONDS);
        // Tenant and limits are those of the entry that it takes the place of.
        NewApiKey made = NewApiKey.generate(new SecureRandom(), "any", 0);
        file.change(editor -> editor.rotate(id, made, end));
        if (json) {
            terminal.println(Json.line(
                    Map.of("id", made.key().id(), "key", made.secret(), "former", id, "formerEnds", end.toString())));
        } else {
            terminal.println("key for the client (shown once): " + made.secret());
            terminal.println(made.key().id() + " takes the place of " + id + ", which ends at " + end);
        }
        return ExitCode.OK;
    }
}
