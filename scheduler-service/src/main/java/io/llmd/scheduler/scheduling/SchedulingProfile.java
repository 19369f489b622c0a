package io.llmd.scheduler.scheduling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * An ordered set of filters, weighted scorers and one picker.
 *
 * @param name unique name
 * @param filters run in this order, the first that leaves nobody ends the profile
 * @param scorers run in this order over those who are left; {@code total = sum of weight * clamp(score, 0, 1)}
 * @param picker chooses among those who are left
 */
public record SchedulingProfile(
        String name, List<NamedPlugin<Filter>> filters, List<WeightedScorer> scorers, NamedPlugin<Picker> picker) {

    private static final ScoreArrays ARRAYS = new ScoreArrays();

    public SchedulingProfile {
        Objects.requireNonNull(name, "name");
        filters = List.copyOf(filters);
        scorers = List.copyOf(scorers);
        Objects.requireNonNull(picker, "picker");
    }

    /**
     * Runs the profile. A plugin that throws is reported and left out, and so is one that is to be left alone; without its
     * picker, the profile takes a random one of the best totals.
     *
     * @implNote allocates nothing per endpoint or scorer; the arrays of scores are those of an earlier decision over as many
     *     candidates
     */
    ProfileOutcome run(InferenceRequest request, Candidates candidates, DecisionRecorder recorder, PlanGuards guards) {
        if (candidates.isEmpty()) {
            return new ProfileOutcome.Failed("profile " + name + " got no candidates");
        }
        Candidates left = candidates;
        for (int i = 0; i < filters.size(); i++) {
            NamedPlugin<Filter> filter = filters.get(i);
            left = filter(filter, request, left, recorder, guards);
            if (left.isEmpty()) {
                return new ProfileOutcome.Failed("filter " + filter.name() + " of profile " + name + " left nobody");
            }
        }
        ScoreArrays.Pair arrays = ARRAYS.take(left.size());
        double[] totals = arrays.totals();
        score(request, left, arrays, recorder, guards);
        recorder.begins(ExtensionPoint.PICKER, name, picker.name());
        int[] positions = pick(request, left, totals, recorder, guards);
        recorder.picked(name, picker.name(), left, totals, positions);
        recorder.ends();
        ARRAYS.giveBack(arrays);
        return picked(left, positions);
    }

    private Candidates filter(
            NamedPlugin<Filter> filter,
            InferenceRequest request,
            Candidates before,
            DecisionRecorder recorder,
            PlanGuards guards) {
        WatchedCall call = guards.begin(ExtensionPoint.FILTER, filter.plugin());
        if (call == null) {
            recorder.passedOver(filter.name());
            return before;
        }
        Candidates after;
        recorder.begins(ExtensionPoint.FILTER, name, filter.name());
        before.enter(ExtensionPoint.FILTER, filter.plugin());
        try {
            after = Objects.requireNonNull(filter.plugin().filter(request, before), "filter answered null");
            call.succeeded();
        } catch (RuntimeException | Error e) {
            call.failed(e);
            recorder.leftOut(filter.name());
            recorder.ends();
            return before;
        } finally {
            before.leave();
        }
        recorder.filtered(name, filter.name(), before, after);
        recorder.ends();
        return after;
    }

    private void score(
            InferenceRequest request,
            Candidates candidates,
            ScoreArrays.Pair arrays,
            DecisionRecorder recorder,
            PlanGuards guards) {
        double[] scores = arrays.scores();
        double[] totals = arrays.totals();
        for (int s = 0; s < scorers.size(); s++) {
            WeightedScorer weighted = scorers.get(s);
            WatchedCall call = guards.begin(ExtensionPoint.SCORER, weighted.scorer());
            if (call == null) {
                recorder.passedOver(weighted.name());
                continue;
            }
            Arrays.fill(scores, 0.0);
            recorder.begins(ExtensionPoint.SCORER, name, weighted.name());
            candidates.enter(ExtensionPoint.SCORER, weighted.scorer());
            try {
                weighted.scorer().score(request, candidates, scores);
                judge(scores, call);
            } catch (RuntimeException | Error e) {
                call.failed(e);
                recorder.leftOut(weighted.name());
                recorder.ends();
                continue;
            } finally {
                candidates.leave();
            }
            recorder.scored(name, weighted.name(), weighted.weight(), candidates, scores);
            int invalid = clamp(scores);
            if (invalid > 0) {
                guards.faults().invalidScores(weighted.name(), invalid);
            }
            recorder.ends();
            double weight = weighted.weight();
            for (int i = 0; i < totals.length; i++) {
                totals[i] += scores[i] * weight;
            }
        }
    }

    /** A score that is no number is a failure, one that is out of range is not. */
    private static void judge(double[] scores, WatchedCall call) {
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            sum += scores[i];
        }
        if (Double.isNaN(sum)) {
            call.misbehaved();
        } else {
            call.succeeded();
        }
    }

    private static int clamp(double[] scores) {
        int invalid = 0;
        for (int i = 0; i < scores.length; i++) {
            double score = scores[i];
            if (!(score >= 0.0)) {
                scores[i] = 0.0;
                invalid++;
            } else if (score > 1.0) {
                scores[i] = 1.0;
                invalid++;
            }
        }
        return invalid;
    }

    private int[] pick(
            InferenceRequest request,
            Candidates candidates,
            double[] totals,
            DecisionRecorder recorder,
            PlanGuards guards) {
        WatchedCall call = guards.begin(ExtensionPoint.PICKER, picker.plugin());
        if (call == null) {
            recorder.passedOver(picker.name());
            return new int[] {randomBest(totals, request.random())};
        }
        try {
            int[] positions = picker.plugin().pick(request, candidates, totals);
            checkPicked(positions, candidates.size());
            call.succeeded();
            return positions;
        } catch (RuntimeException | Error e) {
            call.failed(e);
            recorder.leftOut(picker.name());
            return new int[] {randomBest(totals, request.random())};
        }
    }

    private static void checkPicked(int[] positions, int size) {
        if (positions.length == 0) {
            throw new IllegalStateException("picked nobody (expected: at least one)");
        }
        for (int position : positions) {
            Objects.checkIndex(position, size);
        }
    }

    /** Reservoir of size one over the ties, so that every best candidate is equally likely. */
    private static int randomBest(double[] totals, RandomGenerator random) {
        int best = 0;
        int ties = 1;
        for (int i = 1; i < totals.length; i++) {
            if (totals[i] > totals[best]) {
                best = i;
                ties = 1;
            } else if (totals[i] == totals[best] && random.nextInt(++ties) == 0) {
                best = i;
            }
        }
        return best;
    }

    private static ProfileOutcome.Picked picked(Candidates candidates, int[] positions) {
        if (positions.length == 1) {
            return new ProfileOutcome.Picked(
                    List.of(candidates.get(positions[0])), List.of(candidates.slot(positions[0])));
        }
        List<Endpoint> endpoints = new ArrayList<>(positions.length);
        List<Integer> slots = new ArrayList<>(positions.length);
        for (int position : positions) {
            endpoints.add(candidates.get(position));
            slots.add(candidates.slot(position));
        }
        return new ProfileOutcome.Picked(endpoints, slots);
    }

    /** One line per plugin, for people. */
    List<String> describe() {
        List<String> lines = new ArrayList<>();
        lines.add("profile " + name);
        filters.forEach(filter -> lines.add("  filter " + filter.name()));
        scorers.forEach(scorer -> lines.add("  scorer " + scorer.name() + " weight " + scorer.weight()));
        lines.add("  picker " + picker.name());
        return lines;
    }
}
