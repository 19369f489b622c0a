package io.llmd.simulator.engine;

/** Random numbers as a function of a key and two counters, so that draws of one entity never shift those of another. */
public final class CounterRandom {
    private CounterRandom() {}

    /** 64 well-mixed bits. */
    public static long bits(long key, long first, long second) {
        return mix(mix(mix(key) + first * 0x9E3779B97F4A7C15L) + second * 0xD1B54A32D192ED03L);
    }

    /** A number in (0, 1]. */
    public static double unit(long key, long first, long second) {
        return ((bits(key, first, second) >>> 11) + 1) * 0x1.0p-53;
    }

    /** A standard normal number, of two independent ones in (0, 1]. */
    public static double normal(double first, double second) {
        return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
    }

    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
