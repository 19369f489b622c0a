package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.engine.CounterRandom;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Recorded traffic, replayed row by row at its times. Rows are taken one ahead, so they can be read on the way. */
public final class TraceWorkload implements Workload {
    private static final long OF_BLOCK = 1;
    private static final long OF_ROW = 2;

    private final Iterator<TraceRow> rows;
    private final double speed;
    private long nextId;
    private @Nullable TraceRow next;

    /**
     * @param rows in the order of their times
     * @param speed factor on the rate; 2 replays an hour in half an hour
     */
    public TraceWorkload(Iterator<TraceRow> rows, double speed) {
        if (!(speed > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException("speed: " + speed + " (expected: > 0)");
        }
        this.rows = rows;
        this.speed = speed;
        next = rows.hasNext() ? rows.next() : null;
    }

    @Override
    public long nextTime() {
        return next == null ? NEVER : timeOf(next);
    }

    @Override
    public @Nullable ClientRequest next() {
        TraceRow row = next;
        if (row == null) {
            return null;
        }
        next = rows.hasNext() ? rows.next() : null;
        if (next != null && next.time() < row.time()) {
            throw new IllegalStateException("row " + (nextId + 1) + " at " + next.time() + " (expected: >= "
                    + row.time() + ", the time of the row before)");
        }
        ClientRequest request = ClientRequest.text(nextId, prompt(row), row.outputTokens());
        nextId++;
        return request;
    }

    private long timeOf(TraceRow row) {
        return (long) (row.time() / speed);
    }

    private int[] prompt(TraceRow row) {
        int[] tokens = new int[row.promptTokens()];
        int perBlock = row.blocks().length == 0 ? tokens.length : row.blockTokens();
        for (int from = 0; from < tokens.length; from += perBlock) {
            long first = row.blocks().length == 0
                    ? CounterRandom.bits(nextId, 0, OF_ROW)
                    : CounterRandom.bits(row.blocks()[from / perBlock], 0, OF_BLOCK);
            int end = Math.min(tokens.length, from + perBlock);
            for (int i = from; i < end; i++) {
                tokens[i] = (int) (first + i) & Integer.MAX_VALUE;
            }
        }
        return tokens;
    }
}
