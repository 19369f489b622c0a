package io.llmd.gateway.dispatch;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ejects endpoints that fail time after time, or far more often than the others, and leaves endpoints alone that asked for it
 * with {@code retry-after}.
 *
 * <p>Each endpoint has a circuit breaker: open after some consecutive failures, first for a short time, doubling with
 * each trial that fails. The ejected ones are named to the scheduler as excluded, as long as they are at most a share of all.
 * When more fail, leaving them out would put the load of all on the few that are left, and most likely it is not the
 * endpoints that are at fault: then all are tried, until fewer are ejected. Thread-safe.
 */
public final class EndpointHealth {

    private static final Logger log = LoggerFactory.getLogger(EndpointHealth.class);

    /**
     * @param consecutiveFailures failures in a row that eject an endpoint
     * @param firstEjection how long the first ejection lasts; doubles each time, with 20 % jitter
     * @param longestEjection where doubling ends
     * @param maxEjectedShare share of the known endpoints that may be left out, in [0, 1]
     * @param outlierMargin an endpoint whose share of successes is so much below the mean of the others is ejected too; 0 for never
     * @param outlierRequests requests within the last one to two windows that such a judgement needs
     * @param outlierWindow that window
     */
    public record Settings(
            int consecutiveFailures,
            Duration firstEjection,
            Duration longestEjection,
            double maxEjectedShare,
            double outlierMargin,
            int outlierRequests,
            Duration outlierWindow) {}

    private static final class State {
        private final CircuitBreaker breaker;
        private volatile long quietUntilNanos;

        State(CircuitBreaker breaker, long nowNanos) {
            this.breaker = breaker;
            this.quietUntilNanos = nowNanos;
        }
    }

    private final CircuitBreakerConfig config;
    private final double maxEjectedShare;
    private final LongSupplier nanoTime;
    private final SuccessRates rates;
    private final ConcurrentHashMap<String, State> states = new ConcurrentHashMap<>();
    private volatile int knownEndpoints;
    private volatile boolean anySuspect;
    private final AtomicBoolean panic = new AtomicBoolean();

