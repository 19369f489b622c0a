package io.llmd.kv.ingest;

import io.llmd.kv.ingest.LiveBuffer.Batch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the batches of one publisher into order: without gaps, without repetition, and with a new epoch when the publisher
 * is another process than before. Knows neither sockets nor clocks: it is told what arrives and what time it is, in
 * nanoseconds from any origin. For one thread.
 *
 * <p>After each connection it asks for old batches, beginning with the last one that was applied: if that one comes back as
 * it was, the publisher is the same and the ones behind it are what was missed; if not, it is another process. Live batches
 * wait meanwhile. A gap between live batches is asked for in the same way.
 */
public final class LaneFeed {

    /*
     * A subscription's numbers only grow on one connection. So a live batch that is not new is a repetition of what a
     * replay brought, unless it is behind another live one of the same connection, or has other bytes than the batch with
     * its number. Then somebody between the publisher and us may have changed to another process without a new connection;
     * or it came late, or twice, and the replay went so far ahead that its digest is forgotten. The batch that was applied
     * last decides, as after a connection: an epoch that is begun by mistake would cost the whole lane, and might be begun
     * again for every such batch.
     *
     * Attempts are counted since the last progress, so that a long replay that breaks now and then still ends, while one
     * that brings nothing does not go on for ever. What a router dropped in the middle of a replay, because we were slow,
     * shows as a gap in its answers and is asked for again; only a gap at the beginning means that its memory is too short.
     */

    private static final Logger log = LoggerFactory.getLogger(LaneFeed.class);

    private enum Phase {
        OFFLINE,
        /** Live batches are applied as they come. */
        LIVE,
        /** Asks whether the publisher still has the batch that was applied last. */
        VERIFYING,
        /** Asks for everything; nothing is applied yet in this epoch. */
        JOINING,
        /** Asks for what is behind the batch that was applied last. */
        FILLING
    }

    private enum Verdict {
        TAKEN,
        GAP,
        /** The publisher may be another process. */
        DOUBT
    }

    private final String name;
    private final int rank;
    private final LaneFeedSettings settings;
    private final LaneTarget target;
    private final @Nullable ReplayPort replay;
    private final LiveBuffer buffer;
    private final RecentDigests digests = new RecentDigests();

    private Phase phase = Phase.OFFLINE;
    private boolean hasApplied;
    private long applied;
    private int epoch;

    /** Whether the next live batch is taken whatever its number is. */
    private boolean takesAny;

    /** Whether the publisher turned out to be the same after what waits now had arrived. */
    private boolean isVerified;

    private long highestLive = -1;
    private boolean keptAfterLoss;
    private boolean isReplayFailing;

    private boolean isAsking;
    private boolean hasReply;
    private int attempts;
    private long lastHeard;
    private boolean isRetryPlanned;
    private long retryAt;

    private long connections;
    private long batches;
    private long payloadBytes;
    private long duplicates;
    private long gaps;
    private long lostBatches;
    private long replays;
    private long replayedBatches;
    private long replayFailures;
    private long epochs;
    private long bufferDrops;
    private long rankMismatches;
    private long malformed;
    private long targetFailures;

    /**
     * @param name of the source, for logs
     * @param rank that is dialled; a batch that names another one is counted
     * @param replay null when old batches cannot be asked for
     */
    public LaneFeed(String name, int rank, LaneFeedSettings settings, LaneTarget target, @Nullable ReplayPort replay) {
        this.name = name;
        this.rank = rank;
        this.settings = settings;
        this.target = target;
        this.replay = replay;
        buffer = new LiveBuffer(settings.bufferedBatches(), settings.bufferedBytes());
    }

    /**
     * Goes on behind a batch that an earlier feed of the same lane applied, as far as the publisher turns out to have sent it.
     * Before the first connection.
     */
    public void resume(FeedPosition position) {
        epoch = position.epoch();
        if (position.sequence() >= 0) {
            hasApplied = true;
            applied = position.sequence();
            digests.add(applied, position.payloadHash());
        }
    }

    /** A new TCP connection to the publisher; whatever was published before it is lost on this way. */
    public void connected(long now) {
        connections++;
        highestLive = -1;
        isVerified = false;
        buffer.clear();
        stopAsking();
        attempts = 0;
        if (replay == null) {
            phase = Phase.LIVE;
        } else {
            want(hasApplied ? Phase.VERIFYING : Phase.JOINING, now);
        }
    }

    /** The connection to the publisher is gone. */
    public void disconnected() {
        phase = Phase.OFFLINE;
        buffer.clear();
        stopAsking();
    }

    /** A live batch. */
    public void live(long now, long sequence, byte[] payload, int from, int to) {
        if (sequence < 0) {
            malformed++;
            return;
        }
        if (phase == Phase.OFFLINE) {
            return;
        }
        boolean isBehind = sequence <= highestLive || replay == null;
        highestLive = Math.max(highestLive, sequence);
        if (phase != Phase.LIVE) {
            keep(sequence, isBehind, payload, from, to);
            return;
        }
        Verdict verdict = accept(sequence, isBehind, payload, from, to);
        if (verdict != Verdict.TAKEN) {
            keep(sequence, isBehind, payload, from, to);
            recover(verdict, now);
        }
    }

