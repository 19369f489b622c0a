package io.llmd.gateway.observe;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.function.DoubleSupplier;

/**
 * How full the heap is, as the last collection left it, and how much of the memory for direct buffers is taken; what is fuller
 * counts. {@link #sample} from one thread, {@link #level} from any.
 *
 * @implNote the old generation is collected only when something fills it. Where nothing new may enter, nothing does, so that a
 *     collection is asked for now and then, without which this level would stay for good
 */
public final class MemoryPressure {

    /** What may still enter. */
    public enum Level {
        /** Everything. */
        NONE,
        /** No large bodies. */
        HIGH,
        /** No new requests. */
        CRITICAL
    }

    /** So much below a threshold it must get before that is over. */
    private static final double RECOVERY = 0.05;

    private static final int SAMPLES_PER_COLLECTION = 80;

    private final double high;
    private final double critical;
    private final DoubleSupplier used;
    private final Runnable collect;
    private volatile Level level = Level.NONE;
    private int samplesAtCritical;

    /**
     * @param high share in use from which on large bodies are refused
     * @param critical the same for all new requests
     */
    public MemoryPressure(double high, double critical) {
        this(high, critical, () -> Math.max(heapShare(), directShare()), () -> Thread.startVirtualThread(System::gc));
    }

    MemoryPressure(double high, double critical, DoubleSupplier used, Runnable collect) {
        if (high > critical) {
            throw new IllegalArgumentException(
                    "memory-high: " + high + " (expected: at most memory-critical, " + critical + ")");
        }
        this.high = high;
        this.critical = critical;
        this.used = used;
        this.collect = collect;
    }

    /** What may enter now. */
    public Level level() {
        return level;
    }

    /** Looks how much is in use; four times a second. */
    public void sample() {
        double share = used.getAsDouble();
        boolean wasCritical = level == Level.CRITICAL;
        boolean wasHigh = level != Level.NONE;
        if (share >= (wasCritical ? critical - RECOVERY : critical)) {
            level = Level.CRITICAL;
        } else {
            level = share >= (wasHigh ? high - RECOVERY : high) ? Level.HIGH : Level.NONE;
        }
        samplesAtCritical = level == Level.CRITICAL ? samplesAtCritical + 1 : 0;
        if (samplesAtCritical % SAMPLES_PER_COLLECTION == SAMPLES_PER_COLLECTION - 1) {
            collect.run();
        }
    }

    private static double heapShare() {
        long kept = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage afterCollection = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
            kept += afterCollection == null ? 0 : afterCollection.getUsed();
        }
        return (double) kept / Runtime.getRuntime().maxMemory();
    }

    /**
     * Direct buffers, whoever made them: those of Netty, and those of the JDK. What Netty's pool has reserved and nobody uses does
     * not count, since new buffers come from there.
     */
    static double directShare() {
        long used = Math.max(0, PlatformDependent.usedDirectMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            used = Math.max(used, pool.getName().equals("direct") ? pool.getMemoryUsed() : 0);
        }
        PooledByteBufAllocator pool = PooledByteBufAllocator.DEFAULT;
        long idle = Math.max(0, pool.metric().usedDirectMemory() - pool.pinnedDirectMemory());
        return (double) Math.max(0, used - idle) / PlatformDependent.maxDirectMemory();
    }
}
