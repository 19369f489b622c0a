package io.llmd.kv.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Tiers by the bytes of a medium. Remembers the latest media, of which a fleet has few. */
final class Media {

    private static final int PLACES = 16;
    private static final int MAX_KEPT_BYTES = 64;

    private final byte[] @Nullable [] names = new byte[PLACES][];
    private final StorageTier[] tiers = new StorageTier[PLACES];
    private final boolean[] isKnown = new boolean[PLACES];
    private int next;

    /** The medium that was found last. */
    private int found;

    private StorageTier tier = StorageTier.GPU;
    private boolean isTierKnown = true;

    /** Looks a medium up; {@link #tier()} and {@link #isTierKnown()} tell of it then. */
    void find(byte[] bytes, int from, int count) {
        if (count > MAX_KEPT_BYTES) {
            tier = StorageTier.STORAGE;
            isTierKnown = false;
            return;
        }
        if (!isNamed(found, bytes, from, count) && !search(bytes, from, count)) {
            add(bytes, from, count);
        }
        tier = tiers[found];
        isTierKnown = isKnown[found];
    }

    StorageTier tier() {
        return tier;
    }

    boolean isTierKnown() {
        return isTierKnown;
    }

    private boolean search(byte[] bytes, int from, int count) {
        for (int i = 0; i < PLACES; i++) {
            if (isNamed(i, bytes, from, count)) {
                found = i;
                return true;
            }
        }
        return false;
    }

    private boolean isNamed(int place, byte[] bytes, int from, int count) {
        byte[] name = names[place];
        return name != null && Arrays.equals(name, 0, name.length, bytes, from, from + count);
    }

    private void add(byte[] bytes, int from, int count) {
        String medium = new String(bytes, from, count, StandardCharsets.UTF_8);
        found = next;
        next = (next + 1) % PLACES;
        names[found] = Arrays.copyOfRange(bytes, from, from + count);
        tiers[found] = StorageTier.ofMedium(medium);
        isKnown[found] = StorageTier.isKnownMedium(medium);
    }
}