    /** A batch that was asked for. */
    public void replayed(long now, long sequence, byte[] payload, int from, int to) {
        if (!isAsking) {
            return;
        }
        lastHeard = now;
        boolean isFirst = !hasReply;
        hasReply = true;
        switch (phase) {
            case VERIFYING -> verify(now, sequence, payload, from, to);
            case JOINING -> join(sequence, payload, from, to);
            case FILLING -> fill(now, isFirst, sequence, payload, from, to);
            case OFFLINE, LIVE -> {}
        }
    }

    /** There are no more batches of those that were asked for. */
    public void replayEnded(long now) {
        if (!isAsking) {
            return;
        }
        stopAsking();
        isReplayFailing = false;
        if (phase == Phase.VERIFYING) {
            // who has sent the batch has it still; so this is somebody else, who has sent fewer
            beginEpoch();
            want(Phase.JOINING, now);
            return;
        }
        if (!hasApplied) {
            target.coverage(true);
        }
        drain(now);
    }

    /** The connection on which batches were asked for is gone, or did not come about. */
    public void replayFailed(long now) {
        if (isAsking) {
            stopAsking();
            want(phase, now);
        }
    }

    /** A message that is neither a batch nor an answer. */
    public void malformed() {
        malformed++;
    }

    /** Looks at the time; to be called a few times a second. */
    public void tick(long now) {
        if (isAsking && now - lastHeard >= settings.replayIdle().toNanos()) {
            replayFailed(now);
        } else if (isRetryPlanned && now - retryAt >= 0) {
            ask(now);
        }
    }

    public SourceState state() {
        if (phase != Phase.LIVE) {
            return SourceState.CATCHING_UP;
        }
        return keptAfterLoss || isReplayFailing ? SourceState.DEGRADED : SourceState.EXACT;
    }

    public boolean isConnected() {
        return phase != Phase.OFFLINE;
    }

    /** Number of the batch that was applied last; -1 when none was in this epoch. */
    public long appliedSequence() {
        return hasApplied ? applied : -1;
    }

    /** How far the lane was followed, for a feed that goes on from here. */
    public FeedPosition position() {
        return new FeedPosition(epoch, appliedSequence(), hasApplied ? digests.last() : 0);
    }

    /** Batches that are known to be published and are not applied. */
    public long lagBatches() {
        return highestLive < 0 ? 0 : Math.max(0, highestLive - (hasApplied ? applied : settings.firstSequence() - 1));
    }

    public int epoch() {
        return epoch;
    }

    public FeedCounters counters() {
        return new FeedCounters(
                connections,
                batches,
                payloadBytes,
                duplicates,
                gaps,
                lostBatches,
                replays,
                replayedBatches,
                replayFailures,
                epochs,
                bufferDrops,
                rankMismatches,
                malformed,
                targetFailures);
    }

    private long nextSequence() {
        return hasApplied ? applied + 1 : settings.firstSequence();
    }

    private void keep(long sequence, boolean isBehind, byte[] payload, int from, int to) {
        if (!buffer.offer(sequence, isBehind, payload, from, to)) {
            bufferDrops++;
        }
    }

    private Verdict accept(long sequence, boolean isBehind, byte[] payload, int from, int to) {
        if (takesAny) {
            takesAny = false;
            if (!hasApplied) {
                target.coverage(sequence <= settings.firstSequence());
            }
            apply(sequence, payload, from, to);
            return Verdict.TAKEN;
        }
        if (hasApplied && sequence <= applied) {
            return repeated(sequence, isBehind, payload, from, to);
        }
        if (sequence > nextSequence() && replay != null) {
            return Verdict.GAP;
        }
        if (!hasApplied) {
            target.coverage(sequence <= settings.firstSequence());
        } else if (sequence > nextSequence()) {
            gaps++;
            lose(sequence - nextSequence());
        }
        apply(sequence, payload, from, to);
        return Verdict.TAKEN;
    }

    private Verdict repeated(long sequence, boolean isBehind, byte[] payload, int from, int to) {
        boolean isSame = digests.isSame(sequence, RecentDigests.digest(payload, from, to));
        if (isSame || isVerified || !isBehind && !digests.knows(sequence)) {
            duplicates++;
            return Verdict.TAKEN;
        }
        if (replay != null) {
            return Verdict.DOUBT;
        }
        beginEpoch();
        highestLive = sequence;
        target.coverage(sequence <= settings.firstSequence());
        apply(sequence, payload, from, to);
        return Verdict.TAKEN;
    }

