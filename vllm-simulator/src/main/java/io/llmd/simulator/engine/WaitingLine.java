package io.llmd.simulator.engine;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/** Sequences in the order of the policy. Not thread-safe. */
final class WaitingLine implements Iterable<Sequence> {
    private static final Comparator<Sequence> BY_PRIORITY = Comparator.<Sequence>comparingLong(
                    sequence -> sequence.request.priority())
            .thenComparingLong(sequence -> sequence.arrival)
            .thenComparingLong(sequence -> sequence.request.id());

    private final Deque<Sequence> arrivals = new ArrayDeque<>();
    private final TreeSet<Sequence> priorities = new TreeSet<>(BY_PRIORITY);
    private final boolean byPriority;

    WaitingLine(OrderingPolicy ordering) {
        byPriority = ordering == OrderingPolicy.PRIORITY;
    }

    /** The sequence that gives way to the others: the last admitted, or the worst by priority. */
    Sequence victim(List<Sequence> running) {
        return byPriority ? running.stream().max(BY_PRIORITY).orElseThrow() : running.getLast();
    }

    boolean isEmpty() {
        return byPriority ? priorities.isEmpty() : arrivals.isEmpty();
    }

    int size() {
        return byPriority ? priorities.size() : arrivals.size();
    }

    void add(Sequence sequence) {
        queue().add(sequence);
    }

    /** Puts a sequence back before those that arrived after it. */
    void addFirst(Sequence sequence) {
        if (byPriority) {
            priorities.add(sequence);
        } else {
            arrivals.addFirst(sequence);
        }
    }

    Sequence first() {
        return byPriority ? priorities.getFirst() : arrivals.getFirst();
    }

    void removeFirst() {
        if (byPriority) {
            priorities.removeFirst();
        } else {
            arrivals.removeFirst();
        }
    }

    /** Takes a sequence out; false if it is not in. */
    boolean remove(Sequence sequence) {
        return queue().remove(sequence);
    }

    @Override
    public Iterator<Sequence> iterator() {
        return queue().iterator();
    }

    private Collection<Sequence> queue() {
        return byPriority ? priorities : arrivals;
    }
}
