package io.llmd.launcher.scale;

import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** An explanation as text. */
final class ScaleText {

    private ScaleText() {}

    /** Of an answer of the autoscaler about one variant. */
    static String of(JsonNode answer) {
        JsonNode variant = answer.path("variant");
        JsonNode decision = answer.path("decision");
        StringBuilder text = new StringBuilder();
        line(
                text,
                "%s: %d, and %d are asked for at %s",
                variant.path("variant").asString(""),
                variant.path("desired").asInt(0),
                variant.path("current").asInt(0),
                answer.path("at").asString(""));
        line(text, "  model %s, %s", decision.path("model").asString(""), cost(variant, decision));
        for (JsonNode each : decision.path("classes")) {
            line(
                    text,
                    "  tier %s: %s requests/s come, %s are provided for%s%s",
                    each.path("tier").asString(""),
                    number(each.path("now")),
                    number(each.path("used")),
                    number(each.path("unmet")).equals("0.0") ? "" : ", " + number(each.path("unmet")) + " are not",
                    each.path("attainment").isNumber()
                            ? String.format(
                                    Locale.ROOT,
                                    "; %.1f %% of the last kept their targets",
                                    100 * each.path("attainment").doubleValue())
                            : "");
        }
        line(text, "  how it came about:");
        for (JsonNode step : variant.path("steps")) {
            line(
                    text,
                    "    %-18s %4d  %s",
                    step.path("stage").asString(""),
                    step.path("replicas").asInt(0),
                    step.path("reason").asString(""));
        }
        line(text, "  why not less: %s", variant.path("whyNotLess").asString(""));
        line(text, "  why not more: %s", variant.path("whyNotMore").asString(""));
        for (JsonNode other : decision.path("rejected")) {
            line(
                    text,
                    "  not taken: %s at %s an hour, %s",
                    other.path("mix").asString(""),
                    number(other.path("costPerHour")),
                    other.path("reason").asString(""));
        }
        return text.toString().stripTrailing();
    }

    private static String cost(JsonNode variant, JsonNode decision) {
        return number(variant.path("costPerHour")) + " of " + number(decision.path("costPerHour")) + " an hour";
    }

    private static String number(JsonNode node) {
        return node.isNumber() ? String.format(Locale.ROOT, "%.1f", node.doubleValue()) : "?";
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
