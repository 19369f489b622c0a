package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.WatchedCall;
import org.jspecify.annotations.Nullable;

/**
 * How full the stages of the pool are, measured once per generation of its readings. Not thread-safe. The pool is as full
 * as its fuller stage; endpoints for encoding alone count only when there are no others.
 */
final class SaturationMeter {

    private final PolicyGuard guard;
    private @Nullable PoolView view;
    private @Nullable SaturationDetector detector;
    private long version;
    private long measuredNanos;
    private long validForNanos;
    private double prefill = Double.NaN;
    private double decode = Double.NaN;
    private double seen;
    private int staleEndpoints;

    SaturationMeter(PolicyGuard guard) {
        this.guard = guard;
    }

    /** Measures, unless nothing can have changed since. Says whether it did. */
    boolean measure(PoolView pool, SaturationDetector by, long nowNanos) {
        boolean isCurrent =
                pool == view && by == detector && by.version() == version && nowNanos - measuredNanos < validForNanos;
        if (isCurrent) {
            return false;
        }
        view = pool;
        detector = by;
        version = by.version();
        measuredNanos = nowNanos;
        staleEndpoints = 0;
        seen = 0;
        validForNanos = Long.MAX_VALUE;
        prefill = stage(pool.prefill(), by);
        decode = stage(pool.decode(), by);
        if (Double.isNaN(prefill) && Double.isNaN(decode)) {
            decode = measured(pool.endpoints(), by);
        }
        return true;
    }

    private double stage(Endpoint[] endpoints, SaturationDetector by) {
        return endpoints.length == 0 ? Double.NaN : measured(endpoints, by);
    }

    /**
     * A detector that throws, says what is no number, or is to be left alone, counts as a full stage, so that nothing is
     * sent blindly.
     */
    private double measured(Endpoint[] endpoints, SaturationDetector by) {
        WatchedCall call = guard.begin(by);
        if (call == null) {
            validForNanos = 0;
            return 1.0;
        }
        try {
            Saturation saturation = by.measure(endpoints);
            staleEndpoints += saturation.staleEndpoints();
            validForNanos = Math.min(validForNanos, saturation.validForNanos());
            double value = saturation.value();
            if (Double.isNaN(value)) {
                throw new ArithmeticException("saturation is NaN");
            }
            double stale = (double) saturation.staleEndpoints() / endpoints.length;
            seen = Math.max(seen, stale < 1 ? (value - stale) / (1 - stale) : 0);
            call.succeeded();
            return value;
        } catch (RuntimeException | Error e) {
            guard.failed(call, by, e);
            return 1.0;
        }
    }

    /** Of the fuller stage, without the endpoints that count as full for want of a reading. */
    double seen() {
        return seen;
    }

    /** The next measurement is made anew: counts have changed. */
    void outdate() {
        view = null;
    }

    /** Of the endpoints for prefill, NaN when there are none. */
    double prefill() {
        return prefill;
    }

    /** Of the endpoints for decode, NaN when there are none. */
    double decode() {
        return decode;
    }

    int staleEndpoints() {
        return staleEndpoints;
    }

    /** Of the fuller stage. */
    double effective() {
        return fuller(prefill, decode);
    }

    /** Of the fuller stage, with what has been promised to each. */
    double effective(Reservations reservations) {
        return fuller(prefill + reservations.prefill(), decode + reservations.decode());
    }

    private static double fuller(double a, double b) {
        return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
    }

    /** What one more request adds to the prefill stage. */
    double prefillShare(PoolView pool, SaturationDetector by, FlowRequest request) {
        return pool.prefill().length == 0 ? 0 : share(pool.prefill(), by, request);
    }

    /** What one more request adds to the decode stage. */
    double decodeShare(PoolView pool, SaturationDetector by, FlowRequest request) {
        if (pool.decode().length > 0) {
            return share(pool.decode(), by, request);
        }
        return pool.prefill().length == 0 && !pool.isEmpty() ? share(pool.endpoints(), by, request) : 0;
    }

    private double share(Endpoint[] endpoints, SaturationDetector by, FlowRequest request) {
        WatchedCall call = guard.begin(by);
        if (call == null) {
            return 0;
        }
        try {
            double share = by.share(endpoints, request.promptTokens());
            if (Double.isNaN(share)) {
                throw new ArithmeticException("a share is NaN");
            }
            call.succeeded();
            return share;
        } catch (RuntimeException | Error e) {
            guard.failed(call, by, e);
            return 0;
        }
    }
}
