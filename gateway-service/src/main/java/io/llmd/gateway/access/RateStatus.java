package io.llmd.gateway.access;

import java.util.HashMap;
import java.util.Map;

/** Gathers the headers that tell clients of their rates, in OpenAI's form. Of several rates the one with the least left counts. */
final class RateStatus {

    private static final String LIMIT = "x-ratelimit-limit-";
    private static final String REMAINING = "x-ratelimit-remaining-";
    private static final String RESET = "x-ratelimit-reset-";

    private final Map<String, String> headers = new HashMap<>();
    private long requestsLeft = Long.MAX_VALUE;
    private long tokensLeft = Long.MAX_VALUE;

    void requests(RateBucket bucket) {
        if (bucket.remaining() < requestsLeft) {
            requestsLeft = bucket.remaining();
            put("requests", bucket);
        }
    }

    void tokens(RateBucket bucket) {
        if (bucket.remaining() < tokensLeft) {
            tokensLeft = bucket.remaining();
            put("tokens", bucket);
        }
    }

    private void put(String what, RateBucket bucket) {
        headers.put(LIMIT + what, Long.toString(bucket.perMinute()));
        headers.put(REMAINING + what, Long.toString(bucket.remaining()));
        headers.put(RESET + what, duration(bucket.fullAfterNanos()));
    }

    Map<String, String> headers() {
        return headers;
    }

    /** As {@code 12ms}, {@code 1.5s} or {@code 6m0s}. */
    static String duration(long nanos) {
        long millis = Math.ceilDiv(nanos, 1_000_000L);
        if (millis < 1_000) {
            return millis + "ms";
        }
        long minutes = millis / 60_000;
        String seconds = millis % 60_000 / 1_000 + (millis % 1_000 == 0 ? "" : fraction(millis % 1_000)) + "s";
        return minutes == 0 ? seconds : minutes + "m" + seconds;
    }

    private static String fraction(long millis) {
        return "." + Long.toString(1_000 + millis).substring(1).replaceAll("0+$", "");
    }
}