    /**
     * @param nanoTime monotonic time, as {@link System#nanoTime}
     */
    public EndpointHealth(Settings settings, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.maxEjectedShare = settings.maxEjectedShare();
        this.rates = new SuccessRates(
                settings.outlierMargin(), settings.outlierRequests(), settings.outlierWindow(), nanoTime);
        this.config = CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(settings.consecutiveFailures())
                .minimumNumberOfCalls(settings.consecutiveFailures())
                .failureRateThreshold(100)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialRandomBackoff(
                        settings.firstEjection(), 2.0, 0.2, settings.longestEjection()))
                .clock(new MonotonicClock(nanoTime))
                .build();
    }

    /** The pool has changed. */
    public void retain(Set<String> endpointIds) {
        knownEndpoints = endpointIds.size();
        states.keySet().removeIf(id -> !endpointIds.contains(id));
        rates.retain(endpointIds);
    }

    /** An attempt at the endpoint went well, or failed through no fault of the endpoint. */
    public void succeeded(String endpointId) {
        rates.add(endpointId, true);
        State state = states.get(endpointId);
        if (state == null) {
            return;
        }
        if (panic.get() && state.breaker.getState() == CircuitBreaker.State.OPEN) {
            // Tried although it was ejected, and well: it need not wait for the end of that.
            state.breaker.transitionToClosedState();
        } else {
            state.breaker.onSuccess(0, TimeUnit.NANOSECONDS);
        }
    }

    /** An attempt at the endpoint failed. */
    public void failed(String endpointId) {
        anySuspect = true;
        CircuitBreaker breaker = state(endpointId).breaker;
        breaker.onError(0, TimeUnit.NANOSECONDS, AttemptFailed.INSTANCE);
        rates.add(endpointId, false);
        if (rates.isOutlier(endpointId)) {
            rates.forget(endpointId);
            if (breaker.getState() == CircuitBreaker.State.CLOSED) {
                breaker.transitionToOpenState();
            }
        }
    }

    /** The endpoint asked to be left alone for a while, or somebody does for it; zero ends that. */
    public void quiet(String endpointId, Duration duration) {
        anySuspect = true;
        state(endpointId).quietUntilNanos = nanoTime.getAsLong() + duration.toNanos();
    }

    /** Whether the endpoint shall get nothing now: it is ejected and not all are tried, or it wants to be left alone. */
    public boolean isAvoided(String endpointId) {
        State state = states.get(endpointId);
        return state != null && (isQuiet(state) || !panic.get() && isEjected(state));
    }

    /** Whether so many are ejected that all are tried, as it is now, also while no request asks. */
    public boolean isPanic() {
        excluded();
        return panic.get();
    }

    /** Whether the endpoint asked to be left alone, or somebody did for it. */
    public boolean isResting(String endpointId) {
        State state = states.get(endpointId);
        return state != null && isQuiet(state);
    }

    /** Whether the endpoint is ejected or wants to be left alone. */
    public boolean isOut(String endpointId) {
        State state = states.get(endpointId);
        return state != null && isOut(state);
    }

    /**
     * Endpoints that a request shall not go to; at most the settled share of all. An endpoint whose ejection is over is
     * in again, and its next answer decides about it.
     */
    public List<String> excluded() {
        if (!anySuspect && !panic.get()) {
            return List.of();
        }
        int known = Math.max(knownEndpoints, states.size());
        List<String> ejected = new ArrayList<>();
        List<String> quiet = new ArrayList<>();
        boolean suspects = false;
        for (var entry : states.entrySet()) {
            State state = entry.getValue();
            suspects |= state.breaker.getState() != CircuitBreaker.State.CLOSED || isQuiet(state);
            if (isQuiet(state)) {
                quiet.add(entry.getKey());
            } else if (isEjected(state)) {
                ejected.add(entry.getKey());
            }
        }
        anySuspect = suspects || anyFailures();
        boolean tooMany = ejected.size() > known * maxEjectedShare;
        if (panic.compareAndSet(!tooMany, tooMany)) {
            tell(tooMany, ejected.size(), known);
        }
        List<String> out = tooMany ? quiet : ejected;
        if (!tooMany) {
            out.addAll(quiet);
        }
        return out.subList(0, Math.min(out.size(), (int) (known * maxEjectedShare)));
    }

    private static void tell(boolean tooMany, int ejected, int known) {
        if (tooMany) {
            log.atWarn()
                    .addKeyValue("endpoints", ejected + " of " + known)
                    .log("too many endpoints fail, all are tried");
        } else {
            log.info("fewer endpoints fail, those that do are left out again");
        }
    }

    /** Endpoints with something to tell, for gauges. */
    public Set<String> watched() {
        return Set.copyOf(states.keySet());
    }

    private boolean anyFailures() {
        return states.values().stream().anyMatch(s -> s.breaker.getMetrics().getNumberOfFailedCalls() > 0);
    }

    private boolean isOut(State state) {
        return isQuiet(state) || isEjected(state);
    }

    private boolean isEjected(State state) {
        if (state.breaker.getState() != CircuitBreaker.State.OPEN) {
            return false;
        }
        // Asking moves an ejection that is over to half open; the place itself is for whoever is sent there.
        if (state.breaker.tryAcquirePermission()) {
            state.breaker.releasePermission();
            return false;
        }
        return true;
    }

    private boolean isQuiet(State state) {
        return state.quietUntilNanos - nanoTime.getAsLong() > 0;
    }

    private State state(String endpointId) {
        return states.computeIfAbsent(endpointId, id -> new State(CircuitBreaker.of(id, config), nanoTime.getAsLong()));
    }

    /** Monotonic time as the breaker wants it, so that a step of the wall clock ends no ejection. */
    private static final class MonotonicClock extends Clock {
        private final LongSupplier nanoTime;

        MonotonicClock(LongSupplier nanoTime) {
            this.nanoTime = nanoTime;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH.plusNanos(nanoTime.getAsLong());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    /** Tells the breaker that a call failed; carries no stack trace. */
    private static final class AttemptFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private static final AttemptFailed INSTANCE = new AttemptFailed();

        private AttemptFailed() {
            super("attempt failed", null, false, false);
        }
    }
}
