package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import org.springframework.stereotype.Component;

/**
 * Sends a prompt to endpoints that are made for its length, which a label tells as {@code min-max} tokens. A prompt of
 * {@code L} tokens in the range {@code [a, b]} scores {@code 0.3 + 0.7 * (0.7 / (1 + (b - a) / 10000) + 0.3 * (b - L) / (b
 * - a))}: narrow ranges and room to grow are better. Outside, the score is at most 0.3 and falls with the distance to the
 * range. As a filter, it removes endpoints whose range does not hold the prompt. O(n).
 */
final class ContextLengthAwareScorer implements Scorer, Filter {

    private static final double UNLABELLED = 0.5;
    private static final double OUTSIDE = 0.3;
    private static final double NARROWNESS = 0.7;
    private static final double ROOM = 0.3;
    private static final double WIDTH_SCALE_TOKENS = 10_000;
    private static final double DISTANCE_SCALE_TOKENS = 1_000;
    private static final int MAX_DIGITS = 18;

    /**
     * @param label label with the range
     * @param enableFiltering whether endpoints that do not fit are removed
     */
    record Params(
            @Default("llm-d.ai/context-length-range") String label,
            @Default("false") boolean enableFiltering) {
        Params {
            if (label.isEmpty()) {
                throw new IllegalArgumentException("label: \"\" (expected: a label name)");
            }
        }
    }

    private final Params params;

    ContextLengthAwareScorer(Params params) {
        this.params = params;
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        if (!params.enableFiltering()) {
            return candidates;
        }
        long tokens = request.body().promptTokens();
        return candidates.where(i -> {
            String range = candidates.get(i).metadata().labels().get(params.label());
            return range == null || (isRange(range) && min(range) <= tokens && tokens <= max(range));
        });
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        long tokens = request.body().promptTokens();
        for (int i = 0; i < scores.length; i++) {
            String range = candidates.get(i).metadata().labels().get(params.label());
            if (range == null) {
                scores[i] = UNLABELLED;
            } else {
                scores[i] = isRange(range) ? score(tokens, min(range), max(range)) : 0.0;
            }
        }
    }

    private static double score(long tokens, long min, long max) {
        if (tokens < min || tokens > max) {
            long distance = tokens < min ? min - tokens : tokens - max;
            return OUTSIDE / (1 + distance / DISTANCE_SCALE_TOKENS);
        }
        if (min == max) {
            return 1.0;
        }
        double width = max - min;
        double fit = NARROWNESS / (1 + width / WIDTH_SCALE_TOKENS) + ROOM * (max - tokens) / width;
        return OUTSIDE + (1 - OUTSIDE) * fit;
    }

    /** Whether the text is two numbers in ascending order, joined by a dash. */
    private static boolean isRange(String text) {
        int dash = text.indexOf('-');
        return isNumber(text, 0, dash) && isNumber(text, dash + 1, text.length()) && min(text) <= max(text);
    }

    private static boolean isNumber(String text, int from, int to) {
        if (to <= from || to - from > MAX_DIGITS) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static long min(String range) {
        return Long.parseLong(range, 0, range.indexOf('-'), 10);
    }

    private static long max(String range) {
        return Long.parseLong(range, range.indexOf('-') + 1, range.length(), 10);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "context-length-aware";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new ContextLengthAwareScorer(params);
        }
    }
}
