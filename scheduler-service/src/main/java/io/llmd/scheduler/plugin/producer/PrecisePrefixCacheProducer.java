package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.Speculations;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.LivePlugin;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.Events;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.Indexer;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.TokenProcessor;
import io.llmd.scheduler.prefix.EngineEvents;
import io.llmd.scheduler.prefix.EngineIndex;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.HeldBlocks;
import io.llmd.scheduler.prefix.IndexAnswer;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.prefix.SourceView;
import io.llmd.scheduler.scheduling.AwaitingProducer;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells how much of the prompt each endpoint holds, from the engines' own KV events. Where these are missing or incomplete, or
 * the tokens of the prompt are an estimate, the estimate of {@link ApproxPrefixCacheProducer} stands in, which is learned
 * alongside.
 */
final class PrecisePrefixCacheProducer implements AwaitingProducer, PreRequest, ResponseHook, LivePlugin {

    static final String TYPE = "precise-prefix-cache-producer";

    private static final String PREFILL_PROFILE = "prefill";
    private static final int MAX_TOKENS_FOR_ESTIMATE = 131_072;
    private static final int BLOCKS_FOR_ESTIMATE = 2048;
    private static final int CAPACITY_FOR_ESTIMATE = 31_250;

    /** An index that is asked for elsewhere has a deadline of its own, which is far shorter. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /** A block that is on its way counts a little less than one that is there. */
    private static final double EXPECTED_WEIGHT = 0.9;

    /**
     * Parameters.
     *
     * @param tokenProcessorConfig how prompts become blocks
     * @param indexerConfig the index
     * @param kvEventsConfig how events are read
     * @param speculativeIndexing whether blocks count as held from the decision on, until the engine says so
     * @param speculativeTTL for how long
     * @param modelName base model's name as requests have it; empty when it is taken from the topics of events
     */
    record Params(
            TokenProcessor tokenProcessorConfig,
            Indexer indexerConfig,
            Events kvEventsConfig,
            @Default("false") boolean speculativeIndexing,
            @Default("2s") Duration speculativeTTL,
            @Default("") String modelName) {
        Params {
            if (!speculativeTTL.isPositive()) {
                throw new IllegalArgumentException("speculativeTTL: " + speculativeTTL + " (expected: > 0)");
            }
        }
    }

    /** Keys of the request's blocks, for the hooks behind the decision. */
    private record PreciseKeys(long[][] prompts, EngineIndex index) {}

    /** Prompts of an attempt that an endpoint is expected to hold soon. */
    private record UnderWay(EngineIndex index, List<Speculations.Chain> chains) {}

    private final Params params;
    private final Map<Long, UnderWay> underWay = new ConcurrentHashMap<>();
    private final EngineEvents events;
    private final EngineIndexes indexes;
    private final PrefixClaims claims;
    private final ApproxPrefixCacheProducer approximate;
    private final double[] weights;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<PreciseKeys> keysKey;
    private volatile @Nullable EngineIndex index;

    PrecisePrefixCacheProducer(
            String name, Params params, PrefixIndex estimate, EngineIndexes indexes, PrefixClaims claims) {
        this.params = params;
        this.indexes = indexes;
        this.claims = claims;
        events = params.kvEventsConfig().engineEvents(params);
        weights = params.indexerConfig().weights();
        matchesKey = DataKeys.prefixMatches(name);
        keysKey = new DataKey<>("PrecisePrefixKeysDataKey", name, PreciseKeys.class);
        approximate = new ApproxPrefixCacheProducer(
                name,
                new ApproxPrefixCacheProducer.Params(
                        true,
                        params.tokenProcessorConfig().blockSizeTokens(),
                        0,
                        MAX_TOKENS_FOR_ESTIMATE,
                        BLOCKS_FOR_ESTIMATE,
                        CAPACITY_FOR_ESTIMATE),
                estimate);
    }

    @Override
    public synchronized void start() {
        if (index == null) {
            index = indexes.acquire(events);
        }
    }

    @Override
    public synchronized void stop() {
        if (index != null) {
            index = null;
            indexes.release(events);
        }
    }

    @Override
    public List<DataKey<?>> produces() {
        List<DataKey<?>> keys = new ArrayList<>(approximate.produces());
        keys.add(keysKey);
        return keys;
    }

    @Override
    public Duration produceTimeout() {
        return LIMIT;
    }

