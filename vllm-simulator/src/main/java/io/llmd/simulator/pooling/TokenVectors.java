package io.llmd.simulator.pooling;

import io.llmd.simulator.engine.CounterRandom;

/**
 * Unit vectors that are a function of tokens: the sum of a vector for each token, so that texts with common words are
 * close to each other.
 *
 * @param dimensions length of the vectors
 */
record TokenVectors(long seed, int dimensions) {

    float[] of(int[] tokens) {
        double[] sum = new double[dimensions];
        for (int token : tokens) {
            long key = CounterRandom.bits(seed, token, 5);
            for (int i = 0; i < dimensions; i++) {
                sum[i] += CounterRandom.unit(key, i, 6) * 2 - 1;
            }
        }
        return unit(sum);
    }

    private static float[] unit(double[] sum) {
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        double length = squares == 0 ? 1 : Math.sqrt(squares);
        float[] vector = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            vector[i] = (float) (sum[i] / length);
        }
        return vector;
    }

    /** How close two texts are, from 0 to 1. */
    double similarity(int[] one, int[] other) {
        float[] left = of(one);
        float[] right = of(other);
        double product = 0;
        for (int i = 0; i < dimensions; i++) {
            product += left[i] * right[i];
        }
        return Math.clamp((1 + product) / 2, 0, 1);
    }
}
