package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of steps in which every sequence decodes one token and none enters or leaves. Sequences are sorted by their
 * place within a block, so that a step touches only those that begin or fill one; what happened to the others is added
 * up at the end of the run. Steps, times and blocks are exactly those of steps taken one by one. Not thread-safe.
 */
final class DecodeRun {
    private final BatchPlanner planner;
    private final BlockPool pool;
    private final int blockTokens;
    private final List<List<Sequence>> byPlace = new ArrayList<>();
    private final List<Sequence> sequences = new ArrayList<>();

    DecodeRun(BatchPlanner planner, BlockPool pool, int blockTokens) {
        this.planner = planner;
        this.pool = pool;
        this.blockTokens = blockTokens;
        for (int i = 0; i < blockTokens; i++) {
            byPlace.add(new ArrayList<>());
        }
    }

    /**
     * Begins with a step that was planned as usual.
     *
     * @return steps that can end within the run; 0 if it would not pay
     */
    int begin(Step step) {
        int most = Integer.MAX_VALUE;
        for (int i = 0; i < step.size(); i++) {
            Sequence sequence = step.sequence(i);
            most = Math.min(most, sequence.request.outputLength() - sequence.outputs - 1);
        }
        sequences.clear();
        if (blockTokens == 1 || most < 3) {
            return 0;
        }
        byPlace.forEach(List::clear);
        for (int i = 0; i < step.size(); i++) {
            Sequence sequence = step.sequence(i);
            sequences.add(sequence);
            byPlace.get(sequence.computed % blockTokens).add(sequence);
        }
        return most;
    }

    /** Whether the pool has the blocks that the step number {@code offset} after the first needs. */
    boolean canFollow(int offset) {
        return beginning(offset).size() <= pool.free();
    }

    /** Plans that step. */
    void follow(int offset) {
        for (Sequence sequence : beginning(offset)) {
            planner.grow(sequence);
        }
        for (Sequence sequence : beginning(offset + 1)) {
            planner.registerNext(sequence);
        }
    }

    /** Sequences whose computed tokens fill their blocks when that step starts. */
    private List<Sequence> beginning(int offset) {
        return byPlace.get(Math.floorMod(-offset, blockTokens));
    }

    /** Ends after so many steps, the last of which ended at {@code time}. */
    void end(int steps, long time) {
        if (steps == 0) {
            return;
        }
        for (Sequence sequence : sequences) {
            sequence.outputs += steps;
            sequence.computed += steps;
            sequence.lastToken = time;
        }
    }
}
