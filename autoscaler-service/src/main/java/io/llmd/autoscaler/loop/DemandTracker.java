package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.ArrivalRate;
import io.llmd.autoscaler.analyzer.Attainment;
import io.llmd.autoscaler.analyzer.BurstReserve;
import io.llmd.autoscaler.analyzer.CounterRate;
import io.llmd.autoscaler.analyzer.DampedTrend;
import io.llmd.autoscaler.analyzer.Dispersion;
import io.llmd.autoscaler.analyzer.DueWork;
import io.llmd.autoscaler.analyzer.Forecast;
import io.llmd.autoscaler.analyzer.GrowthQuantile;
import io.llmd.autoscaler.analyzer.RouterShares;
import io.llmd.autoscaler.analyzer.RouterShares.Report;
import io.llmd.autoscaler.analyzer.SeasonalTrend;
import io.llmd.autoscaler.analyzer.ShapeWindow;
import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The demand of one model and tier, from what routers count. For one thread. */
final class DemandTracker {

    private static final double INTERVAL_SECONDS = 60;
    private static final double WINDOW_SECONDS = 10;
    private static final int DAY = 24 * 60;
    private static final int COUNTERS = 11;
    /** Fewer requests that were told of one by one are no sample. */
    private static final double ENOUGH = 30;
    /** Where so small a share of all is told of one by one, others may be unlike them. */
    private static final double LEAST_SHARE = 0.5;

    private final TierRule rule;
    private final double staleSeconds;
    private final Map<URI, CounterRate> arrivals = new TreeMap<>();
    private final Map<URI, Flow> last = new TreeMap<>();
    private final double[] counted = new double[COUNTERS];
    private boolean isInterrupted;
    private final RouterShares over20;
    private final RouterShares over60;
    private final ShapeWindow shapes;
    private final GrowthQuantile growth = new GrowthQuantile();
    private final BurstReserve bursts = new BurstReserve();
    private final Dispersion dispersion = new Dispersion();
    private final Attainment attainment = new Attainment();
    private final ServedRequests served;
    private final DueWork due;
    private final Forecast forecast;
    private final double horizonSeconds;
    private double nextInterval = Double.NaN;
    private double lastCount = Double.NaN;
    private double countedAt;
    private double readAt = Double.NEGATIVE_INFINITY;
    private double lastArrival;
    private double knownTotal = Double.NaN;

    DemandTracker(TierRule rule, Shape assumed, double staleSeconds, double horizonSeconds, double nowSeconds) {
        this.rule = rule;
        this.staleSeconds = staleSeconds;
        this.horizonSeconds = horizonSeconds;
        over20 = new RouterShares(staleSeconds);
        over60 = new RouterShares(staleSeconds);
        shapes = new ShapeWindow(assumed);
        served = new ServedRequests(rule.tier(), assumed);
        due = new DueWork(rule.deadlineSeconds());
        forecast = new Forecast(
                (int) Math.ceil(horizonSeconds / INTERVAL_SECONDS),
                List.of(new DampedTrend(INTERVAL_SECONDS), new SeasonalTrend("seasonal-day", DAY)));
        lastArrival = nowSeconds;
    }

    /** Forgets routers that are not among these: what is gone is not silent. */
    void retain(Collection<URI> routers) {
        arrivals.keySet().retainAll(routers);
        last.keySet().retainAll(routers);
    }

    /** Takes what a router counted. */
    void observe(URI router, Flow flow, double atSeconds) {
        arrivals.computeIfAbsent(router, name -> new CounterRate()).add(atSeconds, flow.arrivals());
        Flow before = last.put(router, flow);
        count(before == null ? null : counters(before), counters(flow));
        readAt = Math.max(readAt, atSeconds);
    }

    /** Takes a request that was told of by itself. */
    void served(Ended ended) {
        served.add(ended);
    }

    /**
     * Adds what a router has counted since it was read before. What it had counted until it was read first, or begun anew, came over
     * any time.
     */
    private void count(double @Nullable [] before, double[] now) {
        boolean hasBegun = before == null;
        for (int i = 0; before != null && i < COUNTERS; i++) {
            hasBegun |= now[i] < before[i];
        }
        if (hasBegun) {
            isInterrupted = true;
            return;
        }
        for (int i = 0; before != null && i < COUNTERS; i++) {
            counted[i] += now[i] - before[i];
        }
    }

    private double[] counters(Flow flow) {
        Attainment.Totals kept = kept(flow);
        return new double[] {
            flow.arrivals(),
            flow.finished(),
            flow.input(),
            flow.cached(),
            flow.inputSquare(),
            flow.output(),
            flow.outputSquare(),
            kept.firstTokens(),
            kept.goodFirstTokens(),
            kept.answers(),
            kept.goodAnswers()
        };
    }

