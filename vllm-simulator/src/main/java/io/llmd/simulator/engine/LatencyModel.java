package io.llmd.simulator.engine;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How long a step takes, and how long a request needs before it reaches the engine. Pure and thread-safe. */
public sealed interface LatencyModel
        permits LatencyModel.Constant, LatencyModel.Compact, PhysicsLatency, TableLatency, VariedLatency {

    /** Mean duration of a step in nanoseconds, before time scale and noise. */
    double stepNanos(StepLoad load);

    /**
     * Duration of one step in nanoseconds, before time scale and noise.
     *
     * @param draw key of the step's random numbers, for models that vary by themselves
     */
    default double stepNanos(StepLoad load, long draw) {
        return stepNanos(load);
    }

    /** Nanoseconds between arrival and the waiting queue, before time scale. */
    long apiNanos();

    /**
     * Fixed times. A step lasts {@code interTokenLatency} if it decodes, plus for each prompt in it
     * {@code prefillOverhead} at its first chunk, {@code prefillTimePerToken} for each uncached token, and
     * {@code timeToFirstToken} times the part of the prompt in the step. A prompt found in the prefix cache is
     * therefore answered sooner by what was found.
     *
     * @param timeToFirstTokenNanos for a whole uncached prompt, whatever its length
     * @param interTokenLatencyNanos for one decode step
     * @param prefillOverheadNanos for each prompt
     * @param prefillTimePerTokenNanos for each uncached prompt token
     */
    record Constant(
            long timeToFirstTokenNanos,
            long interTokenLatencyNanos,
            long prefillOverheadNanos,
            long prefillTimePerTokenNanos)
            implements LatencyModel {
        public Constant {
            requireTime("timeToFirstToken", timeToFirstTokenNanos);
            requireTime("interTokenLatency", interTokenLatencyNanos);
            requireTime("prefillOverhead", prefillOverheadNanos);
            requireTime("prefillTimePerToken", prefillTimePerTokenNanos);
        }

        @Override
        public double stepNanos(StepLoad load) {
            return decodeNanos(load) + firstTokenNanos(load) + prefillNanos(load);
        }

        double decodeNanos(StepLoad load) {
            return load.decodes() > 0 ? interTokenLatencyNanos : 0;
        }

        double firstTokenNanos(StepLoad load) {
            return timeToFirstTokenNanos * load.promptShare();
        }

        double prefillNanos(StepLoad load) {
            return (double) prefillOverheadNanos * load.prefillStarts()
                    + (double) prefillTimePerTokenNanos * load.prefillTokens();
        }

        @Override
        public long apiNanos() {
            return 0;
        }

        private static void requireTime(String name, long nanos) {
            if (nanos < 0) {
                throw new IllegalArgumentException(name + ": " + nanos + " ns (expected: >= 0)");
            }
        }
    }

    /**
     * Step time of a real model on a real GPU with its constants folded:
     * {@code ((w)^4 + (b T)^4)^(1/4) + o + q sum(t (s + t/2)) + c B + d C}.
     *
     * @param name preset name
     * @param weightMillis w, reading the weights once
     * @param perTokenMicros b, compute for each scheduled token
     * @param overheadMillis o, for each step
     * @param attentionNanos q, for each pair of prefill token and token before it
     * @param perSequenceMicros c, for each sequence in the batch
     * @param perContextNanos d, for each context token of a decoding sequence
     * @param apiMillis parsing, tokenising and hand-over before the engine sees a request
     */
    record Compact(
            String name,
            double weightMillis,
            double perTokenMicros,
            double overheadMillis,
            double attentionNanos,
            double perSequenceMicros,
            double perContextNanos,
            double apiMillis)
            implements LatencyModel {

        /** Llama-3.1-8B on one H100. */
        public static final Compact LLAMA_8B_H100 = preset("llama-3.1-8b-h100", 5.3, 18.0, 1.4, 0.88, 7.6, 55);

        private static final List<Compact> PRESETS = List.of(
                LLAMA_8B_H100,
                preset("llama-3.1-8b-h200", 3.7, 18.0, 1.4, 0.88, 8.5, 38),
                preset("llama-3.1-8b-a100", 9.4, 50.8, 1.8, 2.8, 12, 105),
                preset("qwen3-32b-h100x2", 11.4, 44.5, 2.3, 1.8, 12, 55),
                preset("llama-70b-h100x4", 12.4, 56.7, 2.6, 1.1, 21, 34));

        /** The built-in presets. */
        public static List<Compact> presets() {
            return PRESETS;
        }

        /** The preset of that name, case ignored. */
        public static Optional<Compact> preset(String name) {
            String wanted = name.toLowerCase(Locale.ROOT);
            return PRESETS.stream().filter(p -> p.name().equals(wanted)).findFirst();
        }

        private static Compact preset(String name, double w, double b, double o, double q, double c, double d) {
            return new Compact(name, w, b, o, q, c, d, 11.0);
        }

        @Override
        public double stepNanos(StepLoad load) {
            double weights = weightMillis * 1e6;
            double compute = perTokenMicros * 1e3 * load.scheduledTokens();
            double smoothMax =
                    Math.sqrt(Math.sqrt(weights * weights * weights * weights + compute * compute * compute * compute));
            return smoothMax
                    + overheadMillis * 1e6
                    + attentionNanos * load.prefillAttention()
                    + perSequenceMicros * 1e3 * load.sequences()
                    + perContextNanos * load.decodeContext();
        }

        @Override
        public long apiNanos() {
            return Math.round(apiMillis * 1e6);
        }
    }
}
