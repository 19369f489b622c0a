package io.llmd.scheduler.explain;

import io.llmd.scheduler.explain.ExplainedProfile.FilterStep;
import io.llmd.scheduler.explain.ExplainedProfile.FilterVerdict;
import io.llmd.scheduler.explain.ExplainedProfile.Score;
import io.llmd.scheduler.explain.ExplainedProfile.ScorerStep;
import io.llmd.scheduler.explain.ExplainedProfile.Total;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.TimeCosts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Spells out what was recorded in short. */
final class RecordReader {

    private final String requestId;
    private final Explanation.Verdict verdict;
    private final @Nullable RecordedRequest request;
    private final Endpoint[] endpoints;
    private final RecordedData data;
    private final DecisionRecording recording;
    private final Map<String, PluginDescription> plugins;
    private final @Nullable InFlightLoads otherLoads;
    private final @Nullable Attempt attempt;

    RecordReader(
            String requestId,
            Explanation.Verdict verdict,
            @Nullable RecordedRequest request,
            Endpoint[] endpoints,
            RecordedData data,
            DecisionRecording recording,
            Map<String, PluginDescription> plugins,
            @Nullable InFlightLoads otherLoads,
            @Nullable Attempt attempt) {
        this.requestId = requestId;
        this.verdict = verdict;
        this.request = request;
        this.endpoints = endpoints;
        this.data = data;
        this.recording = recording;
        this.plugins = plugins;
        this.otherLoads = otherLoads;
        this.attempt = attempt;
    }

    Explanation explanation() {
        List<FilterStep> screeners = new ArrayList<>();
        for (RecordedFilter screener : recording.screeners()) {
            screeners.add(step(screener, all(null)));
        }
        List<ExplainedProfile> profiles = new ArrayList<>();
        for (RecordedProfile profile : recording.profiles()) {
            profiles.add(profile(profile));
        }
        return new Explanation(
                requestId,
                verdict,
                ExplainedRequest.of(request),
                candidates(),
                times(),
                screeners,
                profiles,
                List.copyOf(recording.leftOut()),
                List.copyOf(recording.passedOver()));
    }

    private @Nullable String times() {
        TimeCosts costs = data.first(TimeCosts.class);
        if (costs == null || !(verdict instanceof Explanation.Verdict.Scheduled scheduled)) {
            return null;
        }
        for (int slot = 0; slot < endpoints.length; slot++) {
            if (endpoints[slot].id().equals(scheduled.endpoints().getFirst())) {
                return new ExplainedTimes(costs, slot).text(attempt, request == null || request.stream());
            }
        }
        return null;
    }

    private List<ExplainedCandidate> candidates() {
        PrefixMatches matches = data.first(PrefixMatches.class);
        LatencyPredictions predictions = data.first(LatencyPredictions.class);
        InFlightLoads seen = data.first(InFlightLoads.class);
        InFlightLoads loads = seen == null ? otherLoads : seen;
        TimeCosts costs = data.first(TimeCosts.class);
        List<ExplainedCandidate> candidates = new ArrayList<>(endpoints.length);
        for (int slot = 0; slot < endpoints.length; slot++) {
            Endpoint endpoint = endpoints[slot];
            candidates.add(new ExplainedCandidate(
                    endpoint.id(),
                    endpoint.fresh(),
                    ageMillis(endpoint.metrics()),
                    endpoint.runningRequests(),
                    endpoint.waitingRequests(),
                    endpoint.kvCacheUsage(),
                    loads == null ? null : loads.requests(slot),
                    loads == null ? null : loads.tokens(slot),
                    matches == null ? 0 : matches.matchBlocks(slot),
                    matches == null ? 0 : matches.heldBlocks(slot),
                    matches == null ? null : matches.reuse(slot).name().toLowerCase(Locale.ROOT),
                    matches == null ? 0 : matches.totalBlocks(slot),
                    matches == null ? 0 : matches.blockTokens(slot),
                    matches == null ? null : matchedBy(matches, slot),
                    ExplainedLatency.of(predictions, slot),
                    predictions == null ? null : predictions.missing(),
                    costs == null ? null : costs.text(slot)));
        }
        return candidates;
    }

