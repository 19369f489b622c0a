package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.Shape;

/**
 * Quantiles of the time to first token: prompts are computed by a single server, and the waiting time has an exponential tail
 * (Kingman; specs/autoscaling.md 3.4). All times in seconds. Pure functions.
 */
public final class Tails {

    /** Times of requests vary by this much around their mean, at answers of one token; 2/√O at longer ones. */
    private static final double TOKEN_SPREAD = 2;

    private Tails() {}

    /**
     * Quantile of the time that a prompt waits.
     *
     * @param service mean time of computing a prompt
     * @param use share of the time that the server is busy, in [0, 1)
     * @param arrivalVariation index of dispersion of arrivals; 1 for Poisson ones
     * @param serviceVariation squared coefficient of variation of {@code service}
     * @param quantile in (0, 1)
     * @return infinity when {@code use} is 1 or more
     */
    public static double wait(
            double service, double use, double arrivalVariation, double serviceVariation, double quantile) {
        if (use >= 1) {
            return Double.POSITIVE_INFINITY;
        }
        if (use <= 1 - quantile) {
            return 0;
        }
        return (arrivalVariation + serviceVariation) * service / (2 * (1 - use)) * Math.log(use / (1 - quantile));
    }

    /**
     * Share of the time that computing prompts may take so that a target is kept.
     *
     * @param target time to first token
     * @param rest what is spent beside waiting: computing this prompt, half a step, the network
     * @return in [0, 1); 0 when {@code rest} alone is too long, infinity when there is no target
     */
    public static double maxPrefillUse(
            double target,
            double rest,
            double service,
            double arrivalVariation,
            double serviceVariation,
            double quantile) {
        if (Double.isInfinite(target)) {
            return Double.POSITIVE_INFINITY;
        }
        double allowed = target - rest;
        if (allowed <= 0) {
            return 0;
        }
        double low = 0;
        double high = 1;
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (wait(service, middle, arrivalVariation, serviceVariation, quantile) <= allowed) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The same for a class on a replica. The prompt's own time is that of mean plus 1.28 standard deviations. */
    public static double maxPrefillUse(
            LoadFunction function, Shape shape, double target, double quantile, double arrivalVariation) {
        double perToken = function.time().perPromptToken()
                + function.time().base() / function.limits().stepTokens();
        double service = perToken * shape.uncached();
        double own = service * (1 + 1.28 * Math.sqrt(shape.prefillVariation()))
                + 1.5 * function.time().base();
        return maxPrefillUse(target, own, service, arrivalVariation, shape.prefillVariation(), quantile);
    }

    /** Quantile 0.95 of a request's mean time between tokens, for answers of at least 16 tokens. */
    public static double interToken95(double mean, double output) {
        return mean * (1 + TOKEN_SPREAD / Math.sqrt(Math.max(16, output)));
    }
}
