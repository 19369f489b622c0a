package io.llmd.simulator.config;

import java.util.Locale;

/** The value of a gauge that is made up: constant, or a function of time. */
public sealed interface FakeValue {

    /** The value so many seconds after the start. */
    double at(double seconds);

    /** The least and the greatest value. */
    double[] range();

    /** As it is read. */
    Object text();

    /** Always the same. */
    record Constant(double value) implements FakeValue {
        @Override
        public double at(double seconds) {
            return value;
        }

        @Override
        public double[] range() {
            return new double[] {value, value};
        }

        @Override
        public Object text() {
            return value;
        }
    }

    /**
     * A function of time.
     *
     * @param start value at the start
     * @param end value that it goes to
     * @param period seconds in which it does so
     */
    record Function(Shape shape, double start, double end, double period) implements FakeValue {
        public Function {
            if (!(period > 0)) {
                throw new IllegalArgumentException("period: " + period + " s (expected: > 0)");
            }
        }

        @Override
        public double at(double seconds) {
            double periods = Math.max(0, seconds) / period;
            double part = periods - Math.floor(periods);
            return switch (shape) {
                case OSCILLATE -> start + (end - start) * (1 - Math.cos(2 * Math.PI * part)) / 2;
                case RAMP -> start + (end - start) * Math.min(1, periods);
                case RAMPRESET -> start + (end - start) * part;
                case SQUAREWAVE -> part < 0.5 ? start : end;
            };
        }

        @Override
        public double[] range() {
            return new double[] {Math.min(start, end), Math.max(start, end)};
        }

        @Override
        public Object text() {
            return shape.name().toLowerCase(Locale.ROOT) + ":" + start + ":" + end + ":" + period + "s";
        }
    }

    /** How a function goes. */
    enum Shape {
        /** From start to end and back, as a cosine, again and again. */
        OSCILLATE,
        /** Straight from start to end, where it stays. */
        RAMP,
        /** Straight from start to end, again and again. */
        RAMPRESET,
        /** Half a period at the start, half a period at the end, again and again. */
        SQUAREWAVE
    }

    /**
     * Reads a number, or {@code SHAPE:START:END:PERIOD} with a shape's name in lower case.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static FakeValue parse(Object value) {
        if (value instanceof Number number) {
            return new Constant(number.doubleValue());
        }
        String[] parts = value.toString().split(":", -1);
        try {
            if (parts.length == 4) {
                return new Function(
                        Shape.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                        Double.parseDouble(parts[1]),
                        Double.parseDouble(parts[2]),
                        DurationText.parse(parts[3]).toNanos() / 1e9);
            }
            return new Constant(Double.parseDouble(value.toString()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "value: " + value + " (expected: a number, or one of oscillate, ramp, rampreset, squarewave with"
                            + " :START:END:PERIOD)",
                    e);
        }
    }
}
