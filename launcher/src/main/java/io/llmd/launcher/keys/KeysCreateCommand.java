package io.llmd.launcher.keys;

import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.Budget;
import io.llmd.gateway.access.NewApiKey;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code llmd keys create}: makes a key; the file gets its hash, the client the secret. */
@Command(
        name = "create",
        description = "Make an API key and the entry for the gateway's key file (gateway.access.keys-file).",
        footer = {"", "The secret is shown once and stored nowhere.", "Exit codes: 0 made, 2 usage."})
final class KeysCreateCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--tenant",
            paramLabel = "NAME",
            defaultValue = "default",
            description = "whose key it is (default: ${DEFAULT-VALUE})")
    private String tenant = "";

    @Option(
            names = "--priority",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "priority of its requests: higher goes first, negative may be shed (default: ${DEFAULT-VALUE})")
    private int priority;

    @Option(
            names = "--requests-per-minute",
            paramLabel = "N",
            defaultValue = "0",
            description = "requests that it may send in a minute (default: what the gateway allows all keys)")
    private long requestsPerMinute;

    @Option(
            names = "--tokens-per-minute",
            paramLabel = "N",
            defaultValue = "0",
            description = "prompt and generated tokens of a minute (default: what the gateway allows all keys)")
    private long tokensPerMinute;

    @Option(
            names = "--concurrent",
            paramLabel = "N",
            defaultValue = "0",
            description = "requests at the same time (default: what the gateway allows all keys)")
    private int concurrent;

    @Option(names = "--budget", paramLabel = "TOKENS/PERIOD", description = "tokens of a day or month, as 5000000/day")
    private @Nullable String budget;

    @Option(names = "--json", description = "print one JSON object: key, entry")
    private boolean json;

    KeysCreateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        NewApiKey made = generate();
        if (json) {
            terminal.println(Json.line(Map.of("key", made.secret(), "entry", made.toYaml())));
        } else {
            terminal.println("key for the client (shown once): " + made.secret());
            terminal.println("");
            terminal.println("entry for the key file:");
            terminal.println("keys:");
            terminal.println(made.toYaml().stripTrailing());
        }
        return ExitCode.OK;
    }

    private NewApiKey generate() {
        Allowance allowance = allowance();
        try {
            return NewApiKey.generate(new SecureRandom(), tenant, priority, allowance);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--tenant: " + e.getMessage());
        }
    }

    private Allowance allowance() {
        try {
            return new Allowance(requestsPerMinute, tokensPerMinute, concurrent, budget());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("limits: " + e.getMessage());
        }
    }

    private @Nullable Budget budget() {
        String given = budget;
        if (given == null) {
            return null;
        }
        int slash = given.indexOf('/');
        try {
            return new Budget(
                    Long.parseLong(given.substring(0, Math.max(0, slash))),
                    Budget.Period.valueOf(given.substring(slash + 1).toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--budget: " + given + " (expected: as 5000000/day or 100000000/month)");
        }
    }
}
