package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Spreads prompts that nobody holds: the candidate that has gone longest without such a prompt scores 1, the last one
 * that got one 0, the others between by rank; those that never got one come first, in the order of candidates. When a
 * candidate holds part of the prompt, all score 0.5. O(n log n).
 */
final class NoHitLruScorer implements Scorer, PreRequest {

    private static final double NEUTRAL = 0.5;
    private static final String PREFILL_PROFILE = "prefill";

    /**
     * @param lruSize endpoints that are remembered
     * @param prefixMatchInfoProducerName producer to believe, empty for the default
     * @param prefixPluginType deprecated, without effect
     * @param prefixPluginName deprecated, without effect
     */
    record Params(
            @Default("1024") int lruSize,
            @Default("") String prefixMatchInfoProducerName,
            @Nullable String prefixPluginType,
            @Nullable String prefixPluginName) {
        Params {
            if (lruSize < 1) {
                throw new IllegalArgumentException("lruSize: " + lruSize + " (expected: >= 1)");
            }
        }
    }

    /** Whether all profiles of the decision that used the scorer found that nobody holds a part of the prompt. */
    private record Cold(boolean isCold) {}

    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<Cold> coldKey;
    private final LastUses lastUses;

    NoHitLruScorer(String name, Params params) {
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        coldKey = new DataKey<>("NoHitLruCold", name, Cold.class);
        lastUses = new LastUses(params.lruSize());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        boolean isCold = isCold(candidates);
        Cold before = candidates.data(coldKey);
        candidates.put(coldKey, new Cold(isCold && (before == null || before.isCold())));
        if (isCold) {
            scoreByRank(candidates, scores);
        } else {
            Arrays.fill(scores, NEUTRAL);
        }
    }

    /** Without prefix matches nobody knows, and the prompt does not count as cold. */
    private boolean isCold(Candidates candidates) {
        PrefixMatches matches = candidates.data(matchesKey);
        if (matches == null) {
            return false;
        }
        for (int i = 0; i < candidates.size(); i++) {
            if (matches.matchBlocks(candidates.slot(i)) > 0) {
                return false;
            }
        }
        return true;
    }

    private void scoreByRank(Candidates candidates, double[] scores) {
        int size = scores.length;
        long[] uses = new long[size];
        int neverUsed = 0;
        for (int i = 0; i < size; i++) {
            uses[i] = lastUses.of(candidates.get(i).id());
            neverUsed += uses[i] == LastUses.NEVER ? 1 : 0;
        }
        long[] sorted = uses.clone();
        Arrays.sort(sorted);
        int never = 0;
        for (int i = 0; i < size; i++) {
            int rank = uses[i] == LastUses.NEVER ? never++ : neverUsed + usedRank(sorted, uses[i], neverUsed);
            scores[i] = size == 1 ? 1.0 : 1.0 - (double) rank / (size - 1);
        }
    }

    private static int usedRank(long[] sorted, long use, int neverUsed) {
        return Arrays.binarySearch(sorted, neverUsed, sorted.length, use) - neverUsed;
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        Cold cold = candidates.data(coldKey);
        if (cold == null || !cold.isCold()) {
            return;
        }
        lastUses.record(outcome.primary().primary().id());
        ProfileOutcome.Picked prefill = outcome.profiles().get(PREFILL_PROFILE);
        if (prefill != null
                && !prefill.primary().id().equals(outcome.primary().primary().id())) {
            lastUses.record(prefill.primary().id());
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "no-hit-lru-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new NoHitLruScorer(name, params);
        }
    }
}
