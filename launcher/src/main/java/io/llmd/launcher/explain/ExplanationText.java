package io.llmd.launcher.explain;

import io.llmd.launcher.terminal.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A scheduler's explanation for people: what it saw, what each plugin said, what came of it. */
final class ExplanationText {

    private final JsonNode explanation;

    ExplanationText(JsonNode explanation) {
        this.explanation = explanation;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        verdict(text);
        candidates(text);
        explanation.path("screeners").forEach(screener -> filter(text, " screener ", screener));
        explanation.path("profiles").forEach(profile -> profile(text, profile));
        explanation
                .path("leftOut")
                .forEach(plugin -> text.append(" left out because it failed or lacked data: ")
                        .append(plugin.asString(""))
                        .append('\n'));
        explanation
                .path("passedOver")
                .forEach(plugin -> text.append(" not called because it failed again and again or hangs: ")
                        .append(plugin.asString(""))
                        .append('\n'));
        return text.toString();
    }

    private void verdict(StringBuilder text) {
        JsonNode verdict = explanation.path("verdict");
        if (verdict.path("outcome").asString("").equals("decision")) {
            List<String> endpoints = new ArrayList<>();
            verdict.path("endpoints").forEach(endpoint -> endpoints.add(endpoint.asString("")));
            text.append(" goes to ").append(endpoints.isEmpty() ? "nobody" : endpoints.getFirst());
            if (endpoints.size() > 1) {
                text.append(", else ").append(String.join(", ", endpoints.subList(1, endpoints.size())));
            }
            text.append("   (profile ")
                    .append(verdict.path("profile").asString(""))
                    .append(")\n");
        } else {
            text.append(" rejected: ")
                    .append(verdict.path("reason").asString(""))
                    .append(", ");
            text.append(verdict.path("message").asString("")).append('\n');
        }
        JsonNode request = explanation.path("request");
        if (request.isObject()) {
            text.append(" model ").append(request.path("model").asString(""));
            text.append(", ").append(request.path("promptTokens").asInt(0)).append(" prompt tokens");
            text.append(", priority ").append(request.path("priority").asInt(0)).append('\n');
            String times = explanation.path("times").asString("");
            text.append(times.isEmpty() ? "" : " held to " + times + "\n");
        }
        text.append('\n');
    }

    private void candidates(StringBuilder text) {
        TextTable table = TextTable.ofNumbers(
                "candidate", "age ms", "running", "waiting", "kv used", "in flight", "cached blocks", "of");
        explanation
                .path("candidates")
                .forEach(candidate -> table.row(
                        candidate.path("id").asString("")
                                + (candidate.path("fresh").asBoolean(false) ? "" : " (stale)"),
                        candidate.path("metricsAgeMillis").asString("-"),
                        candidate.path("runningRequests").asString("-"),
                        candidate.path("waitingRequests").asString("-"),
                        String.format(
                                Locale.ROOT,
                                "%.1f %%",
                                100 * candidate.path("kvCacheUsage").asDouble(0)),
                        candidate.path("inFlightRequests").asString("-"),
                        candidate.path("matchedBlocks").asString("-"),
                        candidate.path("totalBlocks").asString("-")));
        if (!table.isEmpty()) {
            text.append(table).append('\n');
        }
        latencies(text);
    }