    private static String matchedBy(PrefixMatches matches, int slot) {
        PrefixMatches.Fallback fallback = matches.fallback();
        String basis = matches.basis(slot).name();
        return (fallback == null ? basis : basis + "_" + fallback.name()).toLowerCase(Locale.ROOT);
    }

    private long ageMillis(EndpointMetrics metrics) {
        long decided = recording.startNanos() + recording.queueNanos();
        return metrics.isKnown() ? Math.max(0, (decided - metrics.updatedNanos()) / 1_000_000) : -1;
    }

    private ExplainedProfile profile(RecordedProfile profile) {
        List<FilterStep> filters = new ArrayList<>();
        BitSet seen = all(profile.before);
        for (RecordedFilter filter : profile.filters) {
            filters.add(step(filter, seen));
            seen = filter.kept() == null ? seen : all(filter.kept());
        }
        int[] left = seen.stream().toArray();
        List<ScorerStep> scorers = new ArrayList<>();
        for (RecordedProfile.Scorer scorer : profile.scorers) {
            scorers.add(new ScorerStep(
                    scorer.plugin(), plugins.get(scorer.plugin()), scorer.weight(), scores(scorer, left)));
        }
        List<Total> totals = new ArrayList<>();
        for (int i = 0; i < profile.totals.length; i++) {
            totals.add(new Total(endpoints[left[i]].id(), profile.totals[i]));
        }
        List<String> picked = new ArrayList<>();
        for (int position : profile.picked) {
            picked.add(endpoints[left[position]].id());
        }
        return new ExplainedProfile(
                profile.name,
                filters,
                scorers,
                profile.picker,
                totals,
                picked,
                reason(profile, left),
                ties(profile, left));
    }

    private @Nullable String reason(RecordedProfile profile, int[] left) {
        TimeCosts costs = data.first(TimeCosts.class);
        return costs == null || profile.picked.length == 0 ? null : costs.reason(left[profile.picked[0]], left);
    }

    private List<String> ties(RecordedProfile profile, int[] left) {
        if (profile.picked.length == 0) {
            return List.of();
        }
        double best = profile.totals[profile.picked[0]];
        List<String> ties = new ArrayList<>();
        for (int i = 0; i < profile.totals.length; i++) {
            if (profile.totals[i] == best) {
                ties.add(endpoints[left[i]].id());
            }
        }
        return ties.size() > 1 ? ties : List.of();
    }

    /** What the decision took a score for. */
    private static double clamped(double raw) {
        return raw >= 0 ? Math.min(raw, 1) : 0;
    }

    private List<Score> scores(RecordedProfile.Scorer scorer, int[] left) {
        List<Score> scores = new ArrayList<>(left.length);
        for (int i = 0; i < scorer.scores().length; i++) {
            double raw = scorer.scores()[i];
            scores.add(new Score(endpoints[left[i]].id(), raw, clamped(raw) * scorer.weight()));
        }
        return scores;
    }

    private FilterStep step(RecordedFilter filter, BitSet seen) {
        BitSet kept = filter.kept() == null ? seen : all(filter.kept());
        List<FilterVerdict> verdicts = new ArrayList<>();
        seen.stream().forEach(slot -> verdicts.add(new FilterVerdict(endpoints[slot].id(), kept.get(slot))));
        return new FilterStep(filter.plugin(), plugins.get(filter.plugin()), verdicts);
    }

    private BitSet all(int @Nullable [] slots) {
        BitSet set = new BitSet(endpoints.length);
        if (slots == null) {
            set.set(0, endpoints.length);
        } else {
            for (int slot : slots) {
                set.set(slot);
            }
        }
        return set;
    }
}
