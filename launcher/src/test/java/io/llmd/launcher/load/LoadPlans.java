package io.llmd.launcher.load;

import java.time.Duration;

/** Plans for tests: short, deterministic, with one thing changed at a time. */
record LoadPlans(LoadPlan plan) {

    static LoadPlans plans() {
        return new LoadPlans(new LoadPlan(
                new Arrivals.OpenLoop(50, Arrivals.Spacing.CONSTANT),
                Duration.ofMillis(400),
                Duration.ZERO,
                "sim-8b",
                new TokenLengths.Fixed(40),
                new TokenLengths.Fixed(8),
                0.5,
                3,
                1,
                42,
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                100,
                Slo.NONE));
    }

    LoadPlans arrivals(Arrivals value) {
        return with(
                value,
                plan.duration(),
                plan.warmUp(),
                plan.streamShare(),
                plan.timeout(),
                plan.drain(),
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans duration(Duration value) {
        return with(
                plan.arrivals(),
                value,
                plan.warmUp(),
                plan.streamShare(),
                plan.timeout(),
                plan.drain(),
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans warmUp(Duration value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                value,
                plan.streamShare(),
                plan.timeout(),
                plan.drain(),
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans streamShare(double value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                plan.warmUp(),
                value,
                plan.timeout(),
                plan.drain(),
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans timeout(Duration value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                plan.warmUp(),
                plan.streamShare(),
                value,
                plan.drain(),
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans drain(Duration value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                plan.warmUp(),
                plan.streamShare(),
                plan.timeout(),
                value,
                plan.slo(),
                plan.maxConnections());
    }

    LoadPlans slo(Slo value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                plan.warmUp(),
                plan.streamShare(),
                plan.timeout(),
                plan.drain(),
                value,
                plan.maxConnections());
    }

    LoadPlans maxConnections(int value) {
        return with(
                plan.arrivals(),
                plan.duration(),
                plan.warmUp(),
                plan.streamShare(),
                plan.timeout(),
                plan.drain(),
                plan.slo(),
                value);
    }

    private LoadPlans with(
            Arrivals arrivals,
            Duration duration,
            Duration warmUp,
            double streamShare,
            Duration timeout,
            Duration drain,
            Slo slo,
            int maxConnections) {
        return new LoadPlans(new LoadPlan(
                arrivals,
                duration,
                warmUp,
                plan.model(),
                plan.promptTokens(),
                plan.outputTokens(),
                plan.sharedPrefixShare(),
                plan.groups(),
                streamShare,
                plan.seed(),
                timeout,
                drain,
                maxConnections,
                slo));
    }
}
