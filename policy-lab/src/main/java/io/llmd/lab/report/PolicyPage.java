package io.llmd.lab.report;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.result.GoalFigure;
import io.llmd.lab.result.Goals;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.study.PolicyStudy;
import io.llmd.lab.study.Section;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The page about routing policies, in Markdown, and its plots. Equal results give equal bytes. */
public final class PolicyPage {

    private static final String IMAGES = "images/policy-";
    private static final double KNEE_CONVERSATION = 3.0;
    private static final double KNEE_LADDER = 2.0;
    private static final List<String> JUDGED_PEERS = List.of("llm-d", "NVIDIA Dynamo", "SGLang, smg");

    /** Output tokens per second that llm-d measured. */
    private static final Map<String, Double> MEASURED = measured();

    private static final List<String> RANKED_ENGINES =
            List.of("compute-less", "compute-more", "memory-less", "memory-more", "overhead-less", "overhead-more");

    private final List<Section> sections;
    private final Map<String, List<RunResult>> runs;
    private final Map<String, Map<String, Double>> knees;
    private final List<Contender> contenders;
    private final String ours;
    private final StringBuilder text = new StringBuilder();

    /**
     * A page.
     *
     * @param runs by the sections' ids
     * @param knees by traffic and contender; empty where none were looked for
     * @param ours name of the contender that is judged
     */
    public PolicyPage(
            List<Section> sections,
            Map<String, List<RunResult>> runs,
            Map<String, Map<String, Double>> knees,
            List<Contender> contenders,
            String ours) {
        this.sections = List.copyOf(sections);
        this.runs = Map.copyOf(runs);
        this.knees = Map.copyOf(knees);
        this.contenders = List.copyOf(contenders);
        this.ours = ours;
    }

    private static Map<String, Double> measured() {
        Map<String, Double> measured = new LinkedHashMap<>();
        measured.put("llmd-precise", 8730.0);
        measured.put("llmd-default", 6944.4);
        measured.put("random", 4428.7);
        measured.put("llmd-load", 4266.4);
        return measured;
    }

