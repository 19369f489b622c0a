package io.llmd.scheduler.latency;

import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Measured latencies that wait to be sent. When there are too many, a random sample of each kind is kept, half the room for
 * either, so that both stay represented. Safe from any thread.
 */
final class SampleBuffer {

    private static final class Reservoir {
        private final List<LatencySample> kept = new ArrayList<>();
        private long seen;
    }

    private final int roomPerKind;
    private final RandomGenerator random;
    private final Map<Kind, Reservoir> reservoirs = new EnumMap<>(Kind.class);

    SampleBuffer(int room, RandomGenerator random) {
        roomPerKind = Math.max(1, room / Kind.values().length);
        this.random = random;
    }

    synchronized void add(LatencySample sample) {
        Reservoir reservoir = reservoirs.computeIfAbsent(sample.kind(), kind -> new Reservoir());
        reservoir.seen++;
        if (reservoir.kept.size() < roomPerKind) {
            reservoir.kept.add(sample);
            return;
        }
        long place = random.nextLong(reservoir.seen);
        if (place < roomPerKind) {
            reservoir.kept.set((int) place, sample);
        }
    }

    /** All that is kept; the buffer is empty afterwards. */
    synchronized List<LatencySample> drain() {
        List<LatencySample> drained = new ArrayList<>();
        reservoirs.values().forEach(reservoir -> drained.addAll(reservoir.kept));
        reservoirs.clear();
        return drained;
    }
}
