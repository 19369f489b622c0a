package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Sequences that wait for the batch, in the order of the policy. Those that hold blocks, which another engine sends or has
 * sent, come first: behind one that lacks blocks they would keep from it what they hold. Not thread-safe.
 */
final class WaitingQueue implements Iterable<Sequence> {
    private final WaitingLine holding;
    private final WaitingLine others;

    WaitingQueue(OrderingPolicy ordering) {
        holding = new WaitingLine(ordering);
        others = new WaitingLine(ordering);
    }

    /** The sequence that gives way to the others: the last admitted, or the worst by priority. */
    Sequence victim(List<Sequence> running) {
        return others.victim(running);
    }

    boolean isEmpty() {
        return holding.isEmpty() && others.isEmpty();
    }

    /** Whether the first one held blocks when it came in. */
    boolean beginsWithHolder() {
        return !holding.isEmpty();
    }

    int size() {
        return holding.size() + others.size();
    }

    void add(Sequence sequence) {
        lineOf(sequence).add(sequence);
    }

    /** Puts a sequence back before those that arrived after it. */
    void addFirst(Sequence sequence) {
        lineOf(sequence).addFirst(sequence);
    }

    /** Puts back what was taken from the front, order kept. */
    void addFirst(ArrayList<Sequence> taken) {
        for (int i = taken.size() - 1; i >= 0; i--) {
            addFirst(taken.get(i));
        }
        taken.clear();
    }

    private WaitingLine lineOf(Sequence sequence) {
        return sequence.blockCount() > 0 ? holding : others;
    }

    Sequence first() {
        return firstLine().first();
    }

    void removeFirst() {
        firstLine().removeFirst();
    }

    private WaitingLine firstLine() {
        return holding.isEmpty() ? others : holding;
    }

    void remove(Sequence sequence) {
        if (!holding.remove(sequence)) {
            others.remove(sequence);
        }
    }

    @Override
    public Iterator<Sequence> iterator() {
        return Stream.concat(
                        StreamSupport.stream(holding.spliterator(), false),
                        StreamSupport.stream(others.spliterator(), false))
                .iterator();
    }
}
