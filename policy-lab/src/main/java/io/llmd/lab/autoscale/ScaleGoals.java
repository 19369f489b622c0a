package io.llmd.lab.autoscale;

import io.llmd.lab.autoscale.ScalePage.Looked;
import io.llmd.lab.autoscale.ScaleStudy.Comparison;
import io.llmd.lab.autoscale.ScaleStudy.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Goals: P14 against each rule, and the thresholds of specs/autoscaling.md 5.5. */
final class ScaleGoals {

    private static final double SAVED = 0.9;
    /** Rules that are a HorizontalPodAutoscaler on a metric. */
    private static final List<String> HPAS = List.of("B1", "B2", "B3", "B4", "B5");

    /** Who knows what comes, or all but that. */
    private static final List<String> REFERENCES = List.of("B12", "B13");

    private final List<ScaleGoal> goals = new ArrayList<>();
    private final List<Comparison> comparisons;
    private final List<Looked> looked;

    private ScaleGoals(List<Comparison> comparisons, List<Looked> looked) {
        this.comparisons = comparisons;
        this.looked = looked;
    }

    /** Whether goals are about a rule. */
    static boolean isCompared(Baselines.Baseline rule) {
        return HPAS.contains(rule.id()) || REFERENCES.contains(rule.id());
    }

    static List<ScaleGoal> of(List<Comparison> comparisons, List<Looked> looked) {
        ScaleGoals goals = new ScaleGoals(comparisons, looked);
        goals.savings();
        goals.bothTuned();
        goals.oneHpa();
        goals.thresholds();
        goals.explained();
        return List.copyOf(goals.goals);
    }

    private void add(String id, String figure, String target, String value, boolean isMet) {
        goals.add(new ScaleGoal(id, figure, target, value, isMet));
    }

    /** P14: a tenth fewer replica-hours than a tuned HPA that breaks no more promises. */
    private void savings() {
        double ours = 0;
        double theirs = 0;
        double points = 0;
        int count = 0;
        boolean isComparable = false;
        for (Comparison comparison : comparisons) {
            Outcome best = tunedHpa(comparison);
            if (best == null) {
                continue;
            }
            Means.Interval hours = Means.ratio(comparison.ours(), best.tuned(), ScaleResult::replicaHours);
            Means.Interval good = Means.difference(comparison.ours(), best.tuned(), ScaleResult::attainment);
            isComparable = true;
            ours += Means.of(comparison.ours(), ScaleResult::replicaHours);
            theirs += Means.of(best.tuned(), ScaleResult::replicaHours);
            points += 100 * good.value();
            count++;
            add(
                    "P14",
                    comparison.workload().id() + ", replica-hours ÷ best tuned HPA ("
                            + best.baseline().id() + ", "
                            + best.tuned().getFirst().setting() + "), more good requests in points",
                    "≤ 0.90, ≥ 0",
                    String.format(
                            Locale.ROOT,
                            "%.3f (%.3f to %.3f), %+.2f (%+.2f to %+.2f)",
                            hours.value(),
                            hours.low(),
                            hours.high(),
                            100 * good.value(),
                            100 * good.low(),
                            100 * good.high()),
                    hours.value() <= SAVED && good.value() >= 0);
        }
        if (isComparable) {
            add(
                    "P14",
                    "all workloads, replica-hours ÷ best tuned HPA of each; more good requests in points, mean",
                    "≤ 0.90, ≥ 0",
                    String.format(Locale.ROOT, "%.3f, %+.2f", ours / theirs, points / count),
                    ours / theirs <= SAVED && points >= 0);
        }
    }

