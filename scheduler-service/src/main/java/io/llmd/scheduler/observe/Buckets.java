package io.llmd.scheduler.observe;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/** Upper bounds of histogram buckets, as llm-d has them. Those of time are in seconds. */
final class Buckets {

    static final double[] LATENCY = {
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120, 180,
        240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600
    };
    static final double[] FAST = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1};
    static final double[] TIME_TO_FIRST_TOKEN = Arrays.copyOf(LATENCY, 24);
    static final double[] PER_TOKEN = {
        0.0005, 0.00205, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2
    };
    static final double[] NORMALISED = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
    static final double[] REQUEST_PROCESSING = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };
    static final double[] RESPONSE_PROCESSING = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
    };
    static final double[] QUEUE = {
        0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
    };
    static final double[] REVOCATION = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    static final double[] PREDICTION = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5};

    /** 32778 stands for 32768 in llm-d, and dashboards ask for it by that name. */
    static final double[] TOKENS = {
        1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32778, 65536, 131072, 262144, 524288, 1048576
    };

    static final double[] OUTPUT_TOKENS = Arrays.copyOf(TOKENS, 12);
    static final double[] RESPONSE_BYTES = Arrays.copyOf(TOKENS, 15);
    static final double[] REQUEST_BYTES =
            DoubleStream.iterate(64, bytes -> bytes * 2).limit(25).toArray();
    static final double[] RATIO = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
    static final double[] HIT_BYTES =
            DoubleStream.iterate(16, bytes -> bytes * 2).limit(13).toArray();

    private Buckets() {}

    static Duration[] durations(double[] seconds) {
        return Arrays.stream(seconds)
                .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e9)))
                .toArray(Duration[]::new);
    }
}
