package io.llmd.scheduler.plugin.picker;

import java.util.random.RandomGenerator;

/** Chooses positions of an array. */
final class Choice {

    private Choice() {}

    /** Up to {@code count} positions in random order. */
    static int[] any(int size, int count, RandomGenerator random) {
        int[] positions = shuffled(size, random);
        int[] chosen = new int[Math.min(size, count)];
        System.arraycopy(positions, 0, chosen, 0, chosen.length);
        return chosen;
    }

    /** Positions of the {@code count} highest keys, highest first, ties in random order. O(n * count). */
    static int[] highest(double[] keys, int count, RandomGenerator random) {
        if (count == 1) {
            return new int[] {highest(keys, random)};
        }
        int[] positions = shuffled(keys.length, random);
        int[] chosen = new int[Math.min(keys.length, count)];
        for (int i = 0; i < chosen.length; i++) {
            int best = i;
            for (int j = i + 1; j < positions.length; j++) {
                if (keys[positions[j]] > keys[positions[best]]) {
                    best = j;
                }
            }
            chosen[i] = positions[best];
            positions[best] = positions[i];
        }
        return chosen;
    }

    /** Reservoir of size one over the ties, so that every best position is equally likely. */
    private static int highest(double[] keys, RandomGenerator random) {
        int best = 0;
        int ties = 1;
        for (int i = 1; i < keys.length; i++) {
            if (keys[i] > keys[best]) {
                best = i;
                ties = 1;
            } else if (keys[i] == keys[best] && random.nextInt(++ties) == 0) {
                best = i;
            }
        }
        return best;
    }

    private static int[] shuffled(int size, RandomGenerator random) {
        int[] positions = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            positions[i] = positions[j];
            positions[j] = i;
        }
        return positions;
    }
}
