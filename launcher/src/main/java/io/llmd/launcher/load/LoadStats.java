package io.llmd.launcher.load;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * Counts and times of a run. One writer, the client's event loop, which also makes the snapshots; so there are no locks.
 * Histograms are in microseconds with three significant digits, which bounds their size at a few hundred KiB each.
 */
final class LoadStats {

    /** Outcome of an answered request. */
    static final String OK = "ok";

    private static final int MAX_NAMES = 10_000;

    private final Slo slo;
    private final List<OfKind> kinds;
    private final Histogram lateness = new Histogram(3);
    private final Histogram firstToken = new Histogram(3);
    private final Histogram interToken = new Histogram(3);
    private final Histogram perToken = new Histogram(3);
    private final Histogram endToEnd = new Histogram(3);
    private final Histogram refused = new Histogram(3);
    private final Map<String, Long> outcomes = new TreeMap<>();
    private final Map<String, Long> endpoints = new TreeMap<>();

    private long sent;
    private long ended;
    private long errors;
    private long counted;
    private long countedOk;
    private long good;
    private long promptTokens;
    private long cachedTokens;
    private long outputTokens;
    private long lastEndNanos;

    LoadStats(Slo slo) {
        this(slo, RequestMix.NONE);
    }

    LoadStats(Slo slo, RequestMix mix) {
        this.slo = slo;
        kinds = mix.kinds().stream().map(OfKind::new).toList();
    }

    void taken(boolean counts, long lateNanos) {
        sent++;
        if (counts) {
            record(lateness, lateNanos);
        }
    }

    void interToken(long nanos) {
        record(interToken, nanos);
    }

    void ended(boolean counts, Exchange.Result result) {
        ended++;
        boolean isOk = result.outcome().equals(OK);
        if (!isOk) {
            errors++;
        }
        if (!counts) {
            return;
        }
        counted++;
        OfKind kind = kinds.isEmpty() ? null : kinds.get(result.kind());
        if (kind != null) {
            kind.ended(result);
        }
        lastEndNanos = Math.max(lastEndNanos, result.endNanos());
        add(outcomes, result.outcome());
        if (result.endpoint() != null) {
            add(endpoints, result.endpoint());
        }
        if (isOk) {
            answered(result);
        } else if (result.outcome().startsWith("429 ") || result.outcome().startsWith("503 ")) {
            record(refused, result.endToEndNanos());
        }
    }

    private void answered(Exchange.Result result) {
        countedOk++;
        promptTokens += result.promptTokens();
        cachedTokens += result.cachedTokens();
        outputTokens += result.outputTokens();
        record(endToEnd, result.endToEndNanos());
        if (result.firstTokenNanos() >= 0) {
            record(firstToken, result.firstTokenNanos());
        }
        if (result.perTokenNanos() >= 0) {
            record(perToken, (long) result.perTokenNanos());
        }
        if (slo.isMet(result.firstTokenNanos(), result.perTokenNanos(), result.endToEndNanos())) {
            good++;
        }
    }

    /** What a progress line shows; covers the whole run up to now, the counts with warm-up. */
    LoadSnapshot snapshot() {
        return new LoadSnapshot(
                sent,
                ended,
                sent - ended,
                errors,
                firstToken.getValueAtPercentile(50) / 1000.0,
                firstToken.getValueAtPercentile(99) / 1000.0,
                outputTokens);
    }

    long inFlight() {
        return sent - ended;
    }

    /** @param fromNanos when counting began */
    LoadReport report(LoadReport.Run run, long fromNanos) {
        double seconds = Math.max(1e-9, (lastEndNanos - fromNanos) / 1e9);
        LoadReport.Percentiles late = LoadReport.Percentiles.of(lateness);
        return new LoadReport(
                run,
                counted,
                countedOk,
                Map.copyOf(outcomes),
                LoadReport.Percentiles.of(firstToken),
                LoadReport.Percentiles.of(perToken),
                LoadReport.Percentiles.of(interToken),
                LoadReport.Percentiles.of(endToEnd),
                LoadReport.Percentiles.of(refused),
                late,
                counted == 0 ? 0 : countedOk / seconds,
                counted == 0 ? 0 : promptTokens / seconds,
                counted == 0 ? 0 : outputTokens / seconds,
                promptTokens == 0 ? 0 : cachedTokens / (double) promptTokens,
                slo.isSet() ? (counted == 0 ? 0.0 : good / (double) counted) : null,
                Map.copyOf(endpoints),
                late.p99() <= LoadReport.MAX_LATENESS_MILLIS,
                LoadReport.Histograms.of(firstToken, perToken, interToken, endToEnd),
                kinds.stream().map(OfKind::report).toList());
    }

    /** Names from a server are bounded, so that a broken one cannot fill the memory. */
    private static void add(Map<String, Long> counts, String name) {
        counts.merge(counts.size() < MAX_NAMES || counts.containsKey(name) ? name : "other", 1L, Long::sum);
    }

    /** What is known of the requests of one kind. */
    private static final class OfKind {
        private final RequestMix.Kind kind;
        private final Histogram firstToken = new Histogram(3);
        private final Histogram endToEnd = new Histogram(3);
        private long requests;
        private long answered;

        OfKind(RequestMix.Kind kind) {
            this.kind = kind;
        }

        void ended(Exchange.Result result) {
            requests++;
            if (result.outcome().equals(OK)) {
                answered++;
                record(endToEnd, result.endToEndNanos());
                if (result.firstTokenNanos() >= 0) {
                    record(firstToken, result.firstTokenNanos());
                }
            }
        }

        LoadReport.Kind report() {
            return new LoadReport.Kind(
                    kind.name(),
                    requests,
                    answered,
                    LoadReport.Percentiles.of(firstToken),
                    LoadReport.Percentiles.of(endToEnd));
        }
    }

    private static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.max(0, nanos / 1000));
    }
}
