package io.llmd.scheduler.explain;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import net.openhft.hashing.LongHashFunction;

/** The random numbers of a request follow from its id, so that a decision can be repeated. */
public final class DecisionRandom {

    private DecisionRandom() {}

    /** A generator that gives the same numbers for the same id. */
    public static RandomGenerator of(String requestId) {
        return new SplittableRandom(LongHashFunction.xx().hashChars(requestId));
    }
}
