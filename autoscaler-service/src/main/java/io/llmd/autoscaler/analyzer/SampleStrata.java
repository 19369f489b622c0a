package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.EngineLimits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Keeps samples so that rare loads are not pushed out by frequent ones: 4 by 4 cells over prompt tokens and context, at most
 * {@value #CAPACITY} samples in all, of which the oldest of the fullest cell goes first. For one thread.
 */
final class SampleStrata {

    static final int CAPACITY = 256;
    private static final int SIDE = 4;

    private final Supplier<EngineLimits> bounds;
    private final List<Deque<FitSample>> cells = new ArrayList<>();
    private int size;

    SampleStrata(Supplier<EngineLimits> bounds) {
        this.bounds = bounds;
        for (int i = 0; i < SIDE * SIDE; i++) {
            cells.add(new ArrayDeque<>());
        }
    }

    void add(FitSample sample) {
        EngineLimits limits = bounds.get();
        int row = cell(sample.promptTokens() / limits.stepTokens());
        int column = cell(sample.contextTokens() / limits.kvTokens());
        cells.get(row * SIDE + column).addLast(sample);
        size++;
        if (size > CAPACITY) {
            Deque<FitSample> fullest = cells.getFirst();
            for (Deque<FitSample> cell : cells) {
                fullest = cell.size() > fullest.size() ? cell : fullest;
            }
            fullest.removeFirst();
            size--;
        }
    }

    private static int cell(double share) {
        return Math.clamp((int) (share * SIDE), 0, SIDE - 1);
    }

    void removeIf(Predicate<FitSample> isGone) {
        for (Deque<FitSample> cell : cells) {
            cell.removeIf(isGone);
        }
        size = cells.stream().mapToInt(Deque::size).sum();
    }

    List<FitSample> all() {
        List<FitSample> all = new ArrayList<>(size);
        cells.forEach(all::addAll);
        return all;
    }
}