    /**
     * After all routers of a cycle were asked.
     *
     * @param isHeard whether any has answered; silence is no rate of 0 and teaches nothing
     */
    void settle(boolean isHeard, double nowSeconds) {
        if (!isHeard) {
            nextInterval = Double.NaN;
            return;
        }
        double arrived = counted[0];
        boolean hasArrived = arrived > knownTotal || running() > 0 || queued() > 0;
        if (hasArrived) {
            lastArrival = nowSeconds;
        }
        countWindow(arrived);
        knownTotal = arrived;
        due.add(nowSeconds, arrived);
        shapes.add(
                nowSeconds,
                new ShapeWindow.Totals(counted[1], counted[2], counted[3], counted[4], counted[5], counted[6]));
        attainment.add(nowSeconds, new Attainment.Totals(counted[7], counted[8], counted[9], counted[10]));
        served.settle(nowSeconds);
        ArrivalRate rate = rate(nowSeconds);
        bursts.add(nowSeconds, rate.last20());
        if (Double.isNaN(nextInterval)) {
            nextInterval = nowSeconds + INTERVAL_SECONDS;
        } else if (nowSeconds >= nextInterval) {
            growth.add(nowSeconds, rate.last60());
            forecast.add(rate.last60());
            nextInterval += INTERVAL_SECONDS * Math.ceil((nowSeconds - nextInterval + 1e-9) / INTERVAL_SECONDS);
        }
    }

    /** What has no target is not looked at. */
    private Attainment.Totals kept(Flow flow) {
        Tier tier = rule.tier();
        boolean hasFirst = Double.isFinite(tier.firstTokenTarget());
        boolean hasBetween = Double.isFinite(tier.interTokenTarget());
        return new Attainment.Totals(
                hasFirst ? flow.firstToken().count() : 0,
                hasFirst ? flow.firstToken().within(tier.firstTokenTarget()) : 0,
                hasBetween ? flow.perToken().count() : 0,
                hasBetween ? flow.perToken().within(tier.interTokenTarget()) : 0);
    }

    /** Windows go from reading to reading: one without a reading in it has no count, and is not one without requests. */
    private void countWindow(double arrived) {
        // A window that was not looked at in time is none: its count would look like a burst.
        boolean isLate = readAt > countedAt + 2 * WINDOW_SECONDS;
        if (Double.isNaN(lastCount) || isInterrupted || isLate) {
            isInterrupted = false;
            lastCount = arrived;
            countedAt = readAt;
        } else if (readAt >= countedAt + WINDOW_SECONDS) {
            dispersion.add(arrived - lastCount);
            lastCount = arrived;
            countedAt = readAt;
        }
    }

    private List<Report> reports(double window, double nowSeconds) {
        List<Report> reports = new ArrayList<>();
        arrivals.forEach((router, counter) -> {
            double rate = counter.rate(window, nowSeconds);
            double age = nowSeconds - counter.lastReading();
            reports.add(new Report(
                    router.toString(), Double.isNaN(rate) ? 0 : rate, Double.isNaN(age) ? Double.MAX_VALUE : age));
        });
        return reports;
    }

    ArrivalRate rate(double nowSeconds) {
        return new ArrivalRate(
                over20.total(reports(20, nowSeconds)).rate(),
                over60.total(reports(60, nowSeconds)).rate());
    }

    Grade grade(double nowSeconds) {
        return arrivals.isEmpty()
                ? Grade.COMPLETE
                : over60.total(reports(60, nowSeconds)).grade();
    }

    double queued() {
        return last.values().stream().mapToDouble(Flow::queued).sum();
    }

    /** Requests that wait in routers and are to be served at once. */
    double urgent() {
        return due.hasDeadline() ? 0 : queued();
    }

    /** The rate of requests that are to be served at once. */
    ArrivalRate urgentRate(double nowSeconds) {
        return due.hasDeadline() ? new ArrivalRate(0, 0) : rate(nowSeconds);
    }

    double running() {
        return last.values().stream().mapToDouble(Flow::running).sum();
    }

    double idleSeconds(double nowSeconds) {
        return nowSeconds - lastArrival;
    }

    /** Index of dispersion of arrivals at one of so many replicas. */
    double arrivalVariation(int replicas) {
        return dispersion.index(replicas);
    }

    double skill() {
        double trend = forecast.scaledError("damped-trend");
        double season = forecast.scaledError("seasonal-day");
        double best = Double.isNaN(season) ? trend : Double.isNaN(trend) ? season : Math.min(trend, season);
        return 1 - best;
    }

    /** Whether enough was told one by one to stand for all. */
    private boolean isToldOneByOne(double nowSeconds) {
        double told = served.finished(nowSeconds);
        return told >= ENOUGH && told >= LEAST_SHARE * shapes.finished(nowSeconds);
    }

    /** What a decision needs to know. @param engineQueue requests that wait in engines, of this class */
    ClassInput input(double engineQueue, double nowSeconds) {
        boolean isExact = isToldOneByOne(nowSeconds);
        Shape shape = isExact ? served.shape(nowSeconds) : shapes.shape(nowSeconds);
        double share = isExact && !Double.isNaN(served.attainment()) ? served.attainment() : attainment.share();
        RequestClass requests = new RequestClass(rule.tier().name(), rule.tier(), shape);
        if (due.hasDeadline()) {
            return ClassInput.due(requests, due.waiting(queued(), nowSeconds), share);
        }
        ArrivalRate rate = rate(nowSeconds);
        double now = rate.now();
        double quantile = rule.tier().tierClass().growthQuantile();
        double upper = forecast.upper(now, rate.last60(), growth.growth(horizonSeconds, quantile))
                .rate();
        return new ClassInput(
                requests,
                now,
                rate.guard(rule.tier().tierClass().guard(), dispersion.index()),
                upper,
                rule.burstQuantile() > 0 ? bursts.rate(rule.burstQuantile()) : 0,
                queued() + engineQueue,
                rule.tier().tierClass().drainSeconds(),
                share);
    }
}
