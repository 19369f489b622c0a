package io.llmd.simulator.structured;

import io.llmd.simulator.engine.CounterRandom;
import java.util.random.RandomGenerator;

/** Draws that are a function of a key and of how many came before. Not thread-safe. */
final class Draws implements RandomGenerator {
    private final long key;
    private long count;

    Draws(long key) {
        this.key = key;
    }

    @Override
    public long nextLong() {
        return CounterRandom.bits(key, count++, 7);
    }

    boolean percent(int probability) {
        return nextInt(100) < probability;
    }
}
