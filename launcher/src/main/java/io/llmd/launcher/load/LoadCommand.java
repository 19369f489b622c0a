package io.llmd.launcher.load;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd load}: sends requests at a rate, or a number of them at a time, and measures the answers. */
@Command(
        name = "load",
        description = "Send load to the gateway and measure the answers.",
        footer = {
            "",
            "Times count from the moment a request was due, so that a slow server cannot hide behind a slow client.",
            "Exit codes: 0 all answered, 1 errors or an invalid run, 2 usage, 3 gateway not there, 4 limits broken."
        })
public final class LoadCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @ArgGroup
    private final Pace pace = new Pace();

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "of a --trace, times as fast (default: ${DEFAULT-VALUE})")
    private double speed;

    @Option(
            names = "--spacing",
            defaultValue = "POISSON",
            description = "gaps between arrivals: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Arrivals.Spacing spacing = Arrivals.Spacing.POISSON;

    @Option(
            names = "--profile",
            defaultValue = "STEADY",
            description = "how the rate goes: ${COMPLETION-CANDIDATES}, a ramp from a tenth of it up and down again"
                    + " (default: ${DEFAULT-VALUE})")
    private Arrivals.Profile profile = Arrivals.Profile.STEADY;

    @Option(
            names = "--prompt-tokens",
            paramLabel = "LENGTH",
            defaultValue = "256",
            description = "N, MIN-MAX or exp:MEAN (default: ${DEFAULT-VALUE})")
    private TokenLengths promptTokens = new TokenLengths.Fixed(256);

    @Option(
            names = "--output-tokens",
            paramLabel = "LENGTH",
            defaultValue = "64",
            description = "N, MIN-MAX or exp:MEAN (default: ${DEFAULT-VALUE})")
    private TokenLengths outputTokens = new TokenLengths.Fixed(64);

    @Option(
            names = "--shared-prefix-share",
            paramLabel = "SHARE",
            defaultValue = "0.5",
            description =
                    "leading part of each prompt that its group has in common, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double sharedPrefixShare;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "8",
            description = "groups of requests with a common prefix (default: ${DEFAULT-VALUE})")
    private int groups;

    @Mixin
    private final LoadOptions options = new LoadOptions();

    public LoadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    private static final class Pace {
        @Option(names = "--rps", paramLabel = "RATE", description = "requests per second, open loop (default: 10)")
        private @Nullable Double requestsPerSecond;

        @Option(names = "--concurrency", paramLabel = "N", description = "requests in flight, closed loop")
        private @Nullable Integer concurrency;

        @Option(
                names = "--trace",
                paramLabel = "FILE",
                description =
                        "at the times and with the prompts of a recording in Mooncake's form, .jsonl or .jsonl.gz, or with the"
                                + " lengths of Azure's, .csv or .csv.gz")
        private @Nullable Path trace;

        Arrivals arrivals(Arrivals.Spacing spacing, Arrivals.Profile profile, double speed) {
            if (trace != null) {
                return Arrivals.Recorded.of(trace, speed);
            }
            if (concurrency != null) {
                if (profile != Arrivals.Profile.STEADY) {
                    throw new IllegalArgumentException("profile: " + profile + " (expected: with --rps)");
                }
                return new Arrivals.ClosedLoop(concurrency);
            }
            return new Arrivals.OpenLoop(requestsPerSecond == null ? 10 : requestsPerSecond, spacing, profile);
        }
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        return new CommandedRun(options, spec.commandLine().getParseResult().originalArgs(), terminal)
                .execute(arrivals(), new LoadOptions.Prompts(promptTokens, outputTokens, sharedPrefixShare, groups));
    }

    private Arrivals arrivals() {
        try {
            return pace.arrivals(spacing, profile, speed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
