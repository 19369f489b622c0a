package io.llmd.lab.result;

import io.llmd.lab.fleet.Slo;
import io.llmd.lab.traffic.Load;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.SimulationTotals;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.routing.PromptBlocks;
import io.llmd.simulator.workload.LadderWorkload.Span;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts what becomes of the requests of one run, and that each of them ends once. Stands between the workload and the
 * simulation, so that it sees requests come. For the thread of the simulation.
 */
public final class Tally implements Workload {

    private static final double MILLI = 1e6;
    private static final double TAIL = 0.95;

    private final Load load;
    private final Slo slo;
    private final PromptBlocks prompts;
    private final int blockTokens;
    private final int mostBad;
    private final SharedLru shared;
    private final double[] computedTokens;
    private final Samples firstTokens = new Samples();
    private final Samples interTokens = new Samples();
    private final Samples ends = new Samples();
    private final Samples gaps = new Samples();
    private final Map<Long, Samples> openGaps = new HashMap<>();
    private final Set<Long> open = new HashSet<>();
    private final Map<Integer, Long> stageTokens = new HashMap<>();
    private int requests;
    private int finished;
    private int rejected;
    private int split;
    private int goodFirstTokens;
    private int good;
    private long promptTokens;
    private long cachedTokens;
    private long sharedTokens;
    private long outputTokens;
    private long firstArrival = Long.MAX_VALUE;
    private long lastEnd;

    /**
     * @param prompts names blocks as the engines do
     * @param totalBlocks usable blocks of all endpoints
     */
    public Tally(Load load, Slo slo, PromptBlocks prompts, int blockTokens, int totalBlocks, int endpoints) {
        this(load, slo, prompts, blockTokens, totalBlocks, endpoints, Integer.MAX_VALUE);
    }

    /**
     * @param prompts names blocks as the engines do
     * @param totalBlocks usable blocks of all endpoints
     * @param mostBad counted requests whose first token may be late, before no further requests come
     */
    public Tally(
            Load load, Slo slo, PromptBlocks prompts, int blockTokens, int totalBlocks, int endpoints, int mostBad) {
        this.load = load;
        this.slo = slo;
        this.prompts = prompts;
        this.blockTokens = blockTokens;
        this.mostBad = mostBad;
        shared = new SharedLru(totalBlocks);
        computedTokens = new double[endpoints];
    }

    @Override
    public long nextTime() {
        return requests - goodFirstTokens > mostBad ? NEVER : load.workload().nextTime();
    }

    @Override
    public @Nullable ClientRequest next() {
        ClientRequest request = load.workload().next();
        if (request != null) {
            came(request);
        }
        return request;
    }

    @Override
    public boolean wantsTokens() {
        return slo.gaps() == Slo.Gaps.P95;
    }

    @Override
    public void token(long requestId, long sinceNanos) {
        openGaps.computeIfAbsent(requestId, any -> new Samples()).add(sinceNanos / MILLI);
    }

    private void came(ClientRequest request) {
        if (!open.add(request.id())) {
            throw new IllegalStateException("request " + request.id() + " came twice");
        }
        // An engine always computes one token at least.
        long held = (long) shared.take(prompts.of(request)) * blockTokens;
        int reusable = (request.prompt().length - 1) / blockTokens * blockTokens;
        if (load.counted().test(request)) {
            sharedTokens += Math.min(held, reusable);
        }
    }

    @Override
    public void ended(RequestResult result) {
        load.workload().ended(result);
        if (!open.remove(result.request().id())) {
            throw new IllegalStateException("request " + result.request().id() + " ended twice, or never came");
        }
        if (result.request().attachment() instanceof Integer stage) {
            stageTokens.merge(stage, (long) result.outputTokens(), Long::sum);
        }
        Samples own = openGaps.remove(result.request().id());
        if (load.counted().test(result.request())) {
            count(result, own);
        }
    }

    private void count(RequestResult result, @Nullable Samples ownGaps) {
        requests++;
        firstArrival = Math.min(firstArrival, result.arrival());
        lastEnd = Math.max(lastEnd, result.ended());
        rejected += result.outcome() == Outcome.REJECTED ? 1 : 0;
        int tokens = result.request().prompt().length;
        promptTokens += tokens;
        cachedTokens += result.cachedTokens();
        outputTokens += result.outputTokens();
        boolean isSplit = result.prefillEndpoint() != RequestResult.NONE;
        split += isSplit ? 1 : 0;
        if (result.endpoint() >= 0) {
            computedTokens[isSplit ? result.prefillEndpoint() : result.endpoint()] += tokens - result.cachedTokens();
        }
        if (result.firstToken() != RequestResult.NEVER) {
            firstTokens.add(result.timeToFirstToken() / MILLI);
        }
        if (result.outputTokens() > 1) {
            interTokens.add(result.interTokenLatency() / MILLI);
        }
        if (result.outcome() == Outcome.FINISHED) {
            finished++;
            ends.add(result.endToEnd() / MILLI);
            goodFirstTokens += slo.isFirstTokenGood(result) ? 1 : 0;
            good += slo.isGood(result, gapMillis(result, ownGaps)) ? 1 : 0;
        }
        if (ownGaps != null) {
            gaps.addAll(ownGaps);
        }
    }

    private double gapMillis(RequestResult result, @Nullable Samples ownGaps) {
        return switch (slo.gaps()) {
            case MEAN -> result.interTokenLatency() / MILLI;
            case P95 -> ownGaps == null ? Double.NaN : ownGaps.distribution().quantile(TAIL);
        };
    }

    /** The figures, once the simulation is over. @throws IllegalStateException when a request has not ended */
    public RunResult result(String traffic, String contender, long seed, SimulationTotals totals) {
        if (!open.isEmpty()) {
            throw new IllegalStateException(open.size() + " requests have not ended (expected: none)");
        }
        double all = Math.max(1, requests);
        double tokens = Math.max(1, promptTokens);
        return new RunResult(
                traffic,
                contender,
                seed,
                requests,
                finished,
                rejected,
                firstTokens.distribution(),
                interTokens.distribution(),
                gaps.distribution(),
                ends.distribution(),
                goodFirstTokens / all,
                good / all,
                split / all,
                cachedTokens / tokens,
                sharedTokens / tokens,
                outputRate(),
                imbalance(),
                totals.preemptions(),
                totals.endNanos() / 1e9);
    }

    private double outputRate() {
        List<Span> stages = load.stages().get();
        if (stages.isEmpty()) {
            return outputTokens / Math.max(1e-9, (lastEnd - firstArrival) / 1e9);
        }
        return stages.stream()
                .mapToDouble(span ->
                        stageTokens.getOrDefault(span.stage(), 0L) / Math.max(1e-9, (span.end() - span.begin()) / 1e9))
                .average()
                .orElse(0);
    }

    private double imbalance() {
        double most = 0;
        double sum = 0;
        for (double tokens : computedTokens) {
            most = Math.max(most, tokens);
            sum += tokens;
        }
        return sum == 0 ? 1 : most / (sum / computedTokens.length);
    }
}
