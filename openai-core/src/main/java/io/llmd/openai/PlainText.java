package io.llmd.openai;

import io.llmd.contracts.schedule.KnownText;
import java.util.Arrays;

/**
 * Where a body is plain text, which is ASCII without quotes, backslashes and control characters. It is noted while the bytes
 * arrive and are in the processor's cache; whoever reads the body later passes over what is known. Only what is long is
 * noted, and nothing more where text turns out to be full of other bytes. For one thread.
 */
public final class PlainText implements KnownText {

    private static final int LEAST_BYTES = 128;
    private static final int MOST_RUNS = 8192;
    /** Other bytes that are allowed from the beginning, and further ones for each so many bytes. */
    private static final int FREE_OTHERS = 256;

    private static final int BYTES_PER_OTHER = 64;

    /** Begin and end of each run, ascending. */
    private int[] runs = {};

    private int length;
    private long scanned;
    private long others;
    private int cursor;

    /**
     * Takes what has arrived. Parts come in order and without a gap; an array that has become another one holds the same bytes.
     *
     * @param from index of the first new byte
     * @param to index behind the last one
     */
    public void scan(byte[] bytes, int from, int to) {
        int start = from;
        while (start < to && (others - FREE_OTHERS) * BYTES_PER_OTHER <= scanned) {
            int end = JsonBytes.skipPlainText(bytes, start, to);
            note(start, end);
            others += end < to ? 1 : 0;
            scanned += end - start;
            start = end + 1;
        }
    }

    private void note(int start, int end) {
        if (length > 0 && runs[length - 1] == start) {
            runs[length - 1] = end;
        } else if (end - start >= LEAST_BYTES && length < 2 * MOST_RUNS) {
            if (length == runs.length) {
                runs = Arrays.copyOf(runs, Math.max(8, 2 * length));
            }
            runs[length++] = start;
            runs[length++] = end;
        }
    }

    /** @implNote constant on average where positions ascend */
    @Override
    public int end(int at) {
        if (cursor > 0 && at < runs[cursor - 1]) {
            cursor = 0;
        }
        while (cursor < length && at >= runs[cursor + 1]) {
            cursor += 2;
        }
        return cursor < length && at >= runs[cursor] ? runs[cursor + 1] : at;
    }
}
