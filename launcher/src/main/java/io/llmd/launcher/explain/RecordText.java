package io.llmd.launcher.explain;

import io.llmd.launcher.terminal.TextTable;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Recorded decisions about one request for people: one part per attempt, the first one first. */
final class RecordText {

    private final JsonNode decisions;

    RecordText(JsonNode decisions) {
        this.decisions = decisions;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        JsonNode attempts = decisions.path("attempts");
        for (int i = 0; i < attempts.size(); i++) {
            JsonNode attempt = attempts.path(i);
            text.append(" request ").append(decisions.path("requestId").asString(""));
            if (attempts.size() > 1) {
                text.append(", attempt ").append(i + 1).append(" of ").append(attempts.size());
            }
            text.append('\n');
            summary(text, attempt.path("decision"));
            text.append(new ExplanationText(attempt.path("explanation")));
            text.append(calls(attempt.path("calls"))).append('\n');
        }
        return text.toString();
    }

    private static void summary(StringBuilder text, JsonNode decision) {
        text.append(" decided ").append(decision.path("decidedAt").asString(""));
        text.append(" in ").append(millis(decision.path("decisionMicros"))).append(" ms");
        long queued = decision.path("queueMicros").asLong(0);
        text.append(queued == 0 ? "" : ", after " + millis(decision.path("queueMicros")) + " ms in the queue");
        text.append('\n');
        text.append(" outcome ").append(decision.path("outcome").asString(""));
        if (decision.path("status").asInt(0) > 0) {
            text.append(", status ").append(decision.path("status").asInt(0));
        }
        if (decision.path("timeToFirstTokenMicros").asLong(0) > 0) {
            text.append(", first token after ")
                    .append(millis(decision.path("timeToFirstTokenMicros")))
                    .append(" ms");
        }
        if (decision.path("durationMicros").asLong(0) > 0) {
            text.append(", end after ")
                    .append(millis(decision.path("durationMicros")))
                    .append(" ms");
        }
        String fallback = decision.path("fallback").asString("");
        text.append(fallback.isEmpty() ? "" : ", not split after all: " + fallback);
        JsonNode usage = decision.path("usage");
        if (usage.path("promptTokens").asInt(-1) >= 0) {
            text.append(", ").append(usage.path("promptTokens").asInt(0)).append(" prompt tokens");
            int cached = usage.path("cachedTokens").asInt(-1);
            text.append(cached < 0 ? "" : " (" + cached + " cached)");
            text.append(", ")
                    .append(Math.max(0, usage.path("completionTokens").asInt(0)))
                    .append(" generated");
        }
        text.append('\n');
    }

    private static String millis(JsonNode micros) {
        return String.format(Locale.ROOT, "%.3f", micros.asLong(0) / 1_000.0);
    }

    private static String calls(JsonNode calls) {
        TextTable table = TextTable.ofText("stage", "profile", "plugin", "µs");
        calls.forEach(call -> table.row(
                call.path("extensionPoint").asString(""),
                call.path("profile").asString("-"),
                call.path("plugin").asString(""),
                String.format(Locale.ROOT, "%.1f", call.path("micros").asDouble(0))));
        return table.isEmpty() ? "" : table.toString();
    }
}
