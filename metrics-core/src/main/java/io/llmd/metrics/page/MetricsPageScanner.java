package io.llmd.metrics.page;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the samples of a few wanted metrics in a Prometheus text page while it arrives. Bytes of lines that do not begin
 * with a wanted name are only searched for the line end, eight at a time. A line longer than {@value #MAX_LINE} bytes is
 * skipped. Used by one thread, for one page at a time.
 */
final class MetricsPageScanner {

    /** Takes the samples of wanted metrics in the order of the page. */
    @FunctionalInterface
    interface Samples {

        /**
         * A sample.
         *
         * @param metric index of its name in the list of wanted names
         * @param sample the sample, valid until the method returns
         */
        void sample(int metric, SampleLine sample);
    }

    static final int MAX_LINE = 64 * 1024;
    private static final int MAX_FIRST_BYTE = 128;
    private static final long LINE_FEEDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[][] names;
    private final int[][] byFirstByte = new int[MAX_FIRST_BYTE][];
    private final Samples samples;
    private final SampleLine view = new SampleLine();
    private byte[] carry = new byte[512];
    private int carried;
    private boolean skippingLine;

    /**
     * A scanner.
     *
     * @param wanted distinct names of metrics, ASCII
     */
    MetricsPageScanner(List<String> wanted, Samples samples) {
        this.samples = samples;
        names = new byte[wanted.size()][];
        Arrays.fill(byFirstByte, new int[0]);
        for (int i = 0; i < names.length; i++) {
            names[i] = wanted.get(i).getBytes(StandardCharsets.US_ASCII);
            int[] others = byFirstByte[names[i][0]];
            int[] more = Arrays.copyOf(others, others.length + 1);
            more[others.length] = i;
            byFirstByte[names[i][0]] = more;
        }
    }

    /** Forgets the page read so far. */
    void reset() {
        carried = 0;
        skippingLine = false;
    }

    /** Takes the next bytes of the page, cut anywhere. */
    void feed(byte[] bytes, int from, int to) {
        int start = from;
        for (int i = lineFeed(bytes, from, to); i < to; i = lineFeed(bytes, start, to)) {
            endLine(bytes, start, i);
            start = i + 1;
        }
        keep(bytes, start, to);
    }

    /** Ends the page; its last line needs no line feed. */
    void end() {
        if (carried > 0 && !skippingLine) {
            line(carry, 0, carried);
        }
        reset();
    }

    /** Position of the first line feed at or after {@code from}, {@code to} when there is none. */
    private static int lineFeed(byte[] bytes, int from, int to) {
        int i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            long word = (long) LONGS.get(bytes, i) ^ LINE_FEEDS;
            long zeros = word - LOW_BITS & ~word & HIGH_BITS;
            if (zeros != 0) {
                return i + (Long.numberOfTrailingZeros(zeros) >>> 3);
            }
        }
        while (i < to && bytes[i] != '\n') {
            i++;
        }
        return i;
    }

    private void endLine(byte[] bytes, int from, int to) {
        if (skippingLine) {
            skippingLine = false;
        } else if (carried == 0) {
            line(bytes, from, to);
        } else {
            keep(bytes, from, to);
            if (!skippingLine) {
                line(carry, 0, carried);
            }
            skippingLine = false;
        }
        carried = 0;
    }

    private void keep(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length == 0 || skippingLine) {
            return;
        }
        if (carried + length > MAX_LINE) {
            skippingLine = true;
            carried = 0;
            return;
        }
        if (carried + length > carry.length) {
            carry = Arrays.copyOf(carry, Math.min(MAX_LINE, Math.max(2 * carry.length, carried + length)));
        }
        System.arraycopy(bytes, from, carry, carried, length);
        carried += length;
    }

    private void line(byte[] line, int from, int to) {
        if (from == to || line[from] < 0) {
            return;
        }
        for (int metric : byFirstByte[line[from]]) {
            byte[] name = names[metric];
            int end = from + name.length;
            if (end < to && endsName(line[end]) && Arrays.equals(name, 0, name.length, line, from, end)) {
                view.moveTo(line, end, to);
                samples.sample(metric, view);
                return;
            }
        }
    }

    private static boolean endsName(byte b) {
        return b == '{' || b == ' ' || b == '\t';
    }
}
