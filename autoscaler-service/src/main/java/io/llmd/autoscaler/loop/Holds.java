package io.llmd.autoscaler.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What people have asked for: variants that are paused, and numbers that stand for those that would be decided. An override always
 * expires. Who did what is kept, the last {@value #AUDITED} of it. Safe from any thread.
 */
public final class Holds {

    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);
    private static final int AUDITED = 200;

    /** Longest time of an override, and of a pause that ends by itself. */
    public static final Duration LONGEST = Duration.ofDays(7);

    /**
     * One entry of the audit.
     *
     * @param at when
     * @param variant {@code namespace/name}
     * @param action {@code pause}, {@code resume} or {@code override}
     * @param detail the number and when it ends, of an override
     */
    public record Entry(Instant at, String variant, String action, String detail) {}

    private record Override(int replicas, Instant until) {}

    private final Map<String, Instant> paused = new TreeMap<>();
    private final Map<String, Override> overrides = new TreeMap<>();
    private final Deque<Entry> audit = new ArrayDeque<>();

    /**
     * Holds a variant until {@link #resume}, or for some time when that is not null.
     *
     * @throws IllegalArgumentException when the time is out of bounds
     */
    public synchronized void pause(String variant, Instant now, @Nullable Duration ttl) {
        requireBounded(ttl);
        Instant until = ttl == null ? null : now.plus(ttl);
        paused.put(variant, until == null ? Instant.MAX : until);
        note(now, variant, "pause", until == null ? "" : "until " + until);
    }

    /** Lets a variant be decided again. */
    public synchronized void resume(String variant, Instant now) {
        paused.remove(variant);
        overrides.remove(variant);
        note(now, variant, "resume", "");
    }

    /** Sets a number for some time. @throws IllegalArgumentException when number or time are out of bounds */
    public synchronized void override(String variant, int replicas, Duration ttl, Instant now) {
        if (replicas < 0 || replicas > 10_000) {
            throw new IllegalArgumentException("replicas: " + replicas + " (expected: 0 to 10000)");
        }
        requireBounded(ttl);
        overrides.put(variant, new Override(replicas, now.plus(ttl)));
        note(now, variant, "override", replicas + " until " + now.plus(ttl));
    }

    private static void requireBounded(@Nullable Duration ttl) {
        if (ttl != null && (!ttl.isPositive() || ttl.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException("ttl: " + ttl + " (expected: more than 0, at most " + LONGEST + ")");
        }
    }

    private void note(Instant now, String variant, String action, String detail) {
        audit.addLast(new Entry(now, variant, action, detail));
        if (audit.size() > AUDITED) {
            audit.removeFirst();
        }
        LOG.atInfo()
                .addKeyValue("variant", variant)
                .addKeyValue("reason", action)
                .addKeyValue("detail", detail)
                .log("somebody changed what is decided");
    }

    /** Whether a variant is held. */
    public synchronized boolean isPaused(String variant, Instant now) {
        Instant until = paused.get(variant);
        if (until != null && !now.isBefore(until)) {
            paused.remove(variant);
            return false;
        }
        return until != null;
    }

    /** The number that stands for the decided one. */
    public synchronized OptionalInt override(String variant, Instant now) {
        Override override = overrides.get(variant);
        if (override == null) {
            return OptionalInt.empty();
        }
        if (!now.isBefore(override.until())) {
            overrides.remove(variant);
            return OptionalInt.empty();
        }
        return OptionalInt.of(override.replicas());
    }

    /** What was done, oldest first. */
    public synchronized List<Entry> audit() {
        return new ArrayList<>(audit);
    }
}
