package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Tier;
import io.llmd.lab.autoscale.ScaleStudy.Comparison;
import io.llmd.lab.autoscale.ScaleStudy.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The page about the autoscaler: goals, a table and plots for each workload, and what else was looked at. Immutable. */
public final class ScalePage {

    private static final String IMAGE = "images/";

    /** A run of {@link Extras} and what it gave. */
    record Looked(Extras.Extra extra, ScaleResult result) {}

    private final List<Comparison> comparisons;
    private final List<Looked> looked;
    private final List<ScaleGoal> goals;

    ScalePage(List<Comparison> comparisons, List<Looked> looked) {
        this.comparisons = List.copyOf(comparisons);
        this.looked = List.copyOf(looked);
        goals = ScaleGoals.of(this.comparisons, this.looked);
    }

    /** Goals, in the order of the page. */
    public List<ScaleGoal> goals() {
        return goals;
    }

    /** Plots by the name of their file. */
    public Map<String, byte[]> images() {
        Map<String, byte[]> images = new LinkedHashMap<>();
        for (Comparison each : comparisons) {
            images.put(image(each, "time"), timeline(each));
            images.put(image(each, "frontier"), frontier(each));
        }
        return images;
    }

    private static String image(Comparison comparison, String what) {
        return "autoscaling-" + comparison.workload().id().toLowerCase(Locale.ROOT) + "-" + what + ".png";
    }

    private static byte[] timeline(Comparison comparison) {
        Map<String, ScaleResult> runs = new LinkedHashMap<>();
        runs.put("ours", comparison.ours().getFirst());
        for (Outcome outcome : comparison.others()) {
            if (List.of("B2", "B7", "B12", "B13").contains(outcome.baseline().id())) {
                runs.put(name(outcome), outcome.tuned().getFirst());
            }
        }
        return ScalePlots.timeline(heading(comparison), runs);
    }

    private static String name(Outcome outcome) {
        return outcome.baseline().id() + " " + outcome.baseline().title();
    }

    private byte[] frontier(Comparison comparison) {
        Map<String, List<ScaleResult>> rules = new LinkedHashMap<>();
        List<ScaleResult> ours = new ArrayList<>();
        for (Looked each : looked) {
            boolean isHere = each.extra().group() == Extras.Group.HEADROOM
                    && each.extra().column().equals(comparison.workload().id())
                    && each.result().seed() == comparison.ours().getFirst().seed();
            if (isHere) {
                ours.add(each.result());
            }
        }
        rules.put(ours.isEmpty() ? "ours" : "ours, by headroom", ours.isEmpty() ? comparison.ours() : ours);
        for (Outcome outcome : comparison.others()) {
            if (List.of("B0", "B2", "B3", "B7").contains(outcome.baseline().id())) {
                String id = outcome.baseline().id();
                rules.put(
                        name(outcome),
                        comparison.grid().stream()
                                .filter(each -> each.contestant().equals(id))
                                .toList());
            }
        }
        return ScalePlots.frontier(heading(comparison) + ": every setting, first seed", rules);
    }

    private static String heading(Comparison comparison) {
        return comparison.workload().id() + ", " + comparison.workload().title();
    }

    /** The page. */
    public String markdown() {
        StringBuilder page = new StringBuilder();
        int seeds = comparisons.isEmpty() ? 0 : comparisons.getFirst().ours().size();
        ScaleText.intro(page, seeds);
        goalTable(page);
        losses(page);
        for (Comparison comparison : comparisons) {
            workload(page, comparison);
        }
        for (Extras.Group group : Extras.Group.values()) {
            extra(page, group);
        }
        ScaleText.end(page);
        return page.toString();
    }

    private void goalTable(StringBuilder page) {
        page.append("## Goals\n\n| goal | figure | target | value | |\n| --- | --- | --- | --- | --- |\n");
        for (ScaleGoal goal : goals) {
            page.append("| ")
                    .append(goal.id())
                    .append(" | ")
                    .append(goal.figure())
                    .append(" | ")
                    .append(goal.target())
                    .append(" | ")
                    .append(goal.value())
                    .append(" | ")
                    .append(goal.isMet() ? "met" : "**missed**")
                    .append(" |\n");
        }
        page.append('\n');
    }

