package io.llmd.lab.report;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.result.GoalFigure;
import io.llmd.lab.result.Goals;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.study.PolicyStudy;
import io.llmd.lab.study.Section;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The page about routing policies, in Markdown, and its plots. Equal results give equal bytes. */
public final class PolicyPage {

    private static final String IMAGES = "images/policy-";
    private static final double NOTABLE = 0.02;
    private static final double KNEE_CONVERSATION = 3.0;
    private static final double KNEE_LADDER = 2.0;
    private static final List<String> JUDGED_PEERS = List.of("llm-d", "NVIDIA Dynamo", "SGLang, smg");

    /** Output tokens per second that llm-d measured. */
    private static final Map<String, Double> MEASURED = measured();

    private static final List<String> DRAWN = List.of(
            "round-robin",
            "least-request",
            "mooncake-conductor",
            "dynamo",
            "llmd-default",
            "llmd-precise",
            "llmd-sticky-precise");

    private final List<Section> sections;
    private final Map<String, List<RunResult>> runs;
    private final Map<String, Map<String, Double>> knees;
    private final List<Contender> contenders;
    private final String command;
    private final List<String> ours;
    private final StringBuilder text = new StringBuilder();

    /**
     * A page.
     *
     * @param runs by the sections' ids
     * @param knees by traffic and contender; empty where none were looked for
     * @param command that writes the page
     * @param ours names of the contenders that are marked and explained, the best known first
     */
    public PolicyPage(
            List<Section> sections,
            Map<String, List<RunResult>> runs,
            Map<String, Map<String, Double>> knees,
            List<Contender> contenders,
            String command,
            List<String> ours) {
        this.sections = List.copyOf(sections);
        this.runs = Map.copyOf(runs);
        this.knees = Collections.unmodifiableMap(new LinkedHashMap<>(knees));
        this.contenders = List.copyOf(contenders);
        this.command = command;
        this.ours = List.copyOf(ours);
    }

    private static Map<String, Double> measured() {
        Map<String, Double> measured = new LinkedHashMap<>();
        measured.put("measured-precise", 8730.0);
        measured.put("measured-estimated", 6944.4);
        measured.put("measured-random", 4428.7);
        measured.put("measured-load", 4266.4);
        return measured;
    }

