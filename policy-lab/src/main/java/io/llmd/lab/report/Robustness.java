package io.llmd.lab.report;

import io.llmd.lab.result.RunResult;
import io.llmd.lab.study.PolicyStudy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Whether results survive other engine constants, another seed and other traffic, as Markdown. */
final class Robustness {

    private static final String AS_FITTED = "as-fitted";
    private static final List<String> ENGINES =
            List.of("compute-less", "compute-more", "memory-less", "memory-more", "overhead-less", "overhead-more");

    /** Shares of good requests that differ by less rank alike. */
    private static final double ALIKE = 0.02;

    private static final double WITHIN = 0.05;
    private static final double SLOW = 0.99;

    /** Milliseconds around those of the objective. */
    private static final List<Integer> GAP_BOUNDS = List.of(40, 45, 50, 55, 60, 75, 100);

    /** Traffic at the limit, where not all answers can be good. */
    private static final List<String> LIMITED = List.of("rag", "bursts", "overload");

    /** Traffic whose share of good requests a seed hardly changes. */
    private static final List<String> STEADY = Stream.concat(
                    Stream.of(AS_FITTED, PolicyStudy.LADDER), PolicyStudy.generated().stream())
            .filter(id -> !LIMITED.contains(id))
            .toList();

    private final Map<String, List<RunResult>> runs;
    private final List<String> ours;

    Robustness(Map<String, List<RunResult>> runs, List<String> ours) {
        this.runs = runs;
        this.ours = ours;
    }

    private double mean(String section, String contender, ToDoubleFunction<RunResult> value) {
        return runs.getOrDefault(section, List.of()).stream()
                .filter(run -> run.contender().equals(contender))
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }

    /** Does the ranking survive other engines? Empty where these did not run. */
    String engines() {
        List<String> names = runs.getOrDefault(AS_FITTED, List.of()).stream()
                .map(RunResult::contender)
                .distinct()
                .toList();
        List<String> ids = ENGINES.stream().filter(runs::containsKey).toList();
        if (names.isEmpty() || ids.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("""
                ## Other engine constants

                Good requests on the conversation at three times its speed, and the rank, with 30 % less and 30 % more compute and
                attention throughput, memory throughput, and overhead of steps, layers and sequences.

                | contender |\
                """);
        List<String> columns = new ArrayList<>(List.of(AS_FITTED));
        columns.addAll(ids);
        columns.forEach(id -> text.append(' ').append(id).append(" |"));
        text.append("\n| --- |").append(" ---: |".repeat(columns.size())).append('\n');
        for (String name : names) {
            text.append("| ").append(name).append(" |");
            for (String id : columns) {
                double own = mean(id, name, RunResult::good);
                long better = names.stream()
                        .filter(other -> mean(id, other, RunResult::good) > own + 0.0005)
                        .count();
                text.append(String.format(Locale.ROOT, " %.3f (%d) |", own, 1 + better));
            }
            text.append('\n');
        }
        return text.append('\n').append(survival(names, ids)).append('\n').toString();
    }

    private String survival(List<String> names, List<String> ids) {
        int pairs = 0;
        List<String> inverted = new ArrayList<>();
        for (String id : ids) {
            for (String one : names) {
                for (String other : names) {
                    double before = mean(AS_FITTED, one, RunResult::good) - mean(AS_FITTED, other, RunResult::good);
                    double after = mean(id, one, RunResult::good) - mean(id, other, RunResult::good);
                    if (before > ALIKE) {
                        pairs++;
                        if (after < -ALIKE) {
                            inverted.add(one + " and " + other + " (" + id + ")");
                        }
                    }
                }
            }
        }
        return String.format(
                        Locale.ROOT,
                        "Of %d pairs that differ by more than two points as fitted, %d change places by more than that%s.\n",
                        pairs,
                        inverted.size(),
                        inverted.isEmpty() ? ": the ranking survives" : ": " + String.join(", ", inverted))
                + first(names, ids);
    }

    private String first(List<String> names, List<String> ids) {
        StringBuilder text = new StringBuilder();
        for (String name : ours) {
            if (!names.contains(name)) {
                continue;
            }
            double most = 0;
            for (String id : ids) {
                double own = mean(id, name, RunResult::good);
                for (String other : names) {
                    if (!ours.contains(other)) {
                        most = Math.max(most, mean(id, other, RunResult::good) / own - 1);
                    }
                }
            }
            String behind = most <= 0
                    ? "is first of those that are not ours with all constants."
                    : String.format(
                            Locale.ROOT, "is at most %.1f %% behind the best of those that are not ours.", 100 * most);
            text.append('`').append(name).append("` ").append(behind).append('\n');
        }
        return text.toString();
    }

    /** How far ours are from their figures with the first seed, and from the best on recorded and generated traffic. */
    String tuning() {
        List<String> secondSeeds = STEADY.stream()
                .map(id -> PolicyStudy.SECOND + id)
                .filter(runs::containsKey)
                .toList();
        StringBuilder text = new StringBuilder();
        if (!secondSeeds.isEmpty()) {
            text.append("""
                    ## A second seed

                    | contender | traffic | good, first seed | second | difference | hit of one LRU | second | mean TTFT ms | second | within 5 % |
                    | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
                    """);
            for (String name : ours) {
                secondSeeds.forEach(id -> text.append(second(name, id)));
            }
            text.append("""

                    Shares of good requests and hits are held against 5 %; a mean time to first token moves with the traffic that a
                    seed makes, for every policy. So does the share of good requests where load is at the limit, as with documents and
                    bursts: with other seeds ours are held against the others, below.

                    """);
        }
        return text.append(generated())
                .append(generatedAgain())
                .append(bounds())
                .append(asked())
                .toString();
    }

    private String second(String name, String id) {
        String first = id.substring(PolicyStudy.SECOND.length());
        double before = mean(first, name, RunResult::good);
        double after = mean(id, name, RunResult::good);
        double hitBefore = mean(first, name, RunResult::hitEfficiency);
        double hitAfter = mean(id, name, RunResult::hitEfficiency);
        boolean isWithin = Math.abs(after / before - 1) <= WITHIN
                && (Double.isNaN(hitBefore) || Math.abs(hitAfter / hitBefore - 1) <= WITHIN);
        return Double.isNaN(after)
                ? ""
                : String.format(
                        Locale.ROOT,
                        "| %s | %s | %.3f | %.3f | %+.1f %% | %s | %s | %,.0f | %,.0f | %s |\n",
                        name,
                        first,
                        before,
                        after,
                        100 * (after / before - 1),
                        share(hitBefore),
                        share(hitAfter),
                        mean(first, name, run -> run.timeToFirstToken().mean()),
                        mean(id, name, run -> run.timeToFirstToken().mean()),
                        isWithin ? "yes" : "no");
    }

    /** Without prefixes there is none. */
    private static String share(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
    }

    private String generated() {
        List<String> ids =
                PolicyStudy.generated().stream().filter(runs::containsKey).toList();
        return ids.isEmpty() ? "" : againstOthers("""
                ## Recorded and generated traffic

                Good requests in those of the best contender that is not ours. That work, and what it pushes out of a cache, is priced at the
                mean of the candidates' queues, how sharp the times are that answers are held to, and what a missed one costs, was decided
                on the ladders, the conversation, documents (five seeds), bursts and overload together. Nothing else was fitted to them.

                """, ids) + means(ids);
    }

    private String generatedAgain() {
        List<String> ids = PolicyStudy.generated().stream()
                .map(id -> PolicyStudy.SECOND + id)
                .filter(runs::containsKey)
                .toList();
        return ids.isEmpty() ? "" : againstOthers("""
                ## Generated workloads, other seeds

                The same with the second seed. Of documents and bursts, where load is at the limit and a thousand requests of one seed tell
                shares to three points at best, the mean of four more seeds; those of documents are among the five.

                """, ids) + means(ids);
    }

    private String againstOthers(String heading, List<String> ids) {
        StringBuilder text = new StringBuilder(heading).append("| traffic | best of the others | good |");
        ours.forEach(name -> text.append(' ').append(name).append(" | ÷ best | within 5 % |"));
        text.append("\n| --- | --- | ---: |")
                .append(" ---: | ---: | --- |".repeat(ours.size()))
                .append('\n');
        for (String id : ids) {
            String who = bestOfOthers(id);
            double best = mean(id, who, RunResult::good);
            text.append(String.format(Locale.ROOT, "| %s | %s | %.3f |", traffic(id), who, best));
            for (String name : ours) {
                double own = mean(id, name, RunResult::good);
                String verdict = isWithin(id, name, who) ? "yes" : "no";
                text.append(String.format(Locale.ROOT, " %.3f | %.3f | %s |", own, own / best, verdict));
            }
            text.append('\n');
        }
        return text.append('\n').toString();
    }

    private static String traffic(String id) {
        return id.startsWith(PolicyStudy.SECOND) ? id.substring(PolicyStudy.SECOND.length()) : id;
    }

    /** Where ours are behind: the means behind the shares, for a share jumps where most requests are close to an objective. */
    private String means(List<String> ids) {
        StringBuilder text = new StringBuilder();
        for (String id : ids) {
            String best = bestOfOthers(id);
            for (String name : ours) {
                if (!isWithin(id, name, best)) {
                    text.append(String.format(
                            Locale.ROOT, "- %s: %s; %s.\n", traffic(id), means(id, name), means(id, best)));
                }
            }
        }
        return text.isEmpty() ? "" : "Means where that is not within 5 %:\n\n" + text.append('\n');
    }

    /** How many answers keep other bounds between tokens than the one that ours aim at. */
    private String bounds() {
        List<String> ids = LIMITED.stream().filter(runs::containsKey).toList();
        if (ids.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("""
                ## Other bounds

                Where nothing is asked for ours hold answers to the times of the configuration. Users may count others: answers with no
                more than so many milliseconds between tokens in the mean, and the best of those that are not ours for each bound.

                | traffic | contender |\
                """);
        GAP_BOUNDS.forEach(bound -> text.append(' ').append(bound).append(" |"));
        text.append("\n| --- | --- |")
                .append(" ---: |".repeat(GAP_BOUNDS.size()))
                .append('\n');
        for (String id : ids) {
            boundsOf(text, id, "best of the others", bound -> bestWithin(id, bound));
            ours.forEach(name -> boundsOf(text, id, name, bound -> within(id, name, bound)));
        }
        return text.append('\n').toString();
    }

    private static void boundsOf(StringBuilder text, String id, String name, IntToDoubleFunction share) {
        text.append("| ").append(id).append(" | ").append(name).append(" |");
        GAP_BOUNDS.forEach(bound -> text.append(String.format(Locale.ROOT, " %.3f |", share.applyAsDouble(bound))));
        text.append('\n');
    }

    private double within(String id, String name, int bound) {
        return mean(id, name, run -> run.interToken().shareWithin(bound));
    }

    private double bestWithin(String id, int bound) {
        return runs.getOrDefault(id, List.of()).stream()
                .map(RunResult::contender)
                .filter(name -> !ours.contains(name))
                .mapToDouble(name -> within(id, name, bound))
                .max()
                .orElse(Double.NaN);
    }

    /** What becomes of the same traffic when requests ask for it; empty where that did not run. */
    private String asked() {
        Stream<String> again = PolicyStudy.generated().stream().map(id -> PolicyStudy.SECOND + id);
        List<String> ids = Stream.concat(PolicyStudy.asking().stream(), again)
                .filter(id -> runs.containsKey(id) && runs.containsKey(PolicyStudy.ASKED + id))
                .toList();
        if (ids.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("""
                ## Where requests ask for times

                The same traffic with what a good answer is in the headers `x-llm-d-slo-ttft-ms` and `x-llm-d-slo-tpot-ms` of each
                request. Policies of llm-d that predict latency read them, and ours; the best of the others is the best of those that
                do and of those that do not. Where nothing is asked ours hold answers to the times of their configuration: as many
                milliseconds between tokens, and to the first one a second and 1.5 times what they have learnt that the prompt takes.

                | traffic | contender | good, nothing asked | asked | best of the others | | ÷ best | within 5 % | mean TTFT ms | asked | p99 | asked |
                | --- | --- | ---: | ---: | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |
                """);
        ids.forEach(id -> ours.forEach(name -> text.append(asked(id, name))));
        return text.append('\n').toString();
    }

    private String asked(String id, String name) {
        String with = PolicyStudy.ASKED + id;
        double good = mean(with, name, RunResult::good);
        if (Double.isNaN(good)) {
            return "";
        }
        String unasked = bestOfOthers(id);
        String reading = bestOfOthers(with);
        double most = mean(id, unasked, RunResult::good);
        double mostAsked = reading.isEmpty() ? 0 : mean(with, reading, RunResult::good);
        double best = Math.max(most, mostAsked);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.3f | %.3f | %s | %.3f | %.3f | %s | %,.0f | %,.0f | %,.0f | %,.0f |\n",
                traffic(id) + (id.startsWith(PolicyStudy.SECOND) ? ", other seeds" : ""),
                name,
                mean(id, name, RunResult::good),
                good,
                mostAsked > most ? reading + ", asked" : unasked,
                best,
                good / best,
                good >= (1 - WITHIN) * best ? "yes" : "no",
                mean(id, name, run -> run.timeToFirstToken().mean()),
                mean(with, name, run -> run.timeToFirstToken().mean()),
                mean(id, name, run -> run.timeToFirstToken().quantile(SLOW)),
                mean(with, name, run -> run.timeToFirstToken().quantile(SLOW)));
    }

    private boolean isWithin(String id, String name, String best) {
        return mean(id, name, RunResult::good) >= (1 - WITHIN) * mean(id, best, RunResult::good);
    }

    private String means(String id, String name) {
        return String.format(
                Locale.ROOT,
                "`%s` %,.0f ms to the first token, %.1f ms between tokens, %,.0f ms in all",
                name,
                mean(id, name, run -> run.timeToFirstToken().mean()),
                mean(id, name, run -> run.interToken().mean()),
                mean(id, name, run -> run.endToEnd().mean()));
    }

    private String bestOfOthers(String id) {
        String who = "";
        double best = 0;
        for (RunResult run : runs.getOrDefault(id, List.of())) {
            if (!ours.contains(run.contender()) && mean(id, run.contender(), RunResult::good) > best) {
                who = run.contender();
                best = mean(id, who, RunResult::good);
            }
        }
        return who;
    }
}