    private void recover(Verdict verdict, long now) {
        if (verdict == Verdict.DOUBT) {
            want(Phase.VERIFYING, now);
            return;
        }
        gaps++;
        want(hasApplied ? Phase.FILLING : Phase.JOINING, now);
    }

    private void verify(long now, long sequence, byte[] payload, int from, int to) {
        if (sequence < applied) {
            return;
        }
        if (sequence > applied) {
            // its memory begins later, so that asking for all would bring the same
            beginEpoch();
            phase = Phase.JOINING;
            join(sequence, payload, from, to);
        } else if (digests.isSame(sequence, RecentDigests.digest(payload, from, to))) {
            phase = Phase.FILLING;
            isVerified = true;
            attempts = 0;
            target.verified();
        } else {
            beginEpoch();
            want(Phase.JOINING, now);
        }
    }

    private void join(long sequence, byte[] payload, int from, int to) {
        target.coverage(sequence <= settings.firstSequence());
        phase = Phase.FILLING;
        applyReplayed(sequence, payload, from, to);
    }

    private void fill(long now, boolean isFirst, long sequence, byte[] payload, int from, int to) {
        long next = nextSequence();
        if (sequence < next) {
            duplicates++;
        } else if (sequence == next) {
            applyReplayed(sequence, payload, from, to);
        } else if (isFirst) {
            lose(sequence - next);
            applyReplayed(sequence, payload, from, to);
        } else {
            want(Phase.FILLING, now);
        }
    }

    private void applyReplayed(long sequence, byte[] payload, int from, int to) {
        attempts = 0;
        replayedBatches++;
        apply(sequence, payload, from, to);
    }

    private void apply(long sequence, byte[] payload, int from, int to) {
        digests.add(sequence, RecentDigests.digest(payload, from, to));
        hasApplied = true;
        applied = sequence;
        batches++;
        payloadBytes += to - from;
        try {
            int named = target.batch(sequence, payload, from, to);
            if (named >= 0 && named != rank) {
                rankMismatches++;
            }
        } catch (RuntimeException e) {
            targetFailures++;
            log.atError().addKeyValue("endpoint", name).setCause(e).log("batch of KV events could not be applied");
            lose(1);
        }
    }

    private void beginEpoch() {
        epoch++;
        epochs++;
        hasApplied = false;
        takesAny = false;
        isVerified = false;
        highestLive = -1;
        keptAfterLoss = false;
        attempts = 0;
        digests.clear();
        target.newEpoch(epoch);
    }

    private void lose(long count) {
        lostBatches += count;
        switch (settings.gapPolicy()) {
            case CLEAR -> {
                target.clear();
                target.coverage(false);
            }
            case KEEP -> keptAfterLoss = true;
        }
    }

    /** Asks, at once when there was progress since the last time, later when not, and not at all after too many times. */
    private void want(Phase wanted, long now) {
        stopAsking();
        phase = wanted;
        if (attempts == 0) {
            ask(now);
        } else if (attempts < settings.replayAttempts()) {
            isRetryPlanned = true;
            retryAt = now + settings.replayRetry().toNanos();
        } else {
            giveUp(now);
        }
    }

    private void ask(long now) {
        if (replay == null) {
            throw new IllegalStateException("replay: none (expected: one)");
        }
        isRetryPlanned = false;
        isAsking = true;
        hasReply = false;
        lastHeard = now;
        attempts++;
        replays++;
        replay.request(phase == Phase.VERIFYING ? applied : nextSequence());
    }

    private void stopAsking() {
        isRetryPlanned = false;
        if (isAsking && replay != null) {
            isAsking = false;
            replay.cancel();
        }
    }

    /** Takes what waits, and what comes next, as it is: nobody brings what is missing. */
    private void giveUp(long now) {
        resign();
        drain(now);
    }

    private void resign() {
        replayFailures++;
        isReplayFailing = true;
        Batch first = buffer.peek();
        if (phase == Phase.VERIFYING && first != null && first.sequence() <= applied) {
            beginEpoch();
        }
        while (hasApplied && first != null && first.sequence() <= applied) {
            duplicates++;
            buffer.remove();
            first = buffer.peek();
        }
        if (hasApplied) {
            lose(first == null ? 0 : first.sequence() - nextSequence());
        } else {
            target.coverage(false);
        }
        takesAny = true;
    }

    /** Applies what waited, and is live again unless there is a gap in it. */
    private void drain(long now) {
        phase = Phase.LIVE;
        Batch batch = buffer.peek();
        while (batch != null) {
            byte[] payload = batch.payload();
            Verdict verdict = accept(batch.sequence(), batch.isBehind(), payload, 0, payload.length);
            if (verdict == Verdict.TAKEN) {
                buffer.remove();
            } else if (verdict == Verdict.GAP && attempts >= settings.replayAttempts()) {
                gaps++;
                resign();
            } else {
                recover(verdict, now);
                return;
            }
            batch = buffer.peek();
        }
        isVerified = false;
        attempts = 0;
    }
}
