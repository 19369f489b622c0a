package io.llmd.scheduler.prefix;

import io.llmd.kv.index.PrefixLookup;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Look-ups that nobody uses at the moment: as many as there were threads at once. Safe from any thread. */
final class SpareLookups {

    private final Queue<PrefixLookup> spare = new ConcurrentLinkedQueue<>();

    PrefixLookup take() {
        PrefixLookup lookup = spare.poll();
        return lookup == null ? new PrefixLookup() : lookup;
    }

    void giveBack(PrefixLookup lookup) {
        spare.offer(lookup);
    }
}
