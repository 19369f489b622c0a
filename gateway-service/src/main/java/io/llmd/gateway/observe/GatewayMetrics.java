package io.llmd.gateway.observe;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.TokenUsage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/**
 * Counts what happens at the gateway. Meters are looked up once per combination of tags and kept; the combinations are
 * bounded by the callers, who pass the names of known models only. Thread-safe; nothing is allocated per call but the
 * key of the look-up.
 */
public final class GatewayMetrics {

    /** Parts of the time that the gateway adds. */
    public enum Phase {
        PARSE,
        SCHEDULE
    }

    /**
     * A request that is over.
     *
     * @param route route in lower case
     * @param model name of a known model, or {@code unknown}
     * @param streaming whether events were asked for
     * @param outcome how it ended
     * @param code error code in lower case, {@code none} when there was none
     * @param durationNanos from head to end
     * @param firstByteNanos from head to the first byte of the answer's body, 0 when there was none
     * @param usage tokens as the endpoint counted them
     */
    public record EndedRequest(
            String route,
            String model,
            boolean streaming,
            RequestOutcome outcome,
            String code,
            long durationNanos,
            long firstByteNanos,
            TokenUsage usage) {}

    private record RequestKey(String route, String model, RequestOutcome outcome, String code) {}

    private record TimerKey(GatewayMeters meter, String route, String model, boolean streaming) {}

