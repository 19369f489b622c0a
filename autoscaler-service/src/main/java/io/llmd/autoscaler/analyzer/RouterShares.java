package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.Grade;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what several routers count. A router that is silent is taken to have the share that it had (specs/autoscaling.md
 * 4.5). For one thread.
 */
public final class RouterShares {

    private static final double FORGET_SECONDS = 600;

    /**
     * What a router says.
     *
     * @param router which one
     * @param rate requests a second
     * @param ageSeconds how old that is
     */
    public record Report(String router, double rate, double ageSeconds) {}

    /**
     * The sum.
     *
     * @param rate requests a second of all routers
     * @param grade how much of it was heard
     */
    public record Total(double rate, Grade grade) {}

    private final double staleSeconds;
    private final Map<String, Double> shares = new HashMap<>();

    /** @param staleSeconds age from which a report no longer counts */
    public RouterShares(double staleSeconds) {
        this.staleSeconds = staleSeconds;
    }

    /** Adds reports up. Routers that nothing was heard of for ten minutes are taken to be gone. */
    public Total total(List<Report> reports) {
        double heard = 0;
        double heardShare = 0;
        double silentShare = 0;
        int fresh = 0;
        int silent = 0;
        for (Report report : reports) {
            double share = shares.getOrDefault(report.router(), 1.0 / reports.size());
            if (report.ageSeconds() <= staleSeconds && report.rate() >= 0) {
                heard += report.rate();
                heardShare += share;
                fresh++;
            } else if (report.ageSeconds() <= FORGET_SECONDS) {
                silentShare += share;
                silent++;
            }
        }
        if (fresh == 0) {
            return new Total(Double.NaN, Grade.BLIND);
        }
        if (silent > 0) {
            double all = heardShare == 0 ? heard : heard * (heardShare + silentShare) / heardShare;
            return new Total(all, Grade.PARTIAL);
        }
        shares.clear();
        for (Report report : reports) {
            if (heard > 0 && report.ageSeconds() <= staleSeconds) {
                shares.put(report.router(), report.rate() / heard);
            }
        }
        return new Total(heard, Grade.COMPLETE);
    }
}
