package io.llmd.kv.event;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a copy of a block is kept, fastest first; the medium of KV events, grouped. A medium that nobody knows counts as
 * {@link #STORAGE}, the slowest.
 */
public enum StorageTier {
    /** An accelerator's memory. */
    GPU,
    /** The host's memory. */
    CPU,
    /** A disk of the host. */
    DISK,
    /** Storage that other endpoints may share, or a medium that nobody knows. */
    STORAGE;

    private static final StorageTier[] VALUES = values();

    /** All tiers as a mask with bit {@link #ordinal()} for each. */
    public static final int ALL = (1 << VALUES.length) - 1;

    /** The number of tiers. */
    public static final int COUNT = VALUES.length;

    /** The tier with this ordinal. */
    public static StorageTier of(int ordinal) {
        return VALUES[ordinal];
    }

    /** The tier's bit in a mask. */
    public int bit() {
        return 1 << ordinal();
    }

    /**
     * Reads the medium of an event, of any engine, in any case.
     *
     * @param medium null and empty mean an accelerator's memory
     */
    public static StorageTier ofMedium(@Nullable String medium) {
        return switch (medium == null ? "" : medium.strip().toUpperCase(Locale.ROOT)) {
            case "", "GPU", "DEVICE", "HBM", "G1" -> GPU;
            case "CPU", "CPU_PINNED", "CPU_TIER1", "HOST", "DRAM", "G2" -> CPU;
            case "CPU_TIER2", "DISK", "SSD", "NVME", "G3" -> DISK;
            default -> STORAGE;
        };
    }

    /** Whether {@link #ofMedium} knows the medium and does not merely take it for the slowest. */
    public static boolean isKnownMedium(@Nullable String medium) {
        return ofMedium(medium) != STORAGE
                || switch (medium == null ? "" : medium.strip().toUpperCase(Locale.ROOT)) {
                    case "STORAGE", "FS", "OBJ", "SHARED_STORAGE", "OBJECT_STORE", "G4", "EXTERNAL", "REMOTE" -> true;
                    default -> false;
                };
    }
}