    private record CounterKey(GatewayMeters meter, String one, String other) {}

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(120)
    };

    private final MeterRegistry registry;
    private final TenantMeters tenants;
    private final ConcurrentHashMap<RequestKey, Counter> requests = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<TimerKey, Timer> timers = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<CounterKey, Counter> counters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, AtomicInteger> inFlight = new ConcurrentHashMap<>();
    private final AtomicInteger openConnections = new AtomicInteger();
    private final AtomicLong heldBodyBytes = new AtomicLong();
    private final Timer parse;
    private final Timer schedule;

    public GatewayMetrics(MeterRegistry registry) {
        this.registry = registry;
        tenants = new TenantMeters(registry);
        Gauge.builder(GatewayMeters.OPEN_CONNECTIONS.getName(), openConnections, AtomicInteger::get)
                .register(registry);
        Gauge.builder(GatewayMeters.HELD_BODY_BYTES.getName(), heldBodyBytes, AtomicLong::get)
                .baseUnit("bytes")
                .register(registry);
        parse = addedLatency("parse");
        schedule = addedLatency("schedule");
        counter(GatewayMeters.FALLBACK_PICKS, "", "");
        counter(GatewayMeters.STRIPPED_FIELDS, "", "");
        counter(GatewayMeters.REPORTS_DROPPED, "", "");
        counter(GatewayMeters.LOOP_STALLS, "", "");
    }

    private Timer addedLatency(String phase) {
        return Timer.builder(GatewayMeters.ADDED_LATENCY.getName())
                .tag("phase", phase)
                .serviceLevelObjectives(
                        Duration.ofNanos(50_000), Duration.ofNanos(200_000), Duration.ofMillis(1), Duration.ofMillis(5))
                .register(registry);
    }

    /** A request has ended. */
    public void ended(EndedRequest request) {
        requests.computeIfAbsent(
                        new RequestKey(request.route(), request.model(), request.outcome(), request.code()),
                        this::requestCounter)
                .increment();
        timer(GatewayMeters.REQUEST_DURATION, request).record(request.durationNanos(), TimeUnit.NANOSECONDS);
        if (request.firstByteNanos() > 0) {
            timer(GatewayMeters.TIME_TO_FIRST_TOKEN, request).record(request.firstByteNanos(), TimeUnit.NANOSECONDS);
        }
        countTokens(request);
    }

    private void countTokens(EndedRequest request) {
        TokenUsage usage = request.usage();
        addTokens(request.model(), "input", usage.promptTokens());
        addTokens(request.model(), "cached", usage.cachedTokens());
        addTokens(request.model(), "output", usage.completionTokens());
        if (request.streaming() && request.firstByteNanos() > 0 && usage.completionTokens() > 1) {
            long perToken = (request.durationNanos() - request.firstByteNanos()) / (usage.completionTokens() - 1);
            timer(GatewayMeters.TIME_PER_OUTPUT_TOKEN, request).record(perToken, TimeUnit.NANOSECONDS);
        }
    }

    private void addTokens(String model, String direction, int tokens) {
        if (tokens > 0) {
            counter(GatewayMeters.TOKENS, model, direction).increment(tokens);
        }
    }

    /** The gateway itself took so long for a part of a request. */
    public void added(Phase phase, long nanos) {
        (phase == Phase.PARSE ? parse : schedule).record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request was refused. */
    public void refused(ErrorCode code) {
        counter(GatewayMeters.REFUSALS, code.wireName(), "").increment();
    }

    /** An attempt at an endpoint is over. */
    public void attempted(String result, boolean retried) {
        counter(GatewayMeters.ATTEMPTS, result, Boolean.toString(retried)).increment();
    }

    /**
     * An answer was relayed that is not quite as it should be.
     *
     * @param reason {@code mode} for JSON instead of events, {@code usage} for counts of tokens that are none, {@code event}
     *     for events that are no JSON
     */
    public void oddAnswer(String reason) {
        counter(GatewayMeters.ODD_ANSWERS, reason, "").increment();
    }

    /** A header was removed because clients must not set it. */
    public void spoofed(String header) {
        counter(GatewayMeters.SPOOFED_HEADERS, header, "").increment();
    }

    /** A client wrote parameters of KV transfer into its body. */
    public void strippedField() {
        counter(GatewayMeters.STRIPPED_FIELDS, "", "").increment();
    }

    /** A request had no valid key. */
    public void authFailed(String reason) {
        counter(GatewayMeters.AUTH_FAILURES, reason, "").increment();
    }

    /** A request was over a limit of its key or tenant. */
    public void overLimit(String limit) {
        counter(GatewayMeters.OVER_LIMIT, limit, "").increment();
    }

    /** A request of a tenant of the key file is over. */
    public void tenantUsed(String tenant, long tokens) {
        if (tokens > 0) {
            tenants.used(tenant, tokens);
        }
    }

    /**
     * Shows how much of its budget a tenant has left from now on.
     *
     * @param left share from 0 to 1
     */
    public void watchBudget(String tenant, DoubleSupplier left) {
        tenants.watchBudget(tenant, left);
    }

    /** A tenant has no key any more: its series go, until it is heard of again. */
    public void forgetTenant(String tenant) {
        tenants.forget(tenant);
    }

    /** A request was placed without the scheduler. */
    public void fallbackPicked() {
        counter(GatewayMeters.FALLBACK_PICKS, "", "").increment();
    }

    /** An outcome report was dropped. */
    public void reportDropped() {
        counter(GatewayMeters.REPORTS_DROPPED, "", "").increment();
    }

    /** An event loop does not get on. */
    public void loopStalled() {
        counter(GatewayMeters.LOOP_STALLS, "", "").increment();
    }

    /** Requests of a route that are not over; the caller counts up and down. */
    public AtomicInteger inFlight(String route) {
        AtomicInteger known = inFlight.get(route);
        return known == null ? inFlight.computeIfAbsent(route, this::inFlightGauge) : known;
    }

    /** Requests of all routes that are not over. */
    public int totalInFlight() {
        return inFlight.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Connections of clients; the edge counts up and down. */
    public AtomicInteger openConnections() {
        return openConnections;
    }

    /** Bytes of request bodies in memory; the edge counts up and down. */
    public AtomicLong heldBodyBytes() {
        return heldBodyBytes;
    }

    private AtomicInteger inFlightGauge(String route) {
        AtomicInteger count = new AtomicInteger();
        Gauge.builder(GatewayMeters.IN_FLIGHT.getName(), count, AtomicInteger::get)
                .tag("route", route)
                .register(registry);
        return count;
    }

    private Counter requestCounter(RequestKey key) {
        return registry.counter(
                GatewayMeters.REQUESTS.getName(),
                Tags.of(
                        "route",
                        key.route(),
                        "model",
                        key.model(),
                        "outcome",
                        key.outcome().tagValue(),
                        "code",
                        key.code()));
    }

    private Timer timer(GatewayMeters meter, EndedRequest request) {
        return timers.computeIfAbsent(
                new TimerKey(meter, request.route(), request.model(), request.streaming()), this::requestTimer);
    }

    private Timer requestTimer(TimerKey key) {
        return Timer.builder(key.meter().getName())
                .tags("route", key.route(), "model", key.model(), "streaming", Boolean.toString(key.streaming()))
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private Counter counter(GatewayMeters meter, String one, String other) {
        return counters.computeIfAbsent(new CounterKey(meter, one, other), this::tagged);
    }

    private Counter tagged(CounterKey key) {
        var names = key.meter().getKeyNames();
        Tags tags = Tags.empty();
        if (names.length > 0) {
            tags = tags.and(names[0].asString(), key.one());
        }
        if (names.length > 1) {
            tags = tags.and(names[1].asString(), key.other());
        }
        return registry.counter(key.meter().getName(), tags);
    }
}
