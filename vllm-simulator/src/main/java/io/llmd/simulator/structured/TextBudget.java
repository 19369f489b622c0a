package io.llmd.simulator.structured;

/**
 * What one text may cost: a step for each character, each value and each comparison, {@value #MOST_STEPS} in all. Not
 * thread-safe.
 */
final class TextBudget {
    private static final int MOST_STEPS = 200_000;

    private int left = MOST_STEPS;

    /** @throws UnsupportedSchemaException if there are not so many steps left */
    void spend(int steps) {
        if (steps > left) {
            left = 0;
            throw new UnsupportedSchemaException("its texts are too large");
        }
        left -= steps;
    }
}