    /** Goals of every contender, by its name. */
    public Map<String, List<GoalFigure>> goals() {
        Map<String, List<GoalFigure>> all = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            Goals goals = new Goals(contender.name());
            List<GoalFigure> figures = new ArrayList<>();
            figures.addAll(goals.ofLadder(of(PolicyStudy.LADDER)));
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
                PolicyStudy.LADDER,
                runs -> Plots.firstTokens("Time to first token on the ladder", drawn(runs), ours));
        add(
                images,
                "ladder-output.png",
                PolicyStudy.LADDER,
                runs -> Plots.bars("Output tokens per second on the ladder", Column.OUTPUT_RATE, runs, ours));
        add(
                images,
                "conversation-3x-ttft.png",
                PolicyStudy.FAST,
                runs -> Plots.firstTokens(
                        "Time to first token, conversation at three times its speed", drawn(runs), ours));
        add(
                images,
                "conversation-3x-good.png",
                PolicyStudy.FAST,
                runs -> Plots.bars("Good requests, conversation at three times its speed", Column.GOOD, runs, ours));
        add(
                images,
                "hits.png",
                PolicyStudy.CONVERSATION,
                runs -> Plots.bars("Hits in those of one cache, conversation", Column.HIT_EFFICIENCY, runs, ours));
        knees.forEach((traffic, speeds) -> images.put(
                "knee-" + traffic + ".png",
                Plots.values("Knee on the " + traffic + ", times its speed", speeds, ours)));
        return images;
    }

    /** More lines than these nobody can tell from each other. */
    private List<RunResult> drawn(List<RunResult> all) {
        List<RunResult> some = all.stream()
                .filter(run -> ours.contains(run.contender()) || DRAWN.contains(run.contender()))
                .toList();
        return some.isEmpty() ? all : some;
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
        goalTables();
        losses();
        contenderTable();
        figures();
        sectionTables();
        kneeTable();
        publishedTable();
        Robustness robustness = new Robustness(runs, ours);
        text.append(robustness.engines());
        text.append(robustness.tuning());
        return text.toString();
    }

    private void head() {
        text.append("""
                # Policy results

                Which routing policy gives which time to first token, throughput and cache hits? This page answers in virtual time, with
                the scheduler that serves and simulated engines that were calibrated on measured servers
                ([the policy lab](policy-lab.md), [accuracy](simulator-accuracy.md)). It is written by

                ```sh long
                %s
                ```

                and has no figure that did not come out of that run. Ours are `time-cost` ([plugin](plugins/time-cost-producer.md)), which hears
                of KV events, and `time-cost-estimated`, the same over estimated prefixes: the default of `./llmd up`.
                [How well latencies are predicted](policy-results-predictor.md) and [a run in real time](policy-results-real-time.md) have
                pages of their own.

                """.formatted(command));
    }

    private void goalTables() {
        GoalTables tables = new GoalTables(goals(), contenders, ours);
        text.append("""
                ## Goals

                P1: the ladder's slow tenth and output rate. P2: cache hits, and what they cost. P3: good requests on the conversation at
                three times its speed. P4: the knees. P5: faults. A goal is met when all its figures below are.

                """)
                .append(tables.verdicts())
                .append("\n### The figures behind that\n\nA value is bold where its target is met.\n\n")
                .append(tables.figures())
                .append("\n### Where ours fail, by how much, and why\n\n")
                .append(tables.misses())
                .append('\n');
    }

    /** Where another contender does better, and by how much. */
    private void losses() {
        text.append("## Where ours lose\n\n");
        List<String> lines = new ArrayList<>();
        for (String name : ours) {
            for (Section section : sections) {
                loss(
                        lines,
                        name,
                        section,
                        "mean TTFT",
                        run -> answered(run) ? run.timeToFirstToken().mean() : Double.NaN,
                        false);
                loss(lines, name, section, "good requests", RunResult::good, true);
            }
        }
        if (lines.isEmpty()) {
            text.append("Nowhere by more than 2 %.\n\n");
            return;
        }
        text.append(
                        "A contender that is not ours is better by more than 2 %, of those that answered every request:\n\n")
                .append("| ours | where | figure | value | best | who | difference |\n")
                .append("| --- | --- | --- | ---: | ---: | --- | ---: |\n");
        lines.forEach(text::append);
        text.append('\n');
    }

    private static boolean answered(RunResult run) {
        return run.finished() == run.requests();
    }

    private void loss(
            List<String> lines,
            String name,
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
            if (each.getKey().equals(name)) {
                own = mean;
            } else if (!ours.contains(each.getKey())
                    && !Double.isNaN(mean)
                    && (Double.isNaN(best) || (moreIsBetter ? mean > best : mean < best))) {
                best = mean;
                who = each.getKey();
            }
        }
        double worse = moreIsBetter ? best / own - 1 : own / best - 1;
        if (worse > NOTABLE) {
            String format = moreIsBetter ? "%.3f" : "%,.0f ms";
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | " + format + " | " + format + " | %s | %.1f %% |\n",
                    name,
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
                which the beginning is played. Runs with other seeds have tables of their own below.

                """);
        for (Section section : sections) {
            if (section.id().contains(PolicyStudy.SECOND)) {
                continue;
            }
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
        if (of(PolicyStudy.MEASURED).isEmpty()) {
            return;
        }
        text.append("""
                ## llm-d's "KV-cache wins" table

                Output tokens per second, mean of the sixteen stages, beside what llm-d measured on 16 H100, with what its client did
                ([accuracy](simulator-accuracy.md)). *As fitted*: engine constants from another version of vLLM, a prediction; the promise
                is 15 % for the policies that know prefixes and 45 % for those that do not. *Overhead chosen*: one constant, the overhead of a
                step, chosen on this measurement; the promise is 10 % and 25 %. Below them what today's scheduler does in the same
                experiment.

                | policy | measured | as fitted | error | promise | | overhead chosen | error | promise | |
                | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- |
                """);
        MEASURED.forEach((name, rate) -> {
            boolean knowsPrefixes = name.endsWith("precise") || name.endsWith("estimated");
            text.append("| ").append(name).append(String.format(Locale.ROOT, " | %,.0f |", rate));
            published(PolicyStudy.MEASURED, name, rate, knowsPrefixes ? 0.15 : 0.45);
            published(PolicyStudy.MEASURED_OVERHEAD, name, rate, knowsPrefixes ? 0.10 : 0.25);
            text.append('\n');
        });
        of(PolicyStudy.MEASURED).stream()
                .map(RunResult::contender)
                .distinct()
                .filter(name -> !MEASURED.containsKey(name))
                .forEach(name -> text.append(String.format(
                        Locale.ROOT,
                        "| %s | - | %,.0f | | | | %,.0f | | | |\n",
                        name,
                        mean(PolicyStudy.MEASURED, name, RunResult::outputRate),
                        mean(PolicyStudy.MEASURED_OVERHEAD, name, RunResult::outputRate))));
        text.append('\n');
    }

    private void published(String section, String name, double rate, double promise) {
        double error = mean(section, name, RunResult::outputRate) / rate - 1;
        text.append(String.format(
                Locale.ROOT,
                " %,.0f | %+.1f %% | %.0f %% | %s |",
                mean(section, name, RunResult::outputRate),
                100 * error,
                100 * promise,
                Math.abs(error) <= promise ? "kept" : "broken"));
    }

    private double mean(String section, String contender, ToDoubleFunction<RunResult> value) {
        return of(section).stream()
                .filter(run -> run.contender().equals(contender))
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }
}
