package io.llmd.simulator.cluster;

import java.util.Arrays;

/** Actions by time, those of equal time in the order of their coming: a binary heap over arrays. Not thread-safe. */
final class EventQueue {
    static final long NEVER = Long.MAX_VALUE;
    private static final Runnable NOTHING = () -> {};

    private long[] times = new long[64];
    private long[] numbers = new long[64];
    private Runnable[] actions = new Runnable[64];
    private int size;
    private long added;

    long nextTime() {
        return size == 0 ? NEVER : times[0];
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(long time, Runnable action) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
            actions = Arrays.copyOf(actions, size * 2);
        }
        siftUp(size++, time, added++, action);
    }

    /** Takes the first action. */
    Runnable take() {
        Runnable first = actions[0];
        size--;
        Runnable last = actions[size];
        long time = times[size];
        long number = numbers[size];
        actions[size] = NOTHING;
        if (size > 0) {
            siftDown(time, number, last);
        }
        return first;
    }

    private void siftUp(int from, long time, long number, Runnable action) {
        int slot = from;
        while (slot > 0) {
            int parent = slot - 1 >>> 1;
            if (!before(time, number, parent)) {
                break;
            }
            move(parent, slot);
            slot = parent;
        }
        put(slot, time, number, action);
    }

    private void siftDown(long time, long number, Runnable action) {
        int slot = 0;
        for (int child = 1; child < size; child = 2 * slot + 1) {
            if (child + 1 < size && before(times[child + 1], numbers[child + 1], child)) {
                child++;
            }
            if (before(time, number, child)) {
                break;
            }
            move(child, slot);
            slot = child;
        }
        put(slot, time, number, action);
    }

    private boolean before(long time, long number, int slot) {
        return time < times[slot] || time == times[slot] && number < numbers[slot];
    }

    private void move(int from, int to) {
        put(to, times[from], numbers[from], actions[from]);
    }

    private void put(int slot, long time, long number, Runnable action) {
        times[slot] = time;
        numbers[slot] = number;
        actions[slot] = action;
    }
}
