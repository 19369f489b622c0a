package io.llmd.lab.report;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.result.GoalFigure;
import io.llmd.lab.result.RunResult;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** One page with the tables and plots of several traffics; images are in the page. Not thread-safe. */
public final class HtmlReport {

    private static final String STYLE = "body{font-family:sans-serif;margin:2em auto;max-width:1150px}"
            + "table{border-collapse:collapse;font-size:12px;margin:1em 0}"
            + "td,th{border:1px solid #ccc;padding:3px 6px;text-align:right}"
            + "td:first-child,th:first-child{text-align:left}.no{color:#a00}img{max-width:100%}";

    private final StringBuilder body = new StringBuilder();

    /** A section about one traffic. @param setup what all its runs have in common, one line */
    public void addTraffic(String title, String setup, List<RunResult> runs) {
        body.append("<h2>")
                .append(escaped(title))
                .append("</h2><p>")
                .append(escaped(setup))
                .append("</p><table><tr><th>contender</th>");
        for (Column column : Column.USUAL) {
            body.append("<th>").append(escaped(column.title())).append("</th>");
        }
        body.append("</tr>");
        Tables.rows(runs, Column.USUAL).forEach(row -> {
            body.append("<tr>");
            row.forEach(cell -> body.append("<td>").append(escaped(cell)).append("</td>"));
            body.append("</tr>");
        });
        body.append("</table>");
        add(Plots.firstTokens("Time to first token", runs, List.of()));
        add(Plots.bars("Share of good requests, by first token", Column.GOOD_FIRST_TOKEN, runs, List.of()));
        add(Plots.bars("Hits, in those of one cache of the fleet's size", Column.HIT_EFFICIENCY, runs, List.of()));
        add(Plots.bars("Output tokens per second", Column.OUTPUT_RATE, runs, List.of()));
    }

    private void add(byte[] png) {
        body.append("<p><img alt=\"plot\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(png))
                .append("\"></p>");
    }

    /** A section about goals. */
    public void addGoals(List<GoalFigure> goals) {
        body.append("<h2>Goals</h2><table><tr><th>goal</th><th>figure</th><th>value</th><th>target</th><th></th></tr>");
        for (GoalFigure goal : goals) {
            body.append(String.format(
                    Locale.ROOT,
                    "<tr><td>%s</td><td>%s</td><td>%.3f %s</td><td>%.3f</td><td class=\"%s\">%s</td></tr>",
                    goal.goal(),
                    escaped(goal.name()),
                    goal.value(),
                    escaped(goal.unit()),
                    goal.target(),
                    goal.pass() ? "yes" : "no",
                    goal.pass() ? "met" : "missed"));
        }
        body.append("</table>");
    }

    /** A section that says who the contenders are. */
    public void addContenders(List<Contender> contenders) {
        body.append("<h2>Contenders</h2><table><tr><th>name</th><th>from</th><th>what it does</th></tr>");
        contenders.forEach(contender -> body.append("<tr><td>")
                .append(escaped(contender.name()))
                .append("</td><td>")
                .append(escaped(contender.from()))
                .append("</td><td>")
                .append(escaped(contender.summary()))
                .append("</td></tr>"));
        body.append("</table>");
    }

    /** The whole page. */
    public String page(String title) {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(title)
                + "</title><style>" + STYLE + "</style></head><body><h1>" + escaped(title) + "</h1>" + body
                + "</body></html>\n";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
