package io.llmd.lab.report;

import io.llmd.lab.result.RunResult;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A figure of a run, as tables and files show it. */
enum Column {
    MEAN_TTFT("ttft_mean_ms", "mean TTFT ms", 0, run -> run.timeToFirstToken().mean()),
    P50_TTFT("ttft_p50_ms", "p50", 0, run -> run.timeToFirstToken().quantile(0.5)),
    P90_TTFT("ttft_p90_ms", "p90", 0, run -> run.timeToFirstToken().quantile(0.9)),
    P99_TTFT("ttft_p99_ms", "p99", 0, run -> run.timeToFirstToken().quantile(0.99)),
    MEAN_ITL("itl_mean_ms", "mean ITL ms", 1, run -> run.interToken().mean()),
    P95_ITL("itl_p95_ms", "p95", 1, run -> run.interToken().quantile(0.95)),
    MEAN_E2E("e2e_mean_ms", "mean E2E ms", 0, run -> run.endToEnd().mean()),
    P90_E2E("e2e_p90_ms", "p90", 0, run -> run.endToEnd().quantile(0.9)),
    GOOD_FIRST_TOKEN("good_ttft", "good TTFT", 3, RunResult::goodFirstToken),
    GOOD("good", "good TTFT and ITL", 3, RunResult::good),
    HIT_SHARE("hit", "hit", 3, RunResult::hitShare),
    HIT_EFFICIENCY("hit_efficiency", "of one LRU", 3, RunResult::hitEfficiency),
    OUTPUT_RATE("output_tokens_per_s", "output tok/s", 0, RunResult::outputRate),
    IMBALANCE("imbalance", "imbalance", 2, RunResult::imbalance),
    PREEMPTIONS("preemptions", "preemptions", 0, RunResult::preemptions),
    REJECTED("rejected", "rejected", 0, RunResult::rejected),
    P99_GAP("itl_gap_p99_ms", "p99 ITL ms", 1, run -> run.gaps().quantile(0.99)),
    GOODPUT("goodput", "goodput", 3, RunResult::good),
    SPLIT("split", "split", 3, RunResult::split);

    /** Of all traffics and policies. */
    static final List<Column> USUAL = List.copyOf(EnumSet.range(MEAN_TTFT, REJECTED));

    /** What compares policies. */
    static final List<Column> SHORT = List.of(
            MEAN_TTFT,
            P50_TTFT,
            P90_TTFT,
            P99_TTFT,
            MEAN_ITL,
            MEAN_E2E,
            GOOD_FIRST_TOKEN,
            GOOD,
            HIT_SHARE,
            HIT_EFFICIENCY,
            OUTPUT_RATE,
            IMBALANCE,
            REJECTED);

    /** Where prefill and decode are apart. */
    static final List<Column> APART =
            List.of(MEAN_TTFT, P50_TTFT, P99_TTFT, MEAN_ITL, P99_GAP, MEAN_E2E, P90_E2E, GOODPUT, HIT_SHARE, SPLIT);

    private final String key;
    private final String title;
    private final int decimals;
    private final ToDoubleFunction<RunResult> value;

    Column(String key, String title, int decimals, ToDoubleFunction<RunResult> value) {
        this.key = key;
        this.title = title;
        this.decimals = decimals;
        this.value = value;
    }

    String key() {
        return key;
    }

    String title() {
        return title;
    }

    double of(RunResult run) {
        return value.applyAsDouble(run);
    }

    /** A value as people read it. */
    String shown(double number) {
        return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, "%,." + decimals + "f", number);
    }
}
