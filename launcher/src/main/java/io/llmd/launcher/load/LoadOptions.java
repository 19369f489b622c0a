package io.llmd.launcher.load;

import io.llmd.launcher.home.GatewayOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of a run of load that hold whatever is sent. */
final class LoadOptions {

    private static final int MAX_CONNECTIONS = 65_536;

    @Mixin
    private final GatewayOptions gateway = new GatewayOptions();

    @Option(names = "--for", paramLabel = "TIME", defaultValue = "30s", description = "how long to send (30s, 2m)")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "leave requests of this first part out of the report")
    private Duration warmUp = Duration.ZERO;

    @Option(
            names = "--stream-share",
            paramLabel = "SHARE",
            defaultValue = "1",
            description = "share of streamed requests, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double streamShare;

    @Option(
            names = "--header",
            paramLabel = "NAME=VALUE",
            description = "header of every request, such as x-llm-d-inference-objective=high; may be repeated")
    private Map<String, String> headers = Map.of();

    @Option(
            names = "--mix",
            paramLabel = "WEIGHT:NAME=VALUE",
            description = "a kind of requests: how often it comes, and headers of its own with commas between, such as"
                    + " 3:x-llm-d-inference-objective=batch; repeated for each kind, reported apart")
    private List<String> mix = List.of();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "of everything random in the run")
    private long seed;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "120s",
            description = "longest time of one request (default: ${DEFAULT-VALUE})")
    private Duration timeout = Duration.ZERO;

    @Option(
            names = "--drain",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "longest wait for answers after the last request (default: ${DEFAULT-VALUE})")
    private Duration drain = Duration.ZERO;

    @Option(names = "--slo-ttft", paramLabel = "TIME", description = "limit of the time to first token (500ms)")
    private @Nullable Duration sloFirstToken;

    @Option(names = "--slo-tpot", paramLabel = "TIME", description = "limit of the mean time per output token")
    private @Nullable Duration sloPerToken;

    @Option(names = "--slo-e2e", paramLabel = "TIME", description = "limit of the whole request")
    private @Nullable Duration sloEndToEnd;

    @Option(
            names = "--min-goodput",
            paramLabel = "SHARE",
            defaultValue = "0.99",
            description = "share of requests that must keep the limits, else exit code 4 (default: ${DEFAULT-VALUE})")
    private double minGoodput;

    @Option(
            names = "--max-error-share",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "share of requests that may fail or be refused, else exit code 1 (default: ${DEFAULT-VALUE})")
    private double maxErrorShare;

    @Option(names = "--json", description = "print the report as one JSON object")
    private boolean json;

    @Option(names = "--out", paramLabel = "FILE", description = "write the report as JSON to this file")
    private @Nullable Path out;

    @Option(names = "--allow-remote", description = "allow a gateway on another machine")
    private boolean allowRemote;

    @Option(names = "--raise-caps", description = "allow more than 1,000 requests/s, 4,096 at a time or 10 minutes")
    private boolean raiseCaps;

    GatewayOptions gateway() {
        return gateway;
    }

    Map<String, String> headers() {
        return headers;
    }

    double maxErrorShare() {
        return maxErrorShare;
    }

    boolean isJson() {
        return json;
    }

    /** Where the report goes besides, null for nowhere. */
    @Nullable
    Path out() {
        return out;
    }

    boolean allowsRemote() {
        return allowRemote;
    }

    boolean raisesCaps() {
        return raiseCaps;
    }

    /**
     * The run that is asked for.
     *
     * @param prompts of the requests; those of a recording have their own
     * @throws IllegalArgumentException when an option is out of its bounds
     */
    LoadPlan plan(Arrivals arrivals, String model, Prompts prompts) {
        return new LoadPlan(
                arrivals,
                duration,
                warmUp,
                model,
                prompts.promptTokens(),
                prompts.outputTokens(),
                prompts.sharedPrefixShare(),
                prompts.groups(),
                streamShare,
                seed,
                timeout,
                drain,
                raiseCaps ? MAX_CONNECTIONS : 2 * CommandedRun.MAX_CONCURRENCY,
                new Slo(sloFirstToken, sloPerToken, sloEndToEnd, minGoodput),
                new RequestMix(mix.stream().map(RequestMix.Kind::parse).toList()));
    }

    /**
     * What prompts are like.
     *
     * @param promptTokens lengths of prompts
     * @param outputTokens lengths of answers
     * @param sharedPrefixShare leading share of each prompt that all requests of its group have in common, in [0, 1]
     * @param groups number of groups, at least 1
     */
    record Prompts(TokenLengths promptTokens, TokenLengths outputTokens, double sharedPrefixShare, int groups) {

        /** Of a recording, which says itself what its prompts are. */
        static final Prompts RECORDED = new Prompts(new TokenLengths.Fixed(1), new TokenLengths.Fixed(1), 0, 1);
    }
}
