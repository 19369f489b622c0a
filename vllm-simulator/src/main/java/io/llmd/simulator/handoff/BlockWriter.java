package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.metrics.NixlMeters;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes blocks that are held here into the memory of engines that have said where they belong. These ask again until
 * theirs are there. Remembers the last 10,000 names. Not thread-safe.
 */
public final class BlockWriter {
    private static final int MOST_REMEMBERED = 10_000;

    private final TransferTimes times;
    private final boolean layerByLayer;
    private final NixlMeters meters;
    private final LongConsumer giveBack;
    private final TransferLink<Write> link;
    private final Map<String, Write> writes = new LinkedHashMap<>();
    private final Map<Long, Write> underWay = new HashMap<>();
    private final Map<Long, Long> computingSince = new HashMap<>();
    private double slowFactor = 1;

    private enum State {
        WANTED,
        UNDER_WAY,
        WRITTEN,
        FAILED
    }

    private static final class Write {
        final long wantedAt;
        final int blocks;
        State state = State.WANTED;
        long requestId;
        long started;

        Write(int blocks, long wantedAt) {
            this.blocks = blocks;
            this.wantedAt = wantedAt;
        }
    }

    /**
     * @param layerByLayer whether a layer is on its way while the next one is computed, so that a write which was wanted
     *     in time ends soon after the prompt; otherwise blocks leave when all of them are there
     * @param giveBack takes requests whose blocks have been written; must not call back
     */
    public BlockWriter(TransferTimes times, boolean layerByLayer, NixlMeters meters, LongConsumer giveBack) {
        this.times = times;
        this.layerByLayer = layerByLayer;
        this.meters = meters;
        this.giveBack = giveBack;
        link = times.link();
    }

    /** Makes writing slower on purpose, from the next write on. */
    public void disturb(double factor) {
        slowFactor = factor;
    }

    /** Somebody wants the blocks of that name, which may not exist yet. */
    void want(String name, int blocks, long now) {
        if (!writes.containsKey(name)) {
            writes.put(name, new Write(blocks, now));
            if (writes.size() > MOST_REMEMBERED) {
                writes.remove(writes.keySet().iterator().next());
            }
        }
    }

    /** The blocks of a name are there; writes them unless that has begun. */
    void write(String name, long requestId, long now) {
        Write write = writes.get(name);
        if (write == null || write.state != State.WANTED) {
            return;
        }
        write.state = State.UNDER_WAY;
        write.requestId = requestId;
        write.started = now;
        underWay.put(requestId, write);
        times.begin(link, write, requestId, write.blocks, shareLeft(write, now), slowFactor, now);
    }

    /** What is left of a write when the prompt is done: the last layer at least. */
    private double shareLeft(Write write, long now) {
        Long since = computingSince.remove(write.requestId);
        if (!layerByLayer || since == null) {
            return 1;
        }
        double lastLayer = 1.0 / times.deployment().model().layers();
        double carried = (now - Math.max(since, write.wantedAt)) / times.nanos(write.blocks);
        return Math.clamp(1 - carried, lastLayer, 1);
    }

    boolean isUnderWay(String name) {
        Write write = writes.get(name);
        return write != null && write.state == State.UNDER_WAY;
    }

    /** Whether the blocks of a name have come, or never will; absent while they are awaited. Told once. */
    @Nullable
    Boolean outcome(String name) {
        Write write = writes.get(name);
        if (write == null || write.state == State.WANTED || write.state == State.UNDER_WAY) {
            return null;
        }
        writes.remove(name);
        return write.state == State.WRITTEN;
    }

    /** Follows when prompts begin to be computed, and whether their blocks are lost before they are written. */
    void hear(EngineEvent event) {
        if (layerByLayer && event instanceof EngineEvent.Scheduled scheduled) {
            computingSince.put(scheduled.requestId(), scheduled.time());
        } else if (event instanceof EngineEvent.Finished end && end.held() == null) {
            computingSince.remove(end.request().id());
        } else if (event instanceof EngineEvent.LeaseEnded end) {
            computingSince.remove(end.requestId());
            Write lost = underWay.remove(end.requestId());
            if (lost != null) {
                lost.state = State.FAILED;
            }
        }
    }

    /** When {@link #advance} has something to do next; {@link Long#MAX_VALUE} if nothing is written. */
    public long nextEventTime() {
        return link.nextEventTime();
    }

    /** Does what is due at {@code now}. */
    public void advance(long now) {
        for (Write write = link.poll(now); write != null; write = link.poll(now)) {
            if (underWay.remove(write.requestId, write)) {
                write.state = State.WRITTEN;
                times.count(meters, write.blocks, now - write.started);
                giveBack.accept(write.requestId);
            }
        }
    }
}
