package io.llmd.simulator.cluster;

import java.util.Arrays;

/** When each engine has something to do next: an indexed binary heap, ties by index. Not thread-safe. */
final class EngineTimes {
    private static final long NEVER = Long.MAX_VALUE;

    private final long[] times;
    private final int[] heap;
    private final int[] places;

    EngineTimes(int engines) {
        times = new long[engines];
        heap = new int[engines];
        places = new int[engines];
        Arrays.fill(times, NEVER);
        for (int i = 0; i < engines; i++) {
            heap[i] = i;
            places[i] = i;
        }
    }

    int first() {
        return heap[0];
    }

    long firstTime() {
        return times[heap[0]];
    }

    /** Time of the engine after the first. */
    long secondTime() {
        long left = heap.length > 1 ? times[heap[1]] : NEVER;
        long right = heap.length > 2 ? times[heap[2]] : NEVER;
        return Math.min(left, right);
    }

    void update(int engine, long time) {
        long before = times[engine];
        times[engine] = time;
        if (time < before) {
            siftUp(engine);
        } else if (time > before) {
            siftDown(engine);
        }
    }

    private void siftUp(int engine) {
        int place = places[engine];
        while (place > 0 && before(engine, heap[place - 1 >>> 1])) {
            put(heap[place - 1 >>> 1], place);
            place = place - 1 >>> 1;
        }
        put(engine, place);
    }

    private void siftDown(int engine) {
        int place = places[engine];
        for (int child = 2 * place + 1; child < heap.length; child = 2 * place + 1) {
            if (child + 1 < heap.length && before(heap[child + 1], heap[child])) {
                child++;
            }
            if (before(engine, heap[child])) {
                break;
            }
            put(heap[child], place);
            place = child;
        }
        put(engine, place);
    }

    private boolean before(int a, int b) {
        return times[a] < times[b] || times[a] == times[b] && a < b;
    }

    private void put(int engine, int place) {
        heap[place] = engine;
        places[engine] = place;
    }
}
