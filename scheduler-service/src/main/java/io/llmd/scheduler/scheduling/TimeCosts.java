package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Column of what a request costs: per slot milliseconds, by what they are spent on. Written by the producer, then read by the
 * deciding thread; read only after the decision.
 */
public final class TimeCosts implements Lent {

    /** What time is spent on. */
    public enum Part {
        /** Others are served first. */
        QUEUE("queue"),
        /** Computing what the endpoint lacks of the prompt. */
        PREFILL("prefill"),
        /** Reading blocks from another endpoint. */
        TRANSFER("transfer"),
        /** The answer, and those beside it, take longer than on the endpoint where they take least. */
        ANSWERS("slower answers"),
        /** Requests that come later wait for this prompt. */
        DELAY("delay of later ones"),
        /** What is pushed out of the cache has to be computed again. */
        DISPLACED("displaced cache"),
        /** Objectives are missed that are kept on the endpoint where fewest are missed. */
        MISSES("missed objectives"),
        /** Requests failed there just now. */
        FAILURES("failures");

        private final String text;

        Part(String text) {
            this.text = text;
        }
    }

    /** Least time that is shown. */
    private static final double SHOWN_MILLIS = 0.5;

    private static final int PARTS = Part.values().length;
    private static final Part[] ALL = Part.values();

    private static final int SHELVES = 16;

    /** Columns that nobody uses; a shelf is taken by the threads whose ids end alike. */
    private static final AtomicReferenceArray<TimeCosts> UNUSED = new AtomicReferenceArray<>(SHELVES);

    private final float[] millis;
    private final double[] totals;
    private final int[] uncached;
    private final float[] tokenMillis;
    private AskedTimes asked = AskedTimes.NOTHING;
    private boolean isKept;

    /** A column for {@code slotCount} endpoints, on which nothing costs anything. */
    public TimeCosts(int slotCount) {
        millis = new float[PARTS * slotCount];
        totals = new double[slotCount];
        uncached = new int[slotCount];
        tokenMillis = new float[slotCount];
    }

    /** The same, used by an earlier decision where there is one that nobody has kept. */
    public static TimeCosts lent(int slotCount) {
        TimeCosts unused = UNUSED.getAndSet(shelf(), null);
        if (unused == null || unused.uncached.length != slotCount) {
            return new TimeCosts(slotCount);
        }
        Arrays.fill(unused.millis, 0);
        Arrays.fill(unused.totals, 0);
        Arrays.fill(unused.uncached, 0);
        Arrays.fill(unused.tokenMillis, 0);
        unused.asked = AskedTimes.NOTHING;
        return unused;
    }

    private static int shelf() {
        return (int) Thread.currentThread().threadId() & (SHELVES - 1);
    }

    @Override
    public void keep() {
        isKept = true;
    }

    @Override
    public void giveBack() {
        if (!isKept) {
            UNUSED.set(shelf(), this);
        }
    }

    /** Says what goes into one part, instead of what was said before. @param value milliseconds, finite, >= 0 */
    public void set(int slot, Part part, double value) {
        int at = PARTS * slot + part.ordinal();
        float rounded = (float) value;
        totals[slot] += (double) rounded - millis[at];
        millis[at] = rounded;
    }

    /** Records how many tokens of the prompt the endpoint lacks. */
    public void setUncached(int slot, long tokens) {
        uncached[slot] = (int) Math.min(tokens, Integer.MAX_VALUE);
    }

    /** Records what the request is held to. */
    public void setAsked(AskedTimes times) {
        asked = times;
    }

    /** What the request is held to. */
    public AskedTimes asked() {
        return asked;
    }

    /** Records how long a token of the answer takes there. @param millis mean time, finite, >= 0 */
    public void setTokenMillis(int slot, double millis) {
        tokenMillis[slot] = (float) millis;
    }

    /** How long a token of the answer takes there, 0 where none was recorded. */
    public double tokenMillis(int slot) {
        return tokenMillis[slot];
    }

    /** Until the first token. */
    public double firstTokenMillis(int slot) {
        return of(slot, Part.QUEUE) + of(slot, Part.PREFILL) + of(slot, Part.TRANSFER);
    }

    /** Milliseconds that go into one part. */
    public double of(int slot, Part part) {
        return millis[PARTS * slot + part.ordinal()];
    }

    /** All milliseconds. */
    public double total(int slot) {
        return totals[slot];
    }

    /** Tokens of the prompt that the endpoint lacks. */
    public long uncached(int slot) {
        return uncached[slot];
    }

    /** As in {@code 120 ms queue + 40 ms prefill for 2,000 uncached tokens}; parts of less than half a millisecond are left out. */
    public String text(int slot) {
        StringBuilder text = new StringBuilder();
        for (Part part : ALL) {
            double value = of(slot, part);
            if (value < SHOWN_MILLIS && part != Part.PREFILL) {
                continue;
            }
            text.append(text.isEmpty() ? "" : " + ")
                    .append(shown(value))
                    .append(' ')
                    .append(part.text);
            if (part == Part.PREFILL) {
                text.append(String.format(Locale.ROOT, " for %,d uncached tokens", uncached[slot]));
            }
        }
        return text.toString();
    }

    private static String shown(double value) {
        return String.format(Locale.ROOT, "%,.0f ms", value);
    }

    /**
     * Why an endpoint, for people.
     *
     * @param chosen slot of the chosen endpoint
     * @param others slots of all candidates
     * @return its costs, and the least of the others' when there are any
     */
    public String reason(int chosen, int[] others) {
        Double next = next(chosen, others);
        return text(chosen) + (next == null ? "" : "; next best " + shown(next));
    }

    private @Nullable Double next(int chosen, int[] others) {
        double least = Double.POSITIVE_INFINITY;
        for (int slot : others) {
            least = slot == chosen ? least : Math.min(least, totals[slot]);
        }
        return least == Double.POSITIVE_INFINITY ? null : least;
    }
}
