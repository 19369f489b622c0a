package io.llmd.scheduler.scheduling;

import java.util.Arrays;

/** Column of a number that endpoints have, NaN where it is missing. */
public final class EndpointNumbers {

    private final double[] numbers;

    /** A column for {@code slotCount} endpoints, all missing. */
    public EndpointNumbers(int slotCount) {
        numbers = new double[slotCount];
        Arrays.fill(numbers, Double.NaN);
    }

    /** Records the number of one endpoint. */
    public void set(int slot, double number) {
        numbers[slot] = number;
    }

    /** The number of the endpoint, NaN when it is missing. */
    public double at(int slot) {
        return numbers[slot];
    }
}
