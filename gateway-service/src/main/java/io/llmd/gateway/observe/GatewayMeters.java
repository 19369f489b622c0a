package io.llmd.gateway.observe;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import org.jspecify.annotations.Nullable;

/** All meters of the gateway. {@code docs/metrics.md} lists the same, and a test compares them. */
public enum GatewayMeters implements MeterDocumentation {
    /** Requests that are over. */
    REQUESTS("gateway.requests", Meter.Type.COUNTER, null, Tag.ROUTE, Tag.MODEL, Tag.OUTCOME, Tag.CODE),
    /** From the request's head to the last byte of the answer. */
    REQUEST_DURATION("gateway.request.duration", Meter.Type.TIMER, null, Tag.ROUTE, Tag.MODEL, Tag.STREAMING),
    /** From the request's head to the first byte of the answer's body. */
    TIME_TO_FIRST_TOKEN("gateway.ttft", Meter.Type.TIMER, null, Tag.ROUTE, Tag.MODEL, Tag.STREAMING),
    /** Time per generated token after the first. */
    TIME_PER_OUTPUT_TOKEN("gateway.tpot", Meter.Type.TIMER, null, Tag.ROUTE, Tag.MODEL, Tag.STREAMING),
    /** Time that the gateway itself added. */
    ADDED_LATENCY("gateway.added.latency", Meter.Type.TIMER, null, Tag.PHASE),
    /** Tokens as endpoints counted them. */
    TOKENS("gateway.tokens", Meter.Type.COUNTER, null, Tag.MODEL, Tag.DIRECTION),
    /** Requests that are not over. */
    IN_FLIGHT("gateway.inflight", Meter.Type.GAUGE, null, Tag.ROUTE),
    /** Connections of clients. */
    OPEN_CONNECTIONS("gateway.open.connections", Meter.Type.GAUGE, null),
    /** Bytes of request bodies in memory. */
    HELD_BODY_BYTES("gateway.held.body", Meter.Type.GAUGE, "bytes"),
    /** Requests that were refused, by error code. */
    REFUSALS("gateway.refusals", Meter.Type.COUNTER, null, Tag.REASON),
    /** Attempts at endpoints. */
    ATTEMPTS("gateway.attempts", Meter.Type.COUNTER, null, Tag.RESULT, Tag.RETRIED),
    /** Answers of endpoints that are not quite as they should be, and were relayed. */
    ODD_ANSWERS("gateway.odd.answers", Meter.Type.COUNTER, null, Tag.REASON),
    /** 1 for an endpoint that is ejected now. */
    ENDPOINT_EJECTED("gateway.endpoint.ejected", Meter.Type.GAUGE, null, Tag.ENDPOINT),
    /** 1 while so many endpoints are ejected that all are tried. */
    ENDPOINTS_PANIC("gateway.endpoints.panic", Meter.Type.GAUGE, null),
    /** Requests placed without the scheduler. */
    FALLBACK_PICKS("gateway.fallback.picks", Meter.Type.COUNTER, null),
    /** Headers removed because clients must not set them. */
    SPOOFED_HEADERS("gateway.spoofed.headers", Meter.Type.COUNTER, null, Tag.HEADER),
    /** Requests without a valid key. */
    AUTH_FAILURES("gateway.auth.failures", Meter.Type.COUNTER, null, Tag.REASON),
    /** Requests over a limit of their key or tenant. */
    OVER_LIMIT("gateway.over.limit", Meter.Type.COUNTER, null, Tag.LIMIT),
    /** Share of a tenant's token budget that is left. Goes with the tenant's last key. */
    BUDGET_LEFT("gateway.tenant.budget.remaining.ratio", Meter.Type.GAUGE, null, Tag.TENANT),
    /** Prompt and generated tokens of a tenant's requests. Goes with the tenant's last key. */
    TENANT_TOKENS("gateway.tenant.tokens", Meter.Type.COUNTER, null, Tag.TENANT),
    /** Outcome reports that were dropped because too many waited for the scheduler. */
    REPORTS_DROPPED("gateway.reports.dropped", Meter.Type.COUNTER, null),
    /** Event loops that did not get on for a while. */
    LOOP_STALLS("gateway.loop.stalls", Meter.Type.COUNTER, null),
    /** Spans that were made and did not arrive, because too many waited or the collector did not take them. */
    SPANS_LOST("gateway.spans.lost", Meter.Type.COUNTER, null),
    /** Requests whose body held parameters of KV transfer, which clients must not set. */
    STRIPPED_FIELDS("gateway.stripped.fields", Meter.Type.COUNTER, null),
    /** Decode legs with KV blocks of another endpoint. */
    DISAGG_SPLITS("gateway.disagg.splits", Meter.Type.COUNTER, null),
    /** Attempts whose prompt the decode endpoint computed although another one was named for it. */
    DISAGG_FALLBACKS("gateway.disagg.fallbacks", Meter.Type.COUNTER, null, Tag.REASON),
    /** What became of handoffs. */
    DISAGG_HANDOFFS("gateway.disagg.handoffs", Meter.Type.COUNTER, null, Tag.EVENT),
    /** Answers to the question whether a decode endpoint has a prompt cached. */
    DISAGG_CONDITIONAL("gateway.disagg.conditional.decodes", Meter.Type.COUNTER, null, Tag.RESULT),
    /** How long legs took. */
    DISAGG_LEG_DURATION("gateway.disagg.leg.duration", Meter.Type.TIMER, null, Tag.PHASE, Tag.RESULT),
    /** Handoffs that prefill endpoints are taken to hold. */
    DISAGG_HELD_HANDOFFS("gateway.disagg.held.handoffs", Meter.Type.GAUGE, null),
    /** Prompt tokens of those. */
    DISAGG_HELD_TOKENS("gateway.disagg.held.tokens", Meter.Type.GAUGE, "tokens");

    private final String meterName;
    private final Meter.Type type;
    private final @Nullable String baseUnit;
    private final KeyName[] keys;

    GatewayMeters(String meterName, Meter.Type type, @Nullable String baseUnit, KeyName... keys) {
        this.meterName = meterName;
        this.type = type;
        this.baseUnit = baseUnit;
        this.keys = keys;
    }

    @Override
    public String getName() {
        return meterName;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    @SuppressWarnings("NullAway") // the interface says null for "no unit", without an annotation
    public String getBaseUnit() {
        return baseUnit;
    }

    @Override
    public KeyName[] getKeyNames() {
        return keys.clone();
    }

    /** Tags in use. */
    public enum Tag implements KeyName {
        ROUTE,
        MODEL,
        OUTCOME,
        CODE,
        STREAMING,
        PHASE,
        DIRECTION,
        REASON,
        RESULT,
        RETRIED,
        ENDPOINT,
        HEADER,
        EVENT,
        LIMIT,
        TENANT;

        @Override
        public String asString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