    /** What the request would take on each candidate, where that was predicted, or why it was not. */
    private void latencies(StringBuilder text) {
        TextTable table = TextTable.ofNumbers(
                "predicted",
                "TTFT ms",
                "9 of 10 within",
                "TPOT ms",
                "9 of 10 within",
                "TTFT headroom",
                "TPOT headroom");
        Set<String> reasons = new LinkedHashSet<>();
        explanation.path("candidates").forEach(candidate -> {
            JsonNode predicted = candidate.path("predicted");
            if (predicted.isObject()) {
                table.row(
                        candidate.path("id").asString(""),
                        millis(predicted.path("timeToFirstTokenMillis")),
                        millis(predicted.path("timeToFirstTokenBoundMillis")),
                        millis(predicted.path("timePerOutputTokenMillis")),
                        millis(predicted.path("timePerOutputTokenBoundMillis")),
                        millis(predicted.path("firstTokenHeadroomMillis")),
                        millis(predicted.path("outputTokenHeadroomMillis")));
            }
            if (candidate.path("unpredicted").isString()) {
                reasons.add(candidate.path("unpredicted").asString(""));
            }
        });
        if (!table.isEmpty()) {
            text.append(table).append('\n');
        }
        reasons.forEach(reason ->
                text.append(" no latencies predicted: ").append(reason).append("\n\n"));
    }

    private static String millis(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.1f", value.asDouble(0)) : "-";
    }

    private static void profile(StringBuilder text, JsonNode profile) {
        text.append(" profile ").append(profile.path("name").asString(""));
        text.append('\n');
        profile.path("filters").forEach(filter -> filter(text, "   filter ", filter));
        text.append(scores(profile));
        String picker = profile.path("picker").asString("");
        if (!picker.isEmpty()) {
            List<String> picked = new ArrayList<>();
            profile.path("picked").forEach(endpoint -> picked.add(endpoint.asString("")));
            text.append("   picker ")
                    .append(picker)
                    .append(" took ")
                    .append(String.join(", ", picked))
                    .append('\n');
            String reason = profile.path("reason").asString("");
            text.append(reason.isEmpty() ? "" : "   because of " + reason + '\n');
            List<String> ties = new ArrayList<>();
            profile.path("ties").forEach(endpoint -> ties.add(endpoint.asString("")));
            if (!ties.isEmpty()) {
                text.append("   tied at the top: ")
                        .append(String.join(", ", ties))
                        .append('\n');
            }
        }
        text.append('\n');
    }

    /** What a filter or screener did, and by which parameters it judged those whom it removed. */
    private static void filter(StringBuilder text, String kind, JsonNode filter) {
        List<String> removed = new ArrayList<>();
        filter.path("verdicts").forEach(verdict -> {
            if (!verdict.path("kept").asBoolean(true)) {
                removed.add(verdict.path("endpoint").asString(""));
            }
        });
        text.append(kind).append(filter.path("plugin").asString(""));
        text.append(removed.isEmpty() ? " kept all" : " removed " + String.join(", ", removed));
        String parameters = filter.path("description").path("parameters").asString("");
        text.append(removed.isEmpty() || parameters.isEmpty() ? "" : "   (" + parameters + ")");
        text.append('\n');
    }

    /** One row per candidate, one column per scorer with its weighted score, the sum last. */
    private static String scores(JsonNode profile) {
        List<String> header = new ArrayList<>(List.of("candidate"));
        profile.path("scorers")
                .forEach(scorer -> header.add(scorer.path("plugin").asString("") + " x"
                        + number(scorer.path("weight").asDouble(0))));
        header.add("total");
        TextTable table = TextTable.ofNumbers(header.toArray(String[]::new));
        profile.path("totals").forEach(total -> {
            String endpoint = total.path("endpoint").asString("");
            List<String> row = new ArrayList<>(List.of(endpoint));
            profile.path("scorers").forEach(scorer -> row.add(weighted(scorer, endpoint)));
            row.add(String.format(Locale.ROOT, "%.3f", total.path("total").asDouble(0)));
            table.row(row.toArray(String[]::new));
        });
        return table.isEmpty() ? "" : table.toString().indent(2);
    }

    private static String weighted(JsonNode scorer, String endpoint) {
        for (JsonNode score : scorer.path("scores")) {
            if (score.path("endpoint").asString("").equals(endpoint)) {
                return String.format(Locale.ROOT, "%.3f", score.path("weighted").asDouble(0));
            }
        }
        return "-";
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }
}