    /** An index elsewhere would not be waited for, and is not asked. */
    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        EngineIndex known = index;
        if (known != null && !known.answersAtOnce()) {
            approximate.produce(request, candidates);
            return;
        }
        CompletableFuture<Consumer<Candidates>> data = produceLater(request, candidates);
        if (data.isDone()) {
            data.join().accept(candidates);
        } else {
            approximate.produce(request, candidates);
        }
    }

    @Override
    public CompletableFuture<Consumer<Candidates>> produceLater(InferenceRequest request, Candidates candidates) {
        EngineIndex known = index;
        if (known == null) {
            return CompletableFuture.completedFuture(written -> approximate.produce(request, written));
        }
        long[][] keys = known.keys(request);
        if (keys == null) {
            known.fellBack(Fallback.NO_EXACT_TOKENS);
            return CompletableFuture.completedFuture(written -> estimate(request, written, Fallback.NO_EXACT_TOKENS));
        }
        return known.match(keys, candidates)
                .thenApply(answer -> written -> write(request, written, known, keys, answer));
    }

    private void estimate(InferenceRequest request, Candidates candidates, Fallback reason) {
        approximate.produce(request, candidates);
        PrefixMatches matches = candidates.data(matchesKey);
        if (matches != null) {
            matches.setFallback(reason);
        }
    }

    private void write(
            InferenceRequest request, Candidates candidates, EngineIndex known, long[][] keys, IndexAnswer answer) {
        switch (answer) {
            case IndexAnswer.Unavailable(Fallback reason) -> estimate(request, candidates, reason);
            case IndexAnswer.Held(List<HeldBlocks> held) -> {
                approximate.produce(request, candidates);
                PrefixMatches matches = candidates.data(matchesKey);
                if (matches != null) {
                    write(matches, candidates, known, new Tally(candidates, known, keys, held));
                }
            }
        }
        candidates.put(keysKey, new PreciseKeys(keys, known));
    }

    private void write(PrefixMatches matches, Candidates candidates, EngineIndex known, Tally tally) {
        Map<String, SourceView> views = known.views();
        for (int i = 0; i < candidates.size(); i++) {
            SourceView view = views.get(candidates.get(i).id());
            if (view == null || view.trust() <= 0) {
                continue;
            }
            int slot = candidates.slot(i);
            boolean isExact = view.isExact();
            double worth = tally.worth(i, view.trust());
            // What is known in part is no less than the estimate says.
            boolean isLess =
                    worth * events.blockTokens() < (double) matches.matchBlocks(slot) * matches.blockTokens(slot);
            if (!isExact) {
                matches.setPartial(slot);
            }
            if (isExact || !isLess) {
                matches.setWeighted(slot, (int) worth, tally.cached[i], tally.total, events.blockTokens());
                if (tally.unusable[i] > 0) {
                    matches.setUnusable(slot, tally.unusable[i]);
                }
                matches.setTiers(
                        slot,
                        tally.blocks(i, StorageTier.GPU),
                        tally.inHostMemory[i],
                        tally.blocks(i, StorageTier.DISK),
                        tally.blocks(i, StorageTier.STORAGE));
            }
        }
    }

    /** Matches of all prompts of a request, by position among the candidates. */
    private final class Tally {
        private final Candidates candidates;
        private final int[] cached;
        private final int[] unusable;
        private final double[] worth;
        private final int[] inHostMemory;
        private final int[] expectedBeyond;
        private final int[] byTier;
        private final int total;

        Tally(Candidates candidates, EngineIndex known, long[][] prompts, List<HeldBlocks> held) {
            this.candidates = candidates;
            cached = new int[candidates.size()];
            unusable = new int[candidates.size()];
            worth = new double[candidates.size()];
            inHostMemory = new int[candidates.size()];
            expectedBeyond = new int[candidates.size()];
            byTier = new int[candidates.size() * StorageTier.COUNT];
            int blocks = 0;
            for (int prompt = 0; prompt < prompts.length; prompt++) {
                blocks += prompts[prompt].length;
                add(held.get(prompt));
                if (params.speculativeIndexing()) {
                    expect(known, prompts[prompt], held.get(prompt));
                }
            }
            total = blocks;
        }

        private void add(HeldBlocks held) {
            for (int i = 0; i < cached.length; i++) {
                cached[i] += held.reusable(i);
                unusable[i] += held.blocks(i) - held.reusable(i);
                inHostMemory[i] += held.inHostMemory(i);
                worth[i] += held.worth(i, weights);
                for (int tier = 0; tier < StorageTier.COUNT; tier++) {
                    byTier[i * StorageTier.COUNT + tier] += held.blocks(i, StorageTier.of(tier));
                }
            }
        }

        private void expect(EngineIndex known, long[] keys, HeldBlocks held) {
            int[] expected = new int[cached.length];
            known.speculations()
                    .match(keys, keys.length, known.nowMillis(), (id, blocks) -> expect(expected, id, blocks));
            for (int i = 0; i < expected.length; i++) {
                expectedBeyond[i] += Math.max(0, expected[i] - held.reusable(i));
            }
        }

        private void expect(int[] expected, String endpointId, int blocks) {
            for (int i = 0; i < expected.length; i++) {
                if (candidates.get(i).id().equals(endpointId)) {
                    expected[i] = Math.max(expected[i], blocks);
                    return;
                }
            }
        }

        private int blocks(int position, StorageTier tier) {
            return byTier[position * StorageTier.COUNT + tier.ordinal()];
        }

        private double worth(int position, double trust) {
            return trust * worth[position] + EXPECTED_WEIGHT * expectedBeyond[position];
        }
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        approximate.scheduled(request, candidates, outcome, dispatch);
        PreciseKeys keys = candidates.data(keysKey);
        if (keys == null) {
            return;
        }
        ProfileOutcome.Picked prefill = outcome.profiles().get(PREFILL_PROFILE);
        if (params.speculativeIndexing()) {
            List<Speculations.Chain> chains = new ArrayList<>();
            expect(keys, outcome.primary().primary().id(), chains);
            if (prefill != null) {
                expect(keys, prefill.primary().id(), chains);
            }
            underWay.put(dispatch.leaseId(), new UnderWay(keys.index(), chains));
        }
        if (prefill == null && keys.prompts().length == 1) {
            claim(keys, candidates, outcome.primary(), dispatch);
        }
    }

    private void expect(PreciseKeys keys, String endpointId, List<Speculations.Chain> chains) {
        EngineIndex known = keys.index();
        for (long[] prompt : keys.prompts()) {
            chains.add(known.speculations()
                    .add(
                            endpointId,
                            prompt,
                            prompt.length,
                            known.nowMillis(),
                            params.speculativeTTL().toMillis()));
        }
    }

    private void claim(PreciseKeys keys, Candidates candidates, ProfileOutcome.Picked picked, Dispatch dispatch) {
        PrefixMatches matches = candidates.data(matchesKey);
        String id = picked.primary().id();
        int slot = picked.primarySlot();
        // An estimate is no claim of the index.
        if (matches == null || !matches.knowsTiers(slot)) {
            return;
        }
        IndexLane partial = matches.isPartial(slot) ? keys.index().lane(id) : null;
        if (matches.isPartial(slot) && partial == null) {
            // Nothing can be withdrawn elsewhere, and what is known in part proves nothing.
            return;
        }
        claims.claimed(
                dispatch.leaseId(),
                new PrefixClaims.Claim(
                        id, partial, keys.prompts()[0], matches.cachedBlocks(slot), events.blockTokens()));
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        approximate.ended(leaseId, report);
        claims.ended(leaseId, report.endpointId(), report.usage().cachedTokens());
        UnderWay prompt = underWay.remove(leaseId);
        if (prompt != null && report.timeToFirstTokenMicros() == 0 && report.cause() != OutcomeReport.Cause.NATURAL) {
            prompt.chains().forEach(prompt.index().speculations()::cancel);
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final PrefixIndexes estimates;
        private final EngineIndexes indexes;
        private final PrefixClaims claims;

        Factory(PrefixIndexes estimates, EngineIndexes indexes, PrefixClaims claims) {
            this.estimates = estimates;
            this.indexes = indexes;
            this.claims = claims;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            List<String> warnings = new ArrayList<>();
            if (params.indexerConfig().kvBlockIndexConfig().redisConfig() != null) {
                warnings.add("redisConfig: the index is kept in memory; replicas share events over Kafka instead");
            }
            if (!params.kvEventsConfig().discoverPods()) {
                warnings.add("discoverPods: endpoints are connected to as they come, whatever it says");
            }
            if (!params.kvEventsConfig().zmqEndpoint().isEmpty()) {
                warnings.add("zmqEndpoint: engines that connect to the scheduler are not listened to; the scheduler"
                        + " connects to them");
            }
            return warnings;
        }

        @Override
        public PrecisePrefixCacheProducer create(String name, Params params) {
            return new PrecisePrefixCacheProducer(name, params, estimates.named(name), indexes, claims);
        }
    }

    /** Reads {@code key=value} terms with commas between. */
    static Map<String, String> labels(String selector) {
        Map<String, String> labels = new TreeMap<>();
        for (String term : selector.split(",")) {
            String[] sides = term.strip().split("==?", 2);
            if (term.isBlank()) {
                continue;
            }
            if (sides.length != 2 || sides[0].isBlank() || sides[0].endsWith("!")) {
                throw new IllegalArgumentException(
                        "podLabelSelector: " + selector + " (expected: key=value terms with commas between)");
            }
            labels.put(sides[0].strip(), sides[1].strip());
        }
        return labels;
    }
}