    /** The same where ours has its one knob tuned for the workload as well: the fewest hours that keep as many promises as that HPA. */
    private void bothTuned() {
        double ours = 0;
        double theirs = 0;
        double points = 0;
        int count = 0;
        for (Comparison comparison : comparisons) {
            Outcome best = tunedHpa(comparison);
            List<ScaleResult> tuned = best == null ? List.of() : tunedOurs(comparison, best);
            if (best == null || tuned.isEmpty()) {
                continue;
            }
            Means.Interval hours = Means.ratio(tuned, best.tuned(), ScaleResult::replicaHours);
            Means.Interval good = Means.difference(tuned, best.tuned(), ScaleResult::attainment);
            ours += Means.of(tuned, ScaleResult::replicaHours);
            theirs += Means.of(best.tuned(), ScaleResult::replicaHours);
            points += 100 * good.value();
            count++;
            add(
                    "P14",
                    comparison.workload().id() + ", both tuned: the same with ours at "
                            + tuned.getFirst().setting(),
                    "≤ 0.90, ≥ 0",
                    String.format(
                            Locale.ROOT,
                            "%.3f (%.3f to %.3f), %+.2f (%+.2f to %+.2f)",
                            hours.value(),
                            hours.low(),
                            hours.high(),
                            100 * good.value(),
                            100 * good.low(),
                            100 * good.high()),
                    hours.value() <= SAVED && good.value() >= 0);
        }
        if (count > 1) {
            add(
                    "P14",
                    "all workloads, both tuned; more good requests in points, mean",
                    "≤ 0.90, ≥ 0",
                    String.format(Locale.ROOT, "%.3f, %+.2f", ours / theirs, points / count),
                    ours / theirs <= SAVED && points >= 0);
        }
    }

    /** The share left free that keeps as many promises with the fewest hours; where none does, the one that keeps most. */
    private List<ScaleResult> tunedOurs(Comparison comparison, Outcome hpa) {
        double asked = Means.of(hpa.tuned(), ScaleResult::attainment);
        Map<String, List<ScaleResult>> byHeadroom = new LinkedHashMap<>();
        for (Looked each : looked) {
            boolean isHere = each.extra().group() == Extras.Group.HEADROOM
                    && each.extra().column().equals(comparison.workload().id());
            if (isHere) {
                byHeadroom
                        .computeIfAbsent(each.extra().row(), row -> new ArrayList<>())
                        .add(each.result());
            }
        }
        List<ScaleResult> best = List.of();
        for (List<ScaleResult> runs : byHeadroom.values()) {
            best = best.isEmpty() || isBetter(runs, best, asked) ? runs : best;
        }
        return best;
    }

    /** The one that keeps as many promises with the fewest hours; where none does, the one that keeps most. */
    private static @Nullable Outcome tunedHpa(Comparison comparison) {
        double asked = Means.of(comparison.ours(), ScaleResult::attainment);
        Outcome best = null;
        for (Outcome each : comparison.others()) {
            if (HPAS.contains(each.baseline().id()) && (best == null || isBetter(each.tuned(), best.tuned(), asked))) {
                best = each;
            }
        }
        return best;
    }

    private static boolean isBetter(List<ScaleResult> one, List<ScaleResult> other, double asked) {
        double good = Means.of(one, ScaleResult::attainment);
        double otherGood = Means.of(other, ScaleResult::attainment);
        if (good >= asked != otherGood >= asked) {
            return good >= asked;
        }
        return good >= asked
                ? Means.of(one, ScaleResult::replicaHours) < Means.of(other, ScaleResult::replicaHours)
                : good > otherGood;
    }

