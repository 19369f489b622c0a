package io.llmd.launcher.lab;

import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.traffic.ChatSessions;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.SharedPrefixLadder;
import io.llmd.lab.traffic.Traffic;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.simulator.engine.GpuModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that the commands of the lab share: traffic, fleet, conditions, runs. */
final class LabOptions {

    /** What the traffic is. */
    enum Kind {
        CONVERSATION,
        LADDER,
        CHAT
    }

    /** Of the published ladder, the warm-up included. */
    private static final double LADDER_REQUESTS = 17_084;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "recorded conversation in Mooncake's form, .jsonl or .jsonl.gz")
    private @Nullable Path trace;

    @Option(
            names = "--requests",
            paramLabel = "N",
            description =
                    "most rows of the trace, requests of the ladder, conversations of the chat (default: all; chat"
                            + " 1000)")
    private @Nullable Integer requests;

    @Option(names = "--speed", paramLabel = "FACTOR", description = "times as fast (default: ${DEFAULT-VALUE})")
    private double speed = 1;

    @Option(names = "--pods", paramLabel = "N", description = "endpoints (default: ${DEFAULT-VALUE})")
    private int pods = Fleet.DEFAULT.endpoints();

    @Option(
            names = "--gpu",
            paramLabel = "NAME",
            split = ",",
            description = "hardware, dealt out to the endpoints in turn: h100, h200, a100, l40s (default: h100)")
    private List<String> gpus = List.of("h100");

    @Option(names = "--tp", paramLabel = "N", description = "GPUs of each endpoint (default: ${DEFAULT-VALUE})")
    private int tensorParallel = Fleet.DEFAULT.tensorParallel();

    @Option(
            names = "--kv-tokens",
            paramLabel = "N",
            description = "tokens in the KV cache of each endpoint (default: ${DEFAULT-VALUE}); 0 for what the memory"
                    + " holds")
    private long kvTokens = Fleet.DEFAULT.kvTokens();

    @Option(
            names = "--block-tokens",
            paramLabel = "N",
            description = "tokens in one KV block (default: ${DEFAULT-VALUE})")
    private int blockTokens = Fleet.DEFAULT.blockTokens();

    @Option(
            names = "--batched-tokens",
            paramLabel = "N",
            description = "most tokens in one step (default: ${DEFAULT-VALUE})")
    private int batchedTokens = Fleet.DEFAULT.batchedTokens();

    @Option(names = "--slow", paramLabel = "N", description = "endpoints that are slower (default: ${DEFAULT-VALUE})")
    private int slow;

    @Option(
            names = "--slow-factor",
            paramLabel = "FACTOR",
            description = "how much longer their steps take (default: ${DEFAULT-VALUE})")
    private double slowFactor = 2;

    @Option(
            names = "--scrape-interval",
            paramLabel = "TIME",
            description = "between two readings of an endpoint's metrics (default: 50ms)")
    private Duration scrapeInterval = Conditions.DEFAULT.scrapeInterval();

    @Option(names = "--metrics-lag", paramLabel = "TIME", description = "age of readings (default: 0ms)")
    private Duration metricsLag = Conditions.DEFAULT.metricsLag();

    @Option(names = "--event-lag", paramLabel = "TIME", description = "until KV events are heard (default: 5ms)")
    private Duration eventLag = Conditions.DEFAULT.eventLag();

    @Option(
            names = "--event-loss",
            paramLabel = "SHARE",
            description = "batches of KV events that get lost, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double eventLoss;

    @Option(names = "--no-replay", description = "lost batches of KV events cannot be asked for")
    private boolean noReplay;

    @Option(names = "--seed", paramLabel = "N", description = "of everything random (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "runs of each contender, with this many seeds in a row (default: ${DEFAULT-VALUE})")
    private int seeds = 1;

    @Option(names = "--parallel", paramLabel = "N", description = "runs at a time (default: one for each processor)")
    private int parallel = Runtime.getRuntime().availableProcessors();

    /** A scenario of this traffic at a speed. */
    Scenario scenario(Kind kind, double atSpeed) {
        try {
            return new Scenario(traffic(kind).atSpeed(atSpeed), fleet(), conditions(), Slo.DEFAULT);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** The speed that was asked for. */
    double speed() {
        return speed;
    }

    /** Whether there is a recording. */
    boolean hasTrace() {
        return trace != null;
    }

    private Traffic traffic(Kind kind) {
        int most = requests == null ? Integer.MAX_VALUE : requests;
        return switch (kind) {
            case CONVERSATION -> recorded();
            case LADDER -> new SharedPrefixLadder(Math.min(1, most / LADDER_REQUESTS));
            case CHAT ->
                new ChatSessions(
                        requests == null
                                ? ChatSessions.Shape.DEFAULT
                                : ChatSessions.Shape.DEFAULT.withSessions(requests));
        };
    }

    /** The recording. */
    MooncakeTrace recorded() {
        if (trace == null) {
            throw CommandFailure.usage("conversation needs --trace FILE (a recording in Mooncake's form)");
        }
        try {
            return MooncakeTrace.read("conversation", trace, requests == null ? Integer.MAX_VALUE : requests);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot read the trace: " + e.getMessage());
        }
    }

    /** The endpoints. */
    Fleet fleet() {
        return Fleet.DEFAULT
                .withEndpoints(pods)
                .withGpus(gpus.stream().map(LabOptions::gpu).toList())
                .withTensorParallel(tensorParallel)
                .withCache(blockTokens, kvTokens)
                .withBatchedTokens(batchedTokens)
                .withSlow(slow, slowFactor);
    }

    private static GpuModel gpu(String name) {
        return GpuModel.preset(name.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new IllegalArgumentException("gpu: " + name + " (expected: one of "
                        + GpuModel.presets().stream().map(GpuModel::name).toList() + ")"));
    }

    /** How much is known of them. */
    Conditions conditions() {
        return Conditions.DEFAULT.withMetrics(scrapeInterval, metricsLag).withEvents(eventLag, eventLoss, !noReplay);
    }

    /** Seeds of the runs. */
    List<Long> seeds() {
        if (seeds < 1) {
            throw CommandFailure.usage("seeds: " + seeds + " (expected: >= 1)");
        }
        return LongStream.range(seed, seed + seeds).boxed().toList();
    }

    /** Runs at a time. */
    int parallel() {
        return Math.max(1, parallel);
    }

    /** The contenders of these names or files; all for none. */
    static List<Contender> contenders(List<String> names) {
        if (names.isEmpty()) {
            return Contenders.all();
        }
        List<Contender> found = new ArrayList<>();
        for (String name : names) {
            try {
                found.add(Contenders.find(name));
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage(String.valueOf(e.getMessage()));
            } catch (IOException e) {
                throw new CommandFailure(ExitCode.FAILED, "cannot read " + name + ": " + e.getMessage());
            }
        }
        return found;
    }

    /** What the runs have in common, one line. */
    String described(double atSpeed) {
        return String.format(
                Locale.ROOT,
                "speed %s; %d endpoints, qwen3-32b on %d x %s, %,d KV tokens each in blocks of %d, %d tokens a step;"
                        + " metrics each %d ms, %d ms old; events after %d ms, %.0f %% lost%s; %d slow; seeds %s",
                atSpeed,
                pods,
                tensorParallel,
                String.join(",", gpus),
                kvTokens,
                blockTokens,
                batchedTokens,
                scrapeInterval.toMillis(),
                metricsLag.toMillis(),
                eventLag.toMillis(),
                100 * eventLoss,
                noReplay ? " for good" : "",
                slow,
                seeds());
    }
}