    /** Rules, tuned for the workload, that keep as many promises for less, or more of them. */
    private void losses(StringBuilder page) {
        page.append("## Where ours loses\n\n");
        for (Comparison comparison : comparisons) {
            List<String> cheaper = new ArrayList<>();
            List<String> better = new ArrayList<>();
            for (Outcome outcome : comparison.others()) {
                // Of some rules the first seed alone was run.
                List<ScaleResult> paired =
                        comparison.ours().subList(0, outcome.tuned().size());
                double good = Means.of(paired, ScaleResult::attainment);
                double cost = Means.of(paired, ScaleResult::cost);
                double otherGood = Means.of(outcome.tuned(), ScaleResult::attainment);
                double otherCost = Means.of(outcome.tuned(), ScaleResult::cost);
                String id = outcome.baseline().id();
                if (otherGood >= good && otherCost < cost) {
                    cheaper.add(String.format(Locale.ROOT, "%s (%.0f %% less)", id, 100 * (1 - otherCost / cost)));
                } else if (otherGood > good + 0.005) {
                    better.add(String.format(
                            Locale.ROOT,
                            "%s (%+.1f points for %+.0f %%)",
                            id,
                            100 * (otherGood - good),
                            100 * (otherCost / cost - 1)));
                }
            }
            page.append("- ").append(heading(comparison)).append(": ");
            page.append(
                    cheaper.isEmpty()
                            ? "none keeps as many promises for less"
                            : "as good for less: " + String.join(", ", cheaper));
            page.append(better.isEmpty() ? "" : "; better for more: " + String.join(", ", better))
                    .append(".\n");
        }
        page.append('\n').append(ScaleText.reasons()).append('\n');
    }

    private static void workload(StringBuilder page, Comparison comparison) {
        ScaleWorkload workload = comparison.workload();
        page.append("## ").append(heading(comparison)).append("\n\n").append(workload.about());
        page.append(" Promised: ")
                .append(promises(workload))
                .append("; ")
                .append(bounds(workload))
                .append(".\n\n");
        page.append("![replicas over time](")
                .append(IMAGE)
                .append(image(comparison, "time"))
                .append(")\n\n");
        page.append(
                "| who | setting | good % | replicas | cost ÷ ours | first token p99 s | queue s | changes | turns | too many h"
                        + " | most ÷ most of B12 |\n");
        page.append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        List<ScaleResult> knowing = knowing(comparison);
        row(page, "**ours**", comparison.ours(), comparison.ours(), knowing);
        for (Outcome outcome : comparison.others()) {
            String setting = outcome.usual().getFirst().setting();
            if (!outcome.tuned().getFirst().setting().equals(setting)) {
                row(page, name(outcome) + ", default", outcome.usual(), comparison.ours(), knowing);
            }
            row(page, name(outcome) + ", tuned", outcome.tuned(), comparison.ours(), knowing);
        }
        page.append("\n![good requests by replicas](")
                .append(IMAGE)
                .append(image(comparison, "frontier"))
                .append(")\n\n");
    }

    private static String promises(ScaleWorkload workload) {
        List<String> promises = new ArrayList<>();
        for (int i = 0; i < workload.tiers().size(); i++) {
            Tier tier = workload.tiers().get(i);
            String name = workload.tiers().size() == 1 ? "" : tier.name() + ": ";
            promises.add(
                    Double.isFinite(workload.deadline(i))
                            ? name + "the last token within " + number(workload.deadline(i)) + " s"
                            : name + "the first token within " + number(tier.firstTokenTarget()) + " s, "
                                    + number(1_000 * tier.interTokenTarget()) + " ms between tokens");
        }
        return String.join("; ", promises);
    }

    private static String bounds(ScaleWorkload workload) {
        List<String> bounds = new ArrayList<>();
        for (PodKind kind : workload.kinds()) {
            String name =
                    workload.kinds().size() == 1 ? "" : kind.name() + " (" + number(kind.costPerHour()) + " an hour) ";
            bounds.add(name + kind.min() + " to " + kind.max() + " replicas");
        }
        return String.join(", ", bounds);
    }

    private static List<ScaleResult> knowing(Comparison comparison) {
        return comparison.others().stream()
                .filter(each -> each.baseline().id().equals("B12"))
                .map(Outcome::tuned)
                .findFirst()
                .orElse(List.of());
    }

    private static void row(
            StringBuilder page, String who, List<ScaleResult> runs, List<ScaleResult> ours, List<ScaleResult> knowing) {
        page.append(String.format(
                Locale.ROOT,
                "| %s | %s | %.2f | %.2f | %.2f | %.1f | %.0f | %.1f | %.1f | %s | %s |%n",
                who,
                runs.getFirst().setting(),
                100 * Means.of(runs, ScaleResult::attainment),
                Means.of(runs, ScaleResult::replicas),
                Means.of(runs, ScaleResult::cost)
                        / Means.of(ours.subList(0, Math.min(runs.size(), ours.size())), ScaleResult::cost),
                Means.of(runs, ScaleResult::firstToken99),
                Means.of(runs, ScaleResult::waitedSeconds),
                Means.of(runs, ScaleResult::events),
                Means.of(runs, ScaleResult::turns),
                knowing.isEmpty() ? "–" : String.format(Locale.ROOT, "%.2f", tooMany(runs, knowing)),
                knowing.isEmpty()
                        ? "–"
                        : String.format(
                                Locale.ROOT,
                                "%.2f",
                                Means.of(runs, ScaleResult::most)
                                        / Means.of(knowing.subList(0, runs.size()), ScaleResult::most))));
    }

