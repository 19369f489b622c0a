package io.llmd.simulator.engine;

import java.util.Arrays;

/**
 * A run of steps in which every sequence decodes one token and none enters or leaves. Sequences are sorted by their
 * place within a block, so that a step touches only those that begin or fill one; what happened to the others is added
 * up when the run is closed. Steps, times, blocks and events are exactly those of steps planned one by one. Not
 * thread-safe.
 */
final class DecodeRun {
    private static final int LEAST_STEPS = 3;

    private final BatchPlanner planner;
    private final BlockPool pool;
    private final int blockTokens;

    /** For each place within a block the sequences that are there at the start, by their index in the step. */
    private final int[][] atPlace;

    private final int[] countAtPlace;
    private Sequence[] sequences = new Sequence[16];
    private int size;
    private int most;
    private int done;
    private long lastEnd;

    DecodeRun(BatchPlanner planner, BlockPool pool, int blockTokens) {
        this.planner = planner;
        this.pool = pool;
        this.blockTokens = blockTokens;
        atPlace = new int[blockTokens][4];
        countAtPlace = new int[blockTokens];
    }

    boolean isOpen() {
        return size > 0;
    }

    /**
     * Opens a run with a step that was planned as usual and is about to end.
     *
     * @return false if it would not pay; there is no run then
     */
    boolean open(Step step) {
        most = Integer.MAX_VALUE;
        for (int i = 0; i < step.size(); i++) {
            Sequence sequence = step.sequence(i);
            most = Math.min(most, sequence.request.outputLength() - sequence.outputs - 1);
        }
        if (blockTokens == 1 || most < LEAST_STEPS) {
            return false;
        }
        done = 0;
        size = step.size();
        if (size > sequences.length) {
            sequences = new Sequence[Math.max(size, 2 * sequences.length)];
        }
        Arrays.fill(countAtPlace, 0);
        for (int i = 0; i < size; i++) {
            sequences[i] = step.sequence(i);
            put(i, sequences[i].computed % blockTokens);
        }
        return true;
    }

    private void put(int index, int place) {
        int count = countAtPlace[place]++;
        if (count == atPlace[place].length) {
            atPlace[place] = Arrays.copyOf(atPlace[place], 2 * count);
        }
        atPlace[place][count] = index;
    }

    /** Whether one more step can end without ending a sequence, and the pool has blocks for the step after it. */
    boolean canFollow() {
        return done < most && countAtPlace[place(done + 1)] <= pool.free();
    }

    /** Ends a step at {@code time} and plans the next one. */
    void follow(long time, EngineSink sink) {
        done++;
        lastEnd = time;
        int[] growing = atPlace[place(done)];
        int[] filling = atPlace[place(done + 1)];
        int grown = 0;
        int filled = 0;
        int toGrow = countAtPlace[place(done)];
        int toFill = countAtPlace[place(done + 1)];
        while (grown < toGrow || filled < toFill) {
            if (filled == toFill || grown < toGrow && growing[grown] < filling[filled]) {
                planner.grow(sequences[growing[grown++]]);
            } else {
                planner.registerNext(sequences[filling[filled++]], time, sink);
            }
        }
        planner.endPlan(time, sink);
    }

    /** Place at the start of those sequences whose computed tokens fill their blocks when so many steps have ended. */
    private int place(int steps) {
        return Math.floorMod(-steps, blockTokens);
    }

    /** Closes the run, if there is one, while the step after the last that ended is under way. */
    void close() {
        for (int i = 0; i < size; i++) {
            Sequence sequence = sequences[i];
            sequence.outputs += done;
            sequence.computed += done;
            sequence.lastToken = done > 0 ? lastEnd : sequence.lastToken;
        }
        Arrays.fill(sequences, 0, size, null);
        size = 0;
    }
}
