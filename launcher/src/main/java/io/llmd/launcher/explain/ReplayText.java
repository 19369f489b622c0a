package io.llmd.launcher.explain;

import io.llmd.launcher.terminal.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** What another configuration would have decided, for people. */
final class ReplayText {

    private static final int SHOWN_CHANGES = 10;

    private final JsonNode report;

    ReplayText(JsonNode report) {
        this.report = report;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        int replayed = report.path("replayed").asInt(0);
        int changed = report.path("changed").asInt(0);
        text.append(' ').append(changed).append(" of ").append(replayed).append(" decisions change");
        text.append(replayed == 0 ? "" : String.format(Locale.ROOT, " (%.1f %%)", 100.0 * changed / replayed));
        int skipped = report.path("skipped").asInt(0);
        text.append(skipped == 0 ? "" : "; " + skipped + " cannot be repeated").append("\n\n");
        shares(text);
        counted(text, "reason", "reasons", "reason");
        moves(text);
        changes(text);
        report.path("notes")
                .forEach(
                        note -> text.append(" note: ").append(note.asString("")).append('\n'));
        return text.toString();
    }

    private void shares(StringBuilder text) {
        TextTable table = TextTable.ofNumbers("chosen", "before", "after");
        report.path("shares")
                .forEach(share -> table.row(
                        share.path("endpoint").asString(""),
                        share.path("before").asString("0"),
                        share.path("after").asString("0")));
        append(text, table);
    }

    private void counted(StringBuilder text, String title, String list, String field) {
        TextTable table = TextTable.ofNumbers(title, "decisions");
        report.path(list)
                .forEach(entry -> table.row(
                        entry.path(field).asString(""), entry.path("count").asString("0")));
        append(text, table);
    }

    private void moves(StringBuilder text) {
        TextTable table = TextTable.ofText("from", "to", "decisions");
        report.path("moves")
                .forEach(move -> table.row(
                        move.path("from").asString(""),
                        move.path("to").asString(""),
                        move.path("count").asString("0")));
        append(text, table);
    }

    private void changes(StringBuilder text) {
        JsonNode changes = report.path("changes");
        for (int i = 0; i < Math.min(SHOWN_CHANGES, changes.size()); i++) {
            JsonNode change = changes.path(i);
            List<String> why = new ArrayList<>();
            change.path("why").forEach(reason -> why.add(reason.asString("")));
            text.append(' ').append(change.path("requestId").asString(""));
            text.append(": ").append(change.path("before").asString(""));
            text.append(" -> ").append(change.path("after").asString(""));
            text.append("\n   ").append(String.join("\n   ", why)).append('\n');
        }
        if (changes.size() > SHOWN_CHANGES) {
            text.append(" and more; --json shows them\n");
        }
    }

    private static void append(StringBuilder text, TextTable table) {
        if (!table.isEmpty()) {
            text.append(table).append('\n');
        }
    }
}
