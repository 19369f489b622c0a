package io.llmd.gateway.observe;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * How scarce memory is: the heap as the last collection left it, or what buffers take outside of it, whichever is scarcer.
 * {@link #sample} from one thread, {@link #level} from any.
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

    private final double high;
    private final double critical;
    private final DoubleSupplier used;
    private volatile Level level = Level.NONE;

    /**
     * @param high share of memory in use from which on large bodies are refused
     * @param critical the same for all new requests
     */
    public MemoryPressure(double high, double critical) {
        this(high, critical, MemoryPressure::usedShare);
    }

    MemoryPressure(double high, double critical, DoubleSupplier used) {
        this.high = high;
        this.critical = critical;
        this.used = used;
    }

    public Level level() {
        return level;
    }

    /** Looks how much is in use. */
    public void sample() {
        double share = used.getAsDouble();
        boolean wasCritical = level == Level.CRITICAL;
        boolean wasHigh = level != Level.NONE;
        if (share >= (wasCritical ? critical - RECOVERY : critical)) {
            level = Level.CRITICAL;
        } else {
            level = share >= (wasHigh ? high - RECOVERY : high) ? Level.HIGH : Level.NONE;
        }
    }

    private static double usedShare() {
        return Math.max(heapShare(), directShare());
    }

    private static double heapShare() {
        long kept = 0;
        List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
        for (MemoryPoolMXBean pool : pools) {
            MemoryUsage afterCollection = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
            kept += afterCollection == null ? 0 : afterCollection.getUsed();
        }
        return (double) kept / Runtime.getRuntime().maxMemory();
    }

    /** 0 where buffers are not counted. */
    private static double directShare() {
        long most = PlatformDependent.maxDirectMemory();
        return most <= 0 ? 0 : (double) Math.max(0, PlatformDependent.usedDirectMemory()) / most;
    }
}
