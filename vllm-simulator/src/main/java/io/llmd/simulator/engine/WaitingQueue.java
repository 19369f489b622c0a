package io.llmd.simulator.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/** Sequences that wait for the batch, in the order of the policy. Not thread-safe. */
final class WaitingQueue implements Iterable<Sequence> {
    private static final Comparator<Sequence> BY_PRIORITY = Comparator.<Sequence>comparingLong(
                    sequence -> sequence.request.priority())
            .thenComparingLong(sequence -> sequence.arrival)
            .thenComparingLong(sequence -> sequence.request.id());

    private final Deque<Sequence> arrivals = new ArrayDeque<>();
    private final TreeSet<Sequence> priorities = new TreeSet<>(BY_PRIORITY);
    private final boolean byPriority;

    WaitingQueue(OrderingPolicy ordering) {
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

    /** Puts back what was taken from the front, order kept. */
    void addFirst(ArrayList<Sequence> taken) {
        for (int i = taken.size() - 1; i >= 0; i--) {
            addFirst(taken.get(i));
        }
        taken.clear();
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

    void remove(Sequence sequence) {
        if (byPriority) {
            priorities.remove(sequence);
        } else {
            arrivals.remove(sequence);
        }
    }

    @Override
    public Iterator<Sequence> iterator() {
        return byPriority ? priorities.iterator() : arrivals.iterator();
    }

    private Collection<Sequence> queue() {
        return byPriority ? priorities : arrivals;
    }
}
