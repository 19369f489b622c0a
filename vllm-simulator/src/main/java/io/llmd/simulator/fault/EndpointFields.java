package io.llmd.simulator.fault;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.DurationText;
import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.kvevents.KvEventFaults;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Those faults of an endpoint as JSON that have parameters. */
final class EndpointFields {
    private static final List<String> METRICS = List.of("page", "delay");
    private static final List<String> KV_EVENTS = List.of("drop", "duplicate", "reorder", "skip", "batches", "seed");
    private static final List<String> HANDOFF =
            List.of("absent", "loopback_host", "lease", "read_failure", "handshake_mismatch", "slow_factor");

    private EndpointFields() {}

    static MetricsFault metrics(JsonNode value) {
        if (isOff(value)) {
            return MetricsFault.NONE;
        }
        Parameters parameters = Parameters.of("metrics", value, METRICS);
        Duration delay = parameters.durationIfGiven("delay");
        if (!parameters.has("page")) {
            return new MetricsFault(MetricsFault.Page.LIVE, 0, delay);
        }
        if (parameters.isNumber("page")) {
            return new MetricsFault(MetricsFault.Page.ERROR, parameters.integer("page"), delay);
        }
        String page = parameters.text("page");
        return switch (page) {
            case "live" -> new MetricsFault(MetricsFault.Page.LIVE, 0, delay);
            case "frozen" -> new MetricsFault(MetricsFault.Page.FROZEN, 0, delay);
            case "empty" -> new MetricsFault(MetricsFault.Page.EMPTY, 0, delay);
            default ->
                throw new IllegalArgumentException(
                        "metrics page: " + page + " (expected: frozen, empty, live, or a status)");
        };
    }

    static JsonNode write(MetricsFault metrics) {
        if (metrics.equals(MetricsFault.NONE)) {
            return JsonNodeFactory.instance.nullNode();
        }
        JsonNode page = metrics.page() == MetricsFault.Page.ERROR
                ? JsonNodeFactory.instance.numberNode(metrics.status())
                : JsonNodeFactory.instance.stringNode(metrics.page().name().toLowerCase(Locale.ROOT));
        if (metrics.delay() == null) {
            return page;
        }
        ObjectNode node = Json.object();
        node.set("page", page);
        return node.put("delay", DurationText.of(metrics.delay()));
    }

    static KvEventFaults kvEvents(JsonNode value) {
        if (isOff(value)) {
            return KvEventFaults.NONE;
        }
        Parameters parameters = objectOf("kv_events", value, KV_EVENTS);
        return new KvEventFaults(
                parameters.decimal("drop", 0),
                parameters.decimal("duplicate", 0),
                parameters.decimal("reorder", 0),
                parameters.decimal("skip", 0),
                parameters.integer("batches", Integer.MAX_VALUE),
                parameters.integer("seed", 0));
    }

    static JsonNode write(KvEventFaults events) {
        if (events.equals(KvEventFaults.NONE)) {
            return JsonNodeFactory.instance.nullNode();
        }
        ObjectNode node = Json.object()
                .put("drop", events.drop())
                .put("duplicate", events.duplicate())
                .put("reorder", events.reorder())
                .put("skip", events.skip());
        if (events.batches() != Integer.MAX_VALUE) {
            node.put("batches", events.batches());
        }
        return node.put("seed", events.seed());
    }

    static HandoffFaults handoff(JsonNode value) {
        if (isOff(value)) {
            return HandoffFaults.NONE;
        }
        Parameters parameters = objectOf("handoff", value, HANDOFF);
        return new HandoffFaults(
                parameters.decimal("absent", 0),
                parameters.decimal("loopback_host", 0),
                parameters.durationIfGiven("lease"),
                parameters.decimal("read_failure", 0),
                parameters.isOn("handshake_mismatch"),
                parameters.decimal("slow_factor", 1));
    }

    static JsonNode write(HandoffFaults handoff) {
        if (handoff.equals(HandoffFaults.NONE)) {
            return JsonNodeFactory.instance.nullNode();
        }
        @Nullable Duration lease = handoff.lease();
        return Json.object()
                .put("absent", handoff.absent())
                .put("loopback_host", handoff.loopbackHost())
                .put("lease", lease == null ? null : DurationText.of(lease))
                .put("read_failure", handoff.readFailure())
                .put("handshake_mismatch", handoff.handshakeMismatch())
                .put("slow_factor", handoff.slowFactor());
    }

    /** Fields that are not named stay as they are. */
    @SuppressWarnings("unchecked")
    static @Nullable FakeMetrics fakeMetrics(@Nullable FakeMetrics old, JsonNode value) {
        if (isOff(value)) {
            return null;
        }
        if (!value.isObject()) {
            throw new IllegalArgumentException("fake-metrics: " + Json.string(value) + " (expected: an object)");
        }
        return (old == null ? FakeMetrics.empty() : old).with((Map<String, ?>) Json.plain(value));
    }

    static JsonNode write(@Nullable FakeMetrics metrics) {
        return metrics == null ? JsonNodeFactory.instance.nullNode() : Json.tree(metrics.fields());
    }

    static @Nullable Duration down(JsonNode value) {
        return isOff(value) ? null : Parameters.of("die", value, List.of("for")).duration("for");
    }

    private static boolean isOff(JsonNode value) {
        return value.isNull() || value.isBoolean() && !value.booleanValue();
    }

    private static Parameters objectOf(String owner, JsonNode value, List<String> names) {
        if (!value.isObject()) {
            throw new IllegalArgumentException(
                    owner + ": " + Json.string(value) + " (expected: an object with some of " + names + ")");
        }
        return Parameters.of(owner, value, names);
    }
}