    /** Goals of every contender, by its name. */
    public Map<String, List<GoalFigure>> goals() {
        Map<String, List<GoalFigure>> all = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            Goals goals = new Goals(contender.name());
            List<GoalFigure> figures = new ArrayList<>();
            figures.addAll(goals.ofLadder(ladder(contender.name())));
            figures.addAll(goals.ofConversation(of(PolicyStudy.CONVERSATION)));
            figures.addAll(goodput(contender.name(), goals.ofFastConversation(of(PolicyStudy.FAST))));
            figures.addAll(goals.ofKnees(
                    PolicyStudy.CONVERSATION,
                    knees.getOrDefault(PolicyStudy.CONVERSATION, Map.of()),
                    KNEE_CONVERSATION));
            figures.addAll(
                    goals.ofKnees(PolicyStudy.LADDER, knees.getOrDefault(PolicyStudy.LADDER, Map.of()), KNEE_LADDER));
            figures.addAll(goals.ofFaults(of(PolicyStudy.FAST), of(PolicyStudy.FAULTS)));
            all.put(contender.name(), figures);
        }
        return all;
    }

    /** The whole ladder where the contender ran on it. */
    private List<RunResult> ladder(String contender) {
        List<RunResult> whole = of(PolicyStudy.WHOLE_LADDER);
        return whole.stream().anyMatch(run -> run.contender().equals(contender)) ? whole : of(PolicyStudy.LADDER);
    }

    private List<RunResult> of(String section) {
        return runs.getOrDefault(section, List.of());
    }

    /** Against the two that have targets of their own, and of the judged peers the one that does best. */
    private List<GoalFigure> goodput(String contender, List<GoalFigure> figures) {
        List<GoalFigure> kept = new ArrayList<>();
        GoalFigure hardest = null;
        for (GoalFigure figure : figures) {
            if (!figure.name().equals(contender + ".goodput")) {
                continue;
            }
            if (figure.target() != 1) {
                kept.add(figure);
            } else if (isJudgedPeer(figure.baseline()) && (hardest == null || figure.value() < hardest.value())) {
                hardest = figure;
            }
        }
        if (hardest != null) {
            kept.add(hardest);
        }
        return kept;
    }

    private boolean isJudgedPeer(String name) {
        return contenders.stream()
                .anyMatch(contender -> contender.name().equals(name) && JUDGED_PEERS.contains(contender.from()));
    }

    /** PNG images by their names, which begin behind {@code policy-}. */
    public Map<String, byte[]> images() {
        Map<String, byte[]> images = new LinkedHashMap<>();
        add(
                images,
                "ladder-ttft.png",
                PolicyStudy.WHOLE_LADDER,
                runs -> Plots.firstTokens("Time to first token on the ladder", runs));
        add(
                images,
                "ladder-output.png",
                PolicyStudy.LADDER,
                runs -> Plots.bars("Output tokens per second on the shortened ladder", Column.OUTPUT_RATE, runs));
        add(
                images,
                "conversation-3x-ttft.png",
                PolicyStudy.FAST,
                runs -> Plots.firstTokens("Time to first token, conversation at three times its speed", runs));
        add(
                images,
                "conversation-3x-good.png",
                PolicyStudy.FAST,
                runs -> Plots.bars("Good requests, conversation at three times its speed", Column.GOOD, runs));
        add(
                images,
                "hits.png",
                PolicyStudy.CONVERSATION,
                runs -> Plots.bars("Hits in those of one cache, conversation", Column.HIT_EFFICIENCY, runs));
        knees.forEach((traffic, speeds) -> images.put(
                "knee-" + traffic + ".png", Plots.values("Knee on the " + traffic + ", times its speed", speeds)));
        return images;
    }

    private void add(Map<String, byte[]> images, String name, String section, Function<List<RunResult>, byte[]> plot) {
        if (!of(section).isEmpty()) {
            images.put(name, plot.apply(of(section)));
        }
    }

    /** The page. */
    public String markdown() {
        text.setLength(0);
        head();
        goalTable();
        losses();
        contenderTable();
        figures();
        sectionTables();
        kneeTable();
        publishedTable();
        engineTable();
        seedTable();
        return text.toString();
    }

    private void head() {
        text.append("""
                # Policy results

                Which routing policy gives which time to first token, throughput and cache hits? This page answers in virtual time, with
                the scheduler that serves and simulated engines that were calibrated on measured servers
                ([the policy lab](policy-lab.md), [accuracy](simulator-accuracy.md)). It is written by

                ```
                ./llmd lab report
                ```

                and says nothing that did not come out of that run. Ours is `""")
                .append(ours)
                .append(
                        "` ([plugin](plugins/time-cost-scorer.md)); the default of `./llmd up` is `time-cost-estimated`.\n\n");
    }

    private void goalTable() {
        text.append("## Goals\n\nA value is bold where the goal is met.\n\n");
        Map<String, List<GoalFigure>> all = goals();
        List<GoalFigure> header =
                all.values().stream().max(Comparator.comparingInt(List::size)).orElse(List.of());
        if (header.isEmpty()) {
            return;
        }
        List<String> titles = header.stream().map(PolicyPage::title).toList();
        text.append("| contender |");
        titles.forEach(title -> text.append(' ').append(title).append(" |"));
        text.append(" met |\n| --- |")
                .append(" ---: |".repeat(titles.size() + 1))
                .append('\n');
        all.forEach((name, figures) -> {
            text.append("| ").append(name).append(" |");
            int met = 0;
            for (String title : titles) {
                GoalFigure figure = figures.stream()
                        .filter(each -> title(each).equals(title))
                        .findFirst()
                        .orElse(null);
                met += figure != null && figure.pass() ? 1 : 0;
                text.append(' ').append(figure == null ? "-" : shown(figure)).append(" |");
            }
            text.append(' ').append(met).append(" of ").append(titles.size()).append(" |\n");
        });
        text.append('\n');
    }

    private static String shown(GoalFigure figure) {
        String value = String.format(Locale.ROOT, figure.value() < 0.1 ? "%.4f" : "%.3f", figure.value());
        return figure.pass() ? "**" + value + "**" : value;
    }

    /** Goal, figure, target and baseline, alike for all contenders. */
    private static String title(GoalFigure figure) {
        String name = figure.name().substring(figure.name().lastIndexOf('.') + 1);
        boolean isMost = figure.target() < 1 && (name.startsWith("ttft")) || name.endsWith("ttft-mean");
        String baseline = figure.target() == 1 ? "best of llm-d, Dynamo, SGLang" : figure.baseline();
        return String.format(
                Locale.ROOT,
                "%s %s ÷ %s %s %s",
                figure.goal(),
                name,
                baseline,
                isMost ? "≤" : "≥",
                figure.target() < 0.1 ? "1/30" : String.format(Locale.ROOT, "%.2f", figure.target()));
    }

    /** Where another contender does better, and by how much. */
    private void losses() {
        text.append("## Where ").append(ours).append(" loses\n\n");
        List<String> lines = new ArrayList<>();
        for (Section section : sections) {
            loss(
                    lines,
                    section,
                    "mean TTFT",
                    run -> answered(run) ? run.timeToFirstToken().mean() : Double.NaN,
                    false);
            loss(lines, section, "good requests", RunResult::good, true);
        }
        if (lines.isEmpty()) {
            text.append("Nowhere by more than 2 %.\n\n");
            return;
        }
        text.append("Another contender is better by more than 2 %, of those that answered every request:\n\n")
                .append("| where | figure | ")
                .append(ours)
                .append(" | best | who | difference |\n")
                .append("| --- | --- | ---: | ---: | --- | ---: |\n");
        lines.forEach(text::append);
        text.append('\n');
    }

    private static boolean answered(RunResult run) {
        return run.finished() == run.requests();
    }

    private void loss(
            List<String> lines,
            Section section,
            String figure,
            ToDoubleFunction<RunResult> value,
            boolean moreIsBetter) {
        double own = Double.NaN;
        double best = Double.NaN;
        String who = "";
        for (Map.Entry<String, List<RunResult>> each :
                Tables.byContender(of(section.id())).entrySet()) {
            double mean = each.getValue().stream().mapToDouble(value).average().orElse(Double.NaN);
            if (each.getKey().equals(ours)) {
                own = mean;
            } else if (!Double.isNaN(mean) && (Double.isNaN(best) || (moreIsBetter ? mean > best : mean < best))) {
                best = mean;
                who = each.getKey();
            }
        }
        double worse = moreIsBetter ? best / own - 1 : own / best - 1;
        if (worse > 0.02) {
            String format = moreIsBetter ? "%.3f" : "%,.0f ms";
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | " + format + " | " + format + " | %s | %.1f %% |\n",
                    section.title(),
                    figure,
                    own,
                    best,
                    who,
                    100 * worse));
        }
    }

    private void contenderTable() {
        text.append("## Contenders\n\n| name | from | what it does |\n| --- | --- | --- |\n");
        contenders.forEach(contender -> text.append("| ")
                .append(contender.name())
                .append(" | ")
                .append(contender.from())
                .append(" | ")
                .append(contender.summary())
                .append(" |\n"));
        text.append("""

                Not here: Mooncake's and Dynamo's transfers of blocks and tiers, Preble's local queues. Policies in code know loads at once
                and hear of blocks as ours does.

                """);
    }

    private void figures() {
        text.append("## Plots\n\n");
        images().keySet()
                .forEach(name -> text.append("![")
                        .append(name.replace(".png", ""))
                        .append("](")
                        .append(IMAGES)
                        .append(name)
                        .append(")\n\n"));
    }

    private void sectionTables() {
        text.append("""
                ## Each kind of traffic and each condition

                TTFT in milliseconds. *good*: the first token within 1 s + 1.5 × prompt tokens / 15,928 per second and on average at most
                50 ms between tokens. *of one LRU*: hits in those of one cache as large as all together. The first tenth does not count.
                Eight endpoints of Qwen3-32B on two H100 unless it says otherwise; 307,328 KV tokens each, 3,072,000 for the recorded conversation, of
                which the beginning is played.

                """);
        for (Section section : sections) {
            text.append("### ").append(section.title()).append("\n\n");
            if (!section.about().isEmpty()) {
                text.append(section.about()).append("\n\n");
            }
            text.append(Tables.markdownShort(of(section.id()))).append('\n');
        }
    }

    private void kneeTable() {
        if (knees.isEmpty()) {
            return;
        }
        text.append("## Knees\n\n"
                        + "The highest speed at which 95 % of the requests get their first token in time, found to"
                        + " 5 %.\n\n")
                .append("| contender |");
        knees.keySet().forEach(traffic -> text.append(' ').append(traffic).append(" | × round-robin |"));
        text.append("\n| --- |").append(" ---: | ---: |".repeat(knees.size())).append('\n');
        for (Contender contender : contenders) {
            text.append("| ").append(contender.name()).append(" |");
            knees.values().forEach(speeds -> {
                double speed = speeds.getOrDefault(contender.name(), Double.NaN);
                double base = speeds.getOrDefault("round-robin", Double.NaN);
                text.append(String.format(Locale.ROOT, " %.2f | %.2f |", speed, speed / base));
            });
            text.append('\n');
        }
        text.append('\n');
    }

    private void publishedTable() {
        text.append("""
                ## llm-d's "KV-cache wins" table

                Output tokens per second, mean of the sixteen stages, beside what llm-d measured on 16 H100. The promise is 15 % for the
                policies that know prefixes and 45 % for those that do not, with engine constants that were not fitted on it
                ([accuracy](simulator-accuracy.md) says what else the experiment depends on).

                | policy | measured | here | error |
                | --- | ---: | ---: | ---: |
                """);
        MEASURED.forEach((name, rate) -> {
            double here = mean(PolicyStudy.WHOLE_LADDER, name, RunResult::outputRate);
            text.append(String.format(
                    Locale.ROOT, "| %s | %,.0f | %,.0f | %+.0f %% |\n", name, rate, here, 100 * (here / rate - 1)));
        });
        text.append('\n');
    }

    private double mean(String section, String contender, ToDoubleFunction<RunResult> value) {
        return of(section).stream()
                .filter(run -> run.contender().equals(contender))
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }

    /** Does the ranking survive other engines? */
    private void engineTable() {
        text.append("## Other engine constants\n\n"
                + "Good requests on the conversation at three times its speed, and the rank.\n\n");
        List<String> ids = new ArrayList<>(List.of("as-fitted"));
        ids.addAll(RANKED_ENGINES);
        List<String> names = of(RANKED_ENGINES.getFirst()).stream()
                .map(RunResult::contender)
                .distinct()
                .toList();
        text.append("| contender |");
        ids.forEach(id -> text.append(' ').append(id).append(" |"));
        text.append("\n| --- |").append(" ---: |".repeat(ids.size())).append('\n');
        for (String name : names) {
            text.append("| ").append(name).append(" |");
            for (String id : ids) {
                double own = mean(id, name, RunResult::good);
                long better = names.stream()
                        .filter(other -> mean(id, other, RunResult::good) > own + 0.0005)
                        .count();
                text.append(String.format(Locale.ROOT, " %.3f (%d) |", own, 1 + better));
            }
            text.append('\n');
        }
        text.append('\n');
    }

    private void seedTable() {
        text.append("## A second seed\n\nHow far ")
                .append(ours)
                .append(" is from its figures with the first seed.\n\n")
                .append("| traffic | good, first seed | second | mean TTFT ms, first seed | second |\n")
                .append("| --- | ---: | ---: | ---: | ---: |\n");
        for (Section section : sections) {
            if (section.id().startsWith("seed-")) {
                String first = section.id().substring("seed-".length());
                text.append(String.format(
                        Locale.ROOT,
                        "| %s | %.3f | %.3f | %,.0f | %,.0f |\n",
                        first,
                        mean(first, ours, RunResult::good),
                        mean(section.id(), ours, RunResult::good),
                        mean(first, ours, run -> run.timeToFirstToken().mean()),
                        mean(section.id(), ours, run -> run.timeToFirstToken().mean())));
            }
        }
        text.append('\n');
    }
}
