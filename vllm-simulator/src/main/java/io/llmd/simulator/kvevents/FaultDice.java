package io.llmd.simulator.kvevents;

import java.util.SplittableRandom;

/** Draws the fate of one batch after the other. For one thread at a time. */
final class FaultDice {

    private final KvEventFaults faults;
    private final SplittableRandom random;
    private int left;

    FaultDice(KvEventFaults faults) {
        this.faults = faults;
        random = new SplittableRandom(faults.seed());
        left = faults.batches();
    }

    Fate next() {
        if (left == 0) {
            return Fate.SEND;
        }
        if (left != Integer.MAX_VALUE) {
            left--;
        }
        double drawn = random.nextDouble();
        if (drawn < faults.drop()) {
            return Fate.DROP;
        }
        drawn -= faults.drop();
        if (drawn < faults.duplicate()) {
            return Fate.DUPLICATE;
        }
        drawn -= faults.duplicate();
        if (drawn < faults.reorder()) {
            return Fate.REORDER;
        }
        drawn -= faults.reorder();
        return drawn < faults.skip() ? Fate.SKIP : Fate.SEND;
    }

    boolean mayReorder() {
        return faults.reorder() > 0;
    }
}
