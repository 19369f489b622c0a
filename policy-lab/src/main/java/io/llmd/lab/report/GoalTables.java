package io.llmd.lab.report;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.result.GoalFigure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Goals of every contender as Markdown: pass or fail, the figures behind that, and how far ours are from what they miss. */
final class GoalTables {

    private static final List<String> GOALS = List.of("P1", "P2", "P3", "P4", "P5");
    private static final double SMALL = 0.1;

    private final Map<String, List<GoalFigure>> goals;
    private final Map<String, String> shownNames = new LinkedHashMap<>();
    private final List<String> ours;
    private final List<GoalFigure> header;

    /**
     * @param goals by contender
     * @param contenders in the order of the tables
     * @param ours names of those that are marked and explained
     */
    GoalTables(Map<String, List<GoalFigure>> goals, List<Contender> contenders, List<String> ours) {
        this.goals = goals;
        this.ours = ours;
        contenders.forEach(each -> shownNames.put(
                each.name(), ours.contains(each.name()) ? "**" + each.name() + "** (ours)" : each.name()));
        header =
                goals.values().stream().max(Comparator.comparingInt(List::size)).orElse(List.of());
    }

    /** One row for each contender, one column for each goal. */
    String verdicts() {
        StringBuilder text = new StringBuilder(
                "| contender | " + String.join(" | ", GOALS) + " |\n| --- |" + " --- |".repeat(GOALS.size()) + '\n');
        shownNames.forEach((name, shown) -> {
            text.append("| ").append(shown).append(" |");
            for (String goal : GOALS) {
                text.append(' ').append(verdict(of(name), goal)).append(" |");
            }
            text.append('\n');
        });
        return text.toString();
    }

    private List<GoalFigure> of(String name) {
        return goals.getOrDefault(name, List.of());
    }

    /** A goal is met when all of its figures are; one that lacks a figure that others have is not judged. */
    private String verdict(List<GoalFigure> figures, String goal) {
        long wanted = header.stream().filter(each -> each.goal().equals(goal)).count();
        List<GoalFigure> own =
                figures.stream().filter(each -> each.goal().equals(goal)).toList();
        long met = own.stream().filter(GoalFigure::pass).count();
        if (own.isEmpty()) {
            return "-";
        }
        if (met < own.size()) {
            return wanted == 1 ? "fail" : "fail (" + met + " of " + wanted + ")";
        }
        return own.size() < wanted ? "- (" + met + " of " + wanted + " judged)" : "pass";
    }

    /** The figures, in bold where they are met. */
    String figures() {
        List<String> titles = header.stream().map(GoalTables::title).toList();
        StringBuilder text = new StringBuilder("| contender |");
        titles.forEach(title -> text.append(' ').append(title).append(" |"));
        text.append("\n| --- |").append(" ---: |".repeat(titles.size())).append('\n');
        shownNames.forEach((name, shown) -> {
            text.append("| ").append(shown).append(" |");
            for (String title : titles) {
                GoalFigure figure = figure(name, title);
                text.append(' ').append(figure == null ? "-" : shown(figure)).append(" |");
            }
            text.append('\n');
        });
        return text.toString();
    }

    private @Nullable GoalFigure figure(String name, String title) {
        return of(name).stream()
                .filter(each -> title(each).equals(title))
                .findFirst()
                .orElse(null);
    }

    private static String shown(GoalFigure figure) {
        return figure.pass() ? "**" + number(figure.value()) + "**" : number(figure.value());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < SMALL ? "%.4f" : "%.3f", value);
    }

    /** Goal, figure, target and baseline, alike for all contenders. */
    private static String title(GoalFigure figure) {
        String baseline = figure.target() == 1 ? "best of llm-d, Dynamo, SGLang" : figure.baseline();
        return figure.goal() + " " + measure(figure) + " ÷ " + baseline + (isMost(figure) ? " ≤ " : " ≥ ")
                + (figure.target() < SMALL ? "1/30" : String.format(Locale.ROOT, "%.2f", figure.target()));
    }

    private static String measure(GoalFigure figure) {
        return figure.name().substring(figure.name().lastIndexOf('.') + 1);
    }

    private static boolean isMost(GoalFigure figure) {
        return measure(figure).contains("ttft") && figure.name().indexOf("goodput") < 0;
    }

    /** For each of ours and each figure that is missed: by how much, and who does best. */
    String misses() {
        List<String> lines = new ArrayList<>();
        for (String name : ours) {
            for (GoalFigure figure : of(name)) {
                if (!figure.pass()) {
                    lines.add(miss(name, figure));
                }
            }
        }
        return lines.isEmpty() ? "Ours meet all of them.\n" : String.join("", lines);
    }

    private String miss(String name, GoalFigure figure) {
        double off = isMost(figure) ? figure.value() / figure.target() - 1 : 1 - figure.value() / figure.target();
        String best = "";
        GoalFigure bestFigure = null;
        for (String other : shownNames.keySet()) {
            GoalFigure each = figure(other, title(figure));
            if (each != null
                    && (bestFigure == null
                            || (isMost(figure)
                                    ? each.value() < bestFigure.value()
                                    : each.value() > bestFigure.value()))) {
                best = other;
                bestFigure = each;
            }
        }
        String who = bestFigure == null
                ? ""
                : bestFigure.pass()
                        ? "`" + best + "` meets it with " + number(bestFigure.value())
                        : "nobody meets it; `" + best + "` comes nearest with " + number(bestFigure.value());
        return String.format(
                Locale.ROOT,
                "- `%s`, %s: %s, %.1f %% off. %s%s\n",
                name,
                title(figure),
                number(figure.value()),
                100 * off,
                who.isEmpty() ? "" : Character.toUpperCase(who.charAt(0)) + who.substring(1) + ".",
                why(figure));
    }

    /** What is known of the reason, besides the figures. */
    private static String why(GoalFigure figure) {
        return Reasons.of(measure(figure), figure.baseline());
    }
}