    /** The same with one setting for all workloads, as somebody would have it who cannot tune it for each of them. */
    private void oneHpa() {
        Map<String, double[]> settings = new LinkedHashMap<>();
        double[] ours = new double[2];
        int count = 0;
        for (Comparison comparison : comparisons) {
            if (comparison.workload().kinds().size() > 1) {
                // There the rules have other settings.
                continue;
            }
            count++;
            for (ScaleResult run : comparison.grid()) {
                if (run.contestant().equals(ScaleStudy.OURS)) {
                    add(ours, run);
                } else if (HPAS.contains(run.contestant())) {
                    String name = run.contestant() + ", " + run.setting();
                    add(settings.computeIfAbsent(name, none -> new double[2]), run);
                }
            }
        }
        String best = "";
        double[] known = {0, Double.POSITIVE_INFINITY};
        for (Map.Entry<String, double[]> each : settings.entrySet()) {
            double[] sums = each.getValue();
            boolean isEnough = sums[1] <= ours[1];
            boolean wasEnough = known[1] <= ours[1];
            boolean isCheaper = isEnough && (!wasEnough || sums[0] < known[0]);
            if (isCheaper || (!isEnough && !wasEnough && sums[1] < known[1])) {
                best = each.getKey();
                known = sums;
            }
        }
        if (count > 1 && !best.isEmpty()) {
            add(
                    "P14",
                    "all workloads with one variant, first seed, replica-hours ÷ the one HPA setting that is best over all of them ("
                            + best + "); more bad requests in points, mean",
                    "≤ 0.90, ≤ 0",
                    String.format(Locale.ROOT, "%.3f, %+.2f", ours[0] / known[0], 100 * (ours[1] - known[1]) / count),
                    ours[0] <= SAVED * known[0] && ours[1] <= known[1]);
        }
    }

    private static void add(double[] sums, ScaleResult run) {
        sums[0] += run.replicaHours();
        sums[1] += 1 - run.attainment();
    }

    private void thresholds() {
        for (Comparison comparison : comparisons) {
            String id = comparison.workload().id();
            switch (id) {
                case "W1" -> bounds(comparison, 0.97, 6.1);
                case "W2" -> stepBounds(comparison);
                case "W3" -> dayBounds(comparison);
                case "W4" -> bounds(comparison, 0.93, 3.5);
                case "W5" -> bounds(comparison, 0.98, 4.5);
                case "W6" -> burstBounds();
                case "W9" -> mixBounds(comparison);
                default -> {}
            }
        }
        faults();
        idle();
    }

    private void bounds(Comparison comparison, double good, double replicas) {
        double isGood = Means.of(comparison.ours(), ScaleResult::attainment);
        double count = Means.of(comparison.ours(), ScaleResult::replicas);
        add(
                comparison.workload().id(),
                "good requests, replicas",
                String.format(Locale.ROOT, "≥ %.0f %%, ≤ %.1f", 100 * good, replicas),
                String.format(Locale.ROOT, "%.2f %%, %.2f", 100 * isGood, count),
                isGood >= good && count <= replicas);
    }

    private void stepBounds(Comparison comparison) {
        double good = Means.of(comparison.ours(), ScaleResult::attainment);
        double recovery = Means.of(comparison.ours(), ScaleResult::recovery);
        add("W2", "good requests", "≥ 86 %", String.format(Locale.ROOT, "%.2f %%", 100 * good), good >= 0.86);
        add(
                "W2",
                "seconds from the step until nothing waits",
                "≤ 250",
                String.format(Locale.ROOT, "%.0f", recovery),
                recovery <= 250);
        List<ScaleResult> fast = looked(Extras.Group.STARTS, "ours", "30 s");
        if (!fast.isEmpty()) {
            double share = Means.of(fast, ScaleResult::attainment);
            add(
                    "W2",
                    "good requests where starts take 30 s",
                    "≥ 96 %",
                    String.format(Locale.ROOT, "%.2f %%", 100 * share),
                    share >= 0.96);
        }
    }

    private void dayBounds(Comparison comparison) {
        double good = Means.of(comparison.ours(), ScaleResult::attainment);
        double events = Means.of(comparison.ours(), ScaleResult::events);
        add("W3", "good requests", "≥ 99.5 %", String.format(Locale.ROOT, "%.2f %%", 100 * good), good >= 0.995);
        add("W3", "changes", "≤ 10", String.format(Locale.ROOT, "%.1f", events), events <= 10);
        for (Outcome each : comparison.others()) {
            if (each.baseline().id().equals("B12")) {
                double cost = ratio(comparison.ours(), each.tuned(), ScaleResult::cost);
                add(
                        "W3",
                        "cost ÷ that of who knows the requests to come (B12)",
                        "≤ 1.15",
                        String.format(Locale.ROOT, "%.2f", cost),
                        cost <= 1.15);
            }
        }
    }

