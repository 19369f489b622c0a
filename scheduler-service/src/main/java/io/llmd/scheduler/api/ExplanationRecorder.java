package io.llmd.scheduler.api;

import io.llmd.scheduler.api.ExplainedProfile.FilterStep;
import io.llmd.scheduler.api.ExplainedProfile.FilterVerdict;
import io.llmd.scheduler.api.ExplainedProfile.Score;
import io.llmd.scheduler.api.ExplainedProfile.ScorerStep;
import io.llmd.scheduler.api.ExplainedProfile.Total;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes down what plugins do in one decision. */
final class ExplanationRecorder implements DecisionRecorder {

    private static final class Steps {
        private final List<FilterStep> filters = new ArrayList<>();
        private final List<ScorerStep> scorers = new ArrayList<>();
        private final List<Total> totals = new ArrayList<>();
        private final List<String> picked = new ArrayList<>();
        private @Nullable String picker;
    }

    private final Map<String, Steps> profiles = new LinkedHashMap<>();

    @Override
    public void filtered(String profile, String plugin, Candidates before, Candidates after) {
        Set<Integer> kept = new HashSet<>();
        for (int i = 0; i < after.size(); i++) {
            kept.add(after.slot(i));
        }
        List<FilterVerdict> verdicts = new ArrayList<>(before.size());
        for (int i = 0; i < before.size(); i++) {
            verdicts.add(new FilterVerdict(before.get(i).id(), kept.contains(before.slot(i))));
        }
        steps(profile).filters.add(new FilterStep(plugin, verdicts));
    }

    @Override
    public void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores) {
        List<Score> recorded = new ArrayList<>(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            recorded.add(new Score(candidates.get(i).id(), scores[i], scores[i] * weight));
        }
        steps(profile).scorers.add(new ScorerStep(plugin, weight, recorded));
    }

    @Override
    public void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions) {
        Steps steps = steps(profile);
        steps.picker = plugin;
        for (int i = 0; i < candidates.size(); i++) {
            steps.totals.add(new Total(candidates.get(i).id(), totals[i]));
        }
        for (int position : positions) {
            steps.picked.add(candidates.get(position).id());
        }
    }

    private Steps steps(String profile) {
        return profiles.computeIfAbsent(profile, name -> new Steps());
    }

    List<ExplainedProfile> profiles() {
        List<ExplainedProfile> explained = new ArrayList<>(profiles.size());
        profiles.forEach((name, steps) -> explained.add(
                new ExplainedProfile(name, steps.filters, steps.scorers, steps.picker, steps.totals, steps.picked)));
        return explained;
    }
}
