package io.llmd.simulator.fault;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.ConstantTime;
import io.llmd.simulator.config.DurationText;
import io.llmd.simulator.config.FailureType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Faults as JSON. A change names the fields that it changes; null and false switch one off. Failures can be named as
 * llm-d-inference-sim names them, too.
 */
final class FaultFields {
    private static final String DEAD = "dead";
    private static final String SLOW_FACTOR = "slow_factor";
    private static final String WITHHELD_SHARE = "withheld_share";
    private static final String METRICS = "metrics";
    private static final String KV_EVENTS = "kv_events";
    private static final String HANDOFF = "handoff";
    private static final String FAKE_METRICS = "fake-metrics";
    private static final String TIME_FACTOR = "time-factor-under-load";
    private static final String DIE = "die";
    private static final String FAILURE_RATE = "failure-injection-rate";
    private static final String FAILURE_TYPES = "failure-types";

    private FaultFields() {}

    /** The names of all fields. */
    static List<String> names() {
        List<String> names = new ArrayList<>(FaultKind.names());
        names.addAll(List.of(
                DEAD,
                SLOW_FACTOR,
                WITHHELD_SHARE,
                METRICS,
                KV_EVENTS,
                HANDOFF,
                FAKE_METRICS,
                TIME_FACTOR,
                DIE,
                FAILURE_RATE,
                FAILURE_TYPES));
        Arrays.stream(ConstantTime.values()).map(ConstantTime::wireName).forEach(names::add);
        return names;
    }

    /**
     * The faults after a change.
     *
     * @throws IllegalArgumentException naming the field that is unknown or has a bad value
     */
    static Faults change(Faults old, ObjectNode change) {
        Faults next = old;
        for (String name : change.propertyNames()) {
            next = change(next, name, change.get(name));
        }
        // types count only together with a rate, which may stand behind them
        JsonNode types = change.get(FAILURE_TYPES);
        return types == null ? next : change(next, FAILURE_TYPES, types);
    }

    private static Faults change(Faults old, String name, JsonNode value) {
        return switch (name) {
            case DEAD -> old.withDead(isOn(name, value));
            case SLOW_FACTOR -> old.withSlowFactor(number(name, value, 1));
            case WITHHELD_SHARE -> old.withWithheldShare(number(name, value, 0));
            case METRICS -> old.withMetrics(EndpointFields.metrics(value));
            case KV_EVENTS -> old.withKvEvents(EndpointFields.kvEvents(value));
            case HANDOFF -> old.withHandoff(EndpointFields.handoff(value));
            case FAKE_METRICS -> old.withFakeMetrics(EndpointFields.fakeMetrics(old.fakeMetrics(), value));
            case FAILURE_RATE -> old.withFailures(percent(value), types(old));
            case FAILURE_TYPES -> old.withFailures(percent(old), types(value));
            case TIME_FACTOR -> old.withTimes(old.times().withFactorUnderLoad(factor(name, value)));
            case DIE -> old.withDown(EndpointFields.down(value));
            default -> {
                if (!names().contains(name)) {
                    throw new IllegalArgumentException(name + ": unknown (expected: one of " + names() + ")");
                }
                ConstantTime time = ConstantTime.of(name).orElse(null);
                yield time == null ? withInjection(old, FaultKind.of(name), value) : withTime(old, time, value);
            }
        };
    }

    private static Faults withInjection(Faults old, FaultKind kind, JsonNode value) {
        return old.withInjection(kind, InjectionFields.read(kind, value));
    }

    private static Faults withTime(Faults old, ConstantTime time, JsonNode value) {
        boolean usual = value.isNull() || value.isBoolean() && !value.booleanValue();
        if (!usual && !value.isNumber() && !value.isString()) {
            throw new IllegalArgumentException(
                    time.wireName() + ": " + Json.string(value) + " (expected: a duration like 500ms or 5s)");
        }
        Long nanos = usual
                ? null
                : DurationText.parse(time.wireName(), value.asString()).toNanos();
        return old.withTimes(old.times().with(time, nanos));
    }

    private static @Nullable Double factor(String name, JsonNode value) {
        return value.isNull() || value.isBoolean() && !value.booleanValue() ? null : (Double) number(name, value, 1);
    }

    /** The faults without those that a change names. */
    static Faults without(Faults old, ObjectNode change) {
        ObjectNode off = Json.object();
        change.propertyNames().forEach(off::putNull);
        return change(old, off);
    }

    static ObjectNode write(Faults faults) {
        ObjectNode body = Json.object();
        for (FaultKind kind : FaultKind.values()) {
            body.set(kind.wireName(), injection(faults, kind));
        }
        body.put(DEAD, faults.dead()).put(SLOW_FACTOR, faults.slowFactor()).put(WITHHELD_SHARE, faults.withheldShare());
        body.set(METRICS, EndpointFields.write(faults.metrics()));
        body.set(KV_EVENTS, EndpointFields.write(faults.kvEvents()));
        body.set(HANDOFF, EndpointFields.write(faults.handoff()));
        body.set(FAKE_METRICS, EndpointFields.write(faults.fakeMetrics()));
        body.put(TIME_FACTOR, faults.times().factorUnderLoad());
        for (ConstantTime time : ConstantTime.values()) {
            Long nanos = faults.times().nanos().get(time);
            body.put(time.wireName(), nanos == null ? null : DurationText.of(Duration.ofNanos(nanos)));
        }
        Duration down = faults.down();
        return body.put(DIE, down == null ? null : DurationText.of(down));
    }

    private static JsonNode injection(Faults faults, FaultKind kind) {
        @Nullable Injection injection = faults.injections().get(kind);
        return InjectionFields.write(kind, injection);
    }

    private static int percent(JsonNode value) {
        if (value.isNull()) {
            return 0;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0 || value.intValue() > 100) {
            throw new IllegalArgumentException(
                    FAILURE_RATE + ": " + Json.string(value) + " (expected: 0 to 100 percent)");
        }
        return value.intValue();
    }

    private static int percent(Faults faults) {
        Injection failures = faults.injections().get(FaultKind.FAILURE);
        return failures == null ? 0 : (int) Math.round(failures.trigger().probability() * 100);
    }

    private static List<FailureType> types(JsonNode value) {
        return Parameters.of(FAILURE_TYPES, value, List.of("types")).texts("types").stream()
                .map(FailureType::of)
                .toList();
    }

    private static List<FailureType> types(Faults faults) {
        return faults.injections().get(FaultKind.FAILURE) instanceof Injection(RequestFault.Failure failure, var _)
                ? failure.types()
                : List.of();
    }

    private static boolean isOn(String name, JsonNode value) {
        if (!value.isNull() && !value.isBoolean()) {
            throw new IllegalArgumentException(name + ": " + Json.string(value) + " (expected: true or false)");
        }
        return value.asBoolean(false);
    }

    private static double number(String name, JsonNode value, double off) {
        if (!value.isNull() && !value.isNumber()) {
            throw new IllegalArgumentException(name + ": " + Json.string(value) + " (expected: a number)");
        }
        return value.isNull() ? off : Json.number(value);
    }
}