    /** Replica-hours above those of who knows the requests to come. */
    private static double tooMany(List<ScaleResult> runs, List<ScaleResult> knowing) {
        double sum = 0;
        for (int i = 0; i < runs.size(); i++) {
            float[] paid = runs.get(i).series().paid();
            float[] needed = knowing.get(i).series().paid();
            for (int j = 0; j < paid.length; j++) {
                sum += Math.max(0, paid[j] - needed[j]) * runs.get(i).series().step() / 3_600;
            }
        }
        return sum / runs.size();
    }

    private void extra(StringBuilder page, Extras.Group group) {
        List<Looked> own =
                looked.stream().filter(each -> each.extra().group() == group).toList();
        if (own.isEmpty()) {
            return;
        }
        page.append("## ")
                .append(group.title())
                .append("\n\n")
                .append(ScaleText.about(group))
                .append("\n\n");
        Set<String> columns = new LinkedHashSet<>();
        Set<String> rows = new LinkedHashSet<>();
        own.forEach(each -> {
            columns.add(each.extra().column());
            rows.add(each.extra().row());
        });
        page.append("| |");
        columns.forEach(column -> page.append(' ').append(column).append(" |"));
        page.append("\n| --- |").append(" ---: |".repeat(columns.size())).append('\n');
        for (String row : rows) {
            page.append("| ").append(row).append(" |");
            for (String column : columns) {
                List<ScaleResult> runs = own.stream()
                        .filter(each -> each.extra().row().equals(row)
                                && each.extra().column().equals(column))
                        .map(Looked::result)
                        .toList();
                page.append(' ')
                        .append(runs.isEmpty() ? "–" : group == Extras.Group.MIX ? priced(runs) : cell(runs))
                        .append(" |");
            }
            page.append('\n');
        }
        page.append('\n');
    }

    private static String cell(List<ScaleResult> runs) {
        return String.format(
                Locale.ROOT,
                "%.1f @ %.2f",
                100 * Means.of(runs, ScaleResult::attainment),
                Means.of(runs, ScaleResult::replicas));
    }

    private static String priced(List<ScaleResult> runs) {
        return String.format(
                Locale.ROOT,
                "%.1f @ %.1f",
                100 * Means.of(runs, ScaleResult::attainment),
                Means.of(runs, each -> each.cost() * 3_600 / each.series().seconds()));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.format(Locale.ROOT, "%.2f", value);
    }

    /** Each run of the comparison and of what else was looked at, as a line. */
    public String csv() {
        StringBuilder csv = new StringBuilder(
                "part,row,workload,contestant,setting,seed,requests,good,replica_hours,"
                        + "accelerator_hours,cost,queue_seconds,changes,turns,most,first_token_p99,recovery,detection,unexplained\n");
        for (Comparison comparison : comparisons) {
            line(csv, "comparison", "", comparison.ours());
            for (Outcome outcome : comparison.others()) {
                line(csv, "default", "", outcome.usual());
                line(csv, "tuned", "", outcome.tuned());
            }
            line(csv, "grid", "", comparison.grid());
        }
        looked.forEach(each -> line(
                csv,
                each.extra().group().name().toLowerCase(Locale.ROOT),
                each.extra().row(),
                List.of(each.result())));
        return csv.toString();
    }

    private static void line(StringBuilder csv, String part, String row, List<ScaleResult> runs) {
        for (ScaleResult run : runs) {
            csv.append(String.format(
                    Locale.ROOT,
                    "%s,\"%s\",%s,%s,\"%s\",%d,%d,%d,%.4f,%.4f,%.4f,%.0f,%d,%d,%d,%.3f,%.0f,%.0f,%d%n",
                    part,
                    row,
                    run.workload(),
                    run.contestant(),
                    run.setting(),
                    run.seed(),
                    run.requests(),
                    run.good(),
                    run.replicaHours(),
                    run.acceleratorHours(),
                    run.cost(),
                    run.waitedSeconds(),
                    run.events(),
                    run.turns(),
                    run.most(),
                    run.firstToken99(),
                    run.recovery(),
                    run.detection(),
                    run.unexplained()));
        }
    }
}