    private void burstBounds() {
        List<ScaleResult> reserve = looked(Extras.Group.BURSTS, "quantile 0.95", "W6");
        List<ScaleResult> none = looked(Extras.Group.BURSTS, "none", "W6");
        if (!reserve.isEmpty()) {
            double good = Means.of(reserve, ScaleResult::attainment);
            add(
                    "W6",
                    "good requests with a reserve for bursts of quantile 0.95; its price",
                    "≥ 84 %",
                    String.format(
                            Locale.ROOT, "%.2f %%; cost × %.2f", 100 * good, ratio(reserve, none, ScaleResult::cost)),
                    good >= 0.84);
        }
    }

    private void mixBounds(Comparison comparison) {
        double cost = Means.of(comparison.ours(), ScaleResult::cost);
        double least = CheapestMix.cost(
                comparison.workload(),
                MixedRequests.HITS,
                comparison.ours().getFirst().seed());
        double share = comparison.ours().getFirst().cost() / least;
        add(
                "W9",
                "cost ÷ that of the cheapest mix of each minute, whose replicas start at once",
                "≤ 1.05",
                String.format(Locale.ROOT, "%.2f", share),
                share <= 1.05);
        List<ScaleResult> together = looked(Extras.Group.MIX, Extras.TOGETHER, "W9");
        if (!together.isEmpty()) {
            double one = Means.of(together, ScaleResult::cost);
            add(
                    "W9",
                    "cost ÷ that of one kind of replica for all",
                    "≤ 0.60",
                    String.format(Locale.ROOT, "%.2f", cost / one),
                    cost <= 0.6 * one);
        }
        double late = Means.of(comparison.ours(), each -> 1 - each.goodByTier().getLast());
        add(
                "W9",
                "work that can wait and was late",
                "0 %",
                String.format(Locale.ROOT, "%.2f %%", 100 * late),
                late == 0);
    }

    private static double ratio(List<ScaleResult> one, List<ScaleResult> other, ToDoubleFunction<ScaleResult> figure) {
        return Means.of(one, figure) / Means.of(other, figure);
    }

    private List<ScaleResult> looked(Extras.Group group, String row, String column) {
        return looked.stream()
                .filter(each -> each.extra().group() == group
                        && each.extra().row().equals(row)
                        && each.extra().column().equals(column))
                .map(Looked::result)
                .toList();
    }

    private void faults() {
        List<ScaleResult> blind = looked(Extras.Group.FAULTS, "nothing can be read for half an hour", "W3");
        if (!blind.isEmpty()) {
            long lowered = blind.stream()
                    .filter(each -> Extras.isLoweredBlind(each.series()))
                    .count();
            add(
                    "W12",
                    "runs in which a number was lowered while nothing could be read",
                    "0",
                    "" + lowered,
                    lowered == 0);
        }
    }

    private void idle() {
        List<ScaleResult> idle = looked.stream()
                .filter(each -> each.extra().group() == Extras.Group.IDLE)
                .map(Looked::result)
                .toList();
        if (idle.isEmpty()) {
            return;
        }
        double asked = Means.of(idle, ScaleResult::detection);
        add(
                "W11",
                "seconds from the first request until a replica is asked for",
                "< 2",
                String.format(Locale.ROOT, "%.1f", asked),
                asked < 2);
        long broken =
                idle.stream().filter(each -> each.good() < each.requests()).count();
        add("W11", "runs in which replicas went while an answer streamed", "0", "" + broken, broken == 0);
    }

    private void explained() {
        long unexplained = comparisons.stream()
                .flatMap(each -> each.ours().stream())
                .mapToLong(ScaleResult::unexplained)
                .sum();
        add("any", "decisions without an explanation", "0", "" + unexplained, unexplained == 0);
    }
}
