package io.llmd.launcher.load;

import java.util.random.RandomGenerator;

/** How long prompts or answers are, in tokens. */
public sealed interface TokenLengths {

    /** Longest length that a specification may ask for. */
    int LIMIT = 1_000_000;

    /** The next length, at least 1. */
    int next(RandomGenerator random);

    /** Mean length. */
    double mean();

    /**
     * Reads {@code 512} (always), {@code 100-900} (uniform, both ends included) or {@code exp:300} (exponential with that
     * mean).
     *
     * @throws IllegalArgumentException when the text is none of these
     */
    static TokenLengths parse(String text) {
        try {
            if (text.startsWith("exp:")) {
                return new Exponential(Integer.parseInt(text.substring(4)));
            }
            int dash = text.indexOf('-');
            if (dash > 0) {
                return new Uniform(
                        Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
            }
            return new Fixed(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("tokens: " + text + " (expected: N, MIN-MAX or exp:MEAN)", e);
        }
    }

    private static int checked(int tokens) {
        if (tokens < 1 || tokens > LIMIT) {
            throw new IllegalArgumentException("tokens: " + tokens + " (expected: 1 to " + LIMIT + ")");
        }
        return tokens;
    }

    /** Always the same. */
    record Fixed(int tokens) implements TokenLengths {
        public Fixed {
            checked(tokens);
        }

        @Override
        public int next(RandomGenerator random) {
            return tokens;
        }

        @Override
        public double mean() {
            return tokens;
        }
    }

    /** Each length from {@code min} to {@code max} equally often. */
    record Uniform(int min, int max) implements TokenLengths {
        public Uniform {
            checked(min);
            checked(max);
            if (max < min) {
                throw new IllegalArgumentException("tokens: " + min + "-" + max + " (expected: MIN <= MAX)");
            }
        }

        @Override
        public int next(RandomGenerator random) {
            return random.nextInt(min, max + 1);
        }

        @Override
        public double mean() {
            return (min + (double) max) / 2;
        }
    }

    /** Exponential, cut at ten times its mean. */
    record Exponential(int meanTokens) implements TokenLengths {
        public Exponential {
            checked(meanTokens);
        }

        @Override
        public int next(RandomGenerator random) {
            double tokens = Math.min(10.0 * meanTokens, meanTokens * random.nextExponential());
            return (int) Math.clamp(Math.round(tokens), 1, LIMIT);
        }

        @Override
        public double mean() {
            return meanTokens;
        }
    }
}
