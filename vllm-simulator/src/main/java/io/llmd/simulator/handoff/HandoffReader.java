package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.metrics.FetchStage;
import io.llmd.simulator.metrics.NixlMeters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The decoding side of a separated request: gets the blocks that other engines hold for its engine's requests, and tells
 * these engines when they need not hold them any longer.
 *
 * <p>A pull begins when its request comes in: the first one from an engine starts the handshake with it, and heartbeats
 * keep the lease alive while the request waits for its turn. When the engine wants the blocks, the holder is asked
 * whether it still has them, the modelled time of the transfer passes, and the holder is told, which also decides
 * whether the blocks were there to the end. A request that ends before that leaves a pull behind which tells the holder.
 *
 * <p>Where blocks have a name before they exist, the holder is asked again and again until they do, or patience ends.
 *
 * <p>Hears the events of its engine. Has no clock; not thread-safe.
 */
public final class HandoffReader implements EngineSink {
    private static final long NEVER = Long.MAX_VALUE;
    private static final int MOST_IDS_PER_HEARTBEAT = 256;
    private static final int MOST_HASHES_PER_LOOKUP = 1024;
    private static final long ASK_AGAIN_NANOS = 5_000_000;

    private final Reading settings;
    private final SideChannel channel;
    private final NixlMeters meters;
    private final Loads loads;
    private final TransferLink<Pull> link;
    private final Map<Long, Pull> pulls = new LinkedHashMap<>();
    private final Map<Long, Pull> read = new HashMap<>();
    private final Map<String, Peer> peers = new HashMap<>();
    private final List<Peer> settling = new ArrayList<>();
    private final Deque<Again> again = new ArrayDeque<>();
    private double slowFactor = 1;
    private BooleanSupplier readFails = () -> false;
    private long nextHeartbeat = Long.MIN_VALUE;
    private long releases;

    /**
     * How an engine reads blocks.
     *
     * @param card of the reading engine
     * @param times of reading
     * @param move how blocks come
     * @param heartbeatNanos between two heartbeats; 0 for none
     * @param patienceNanos how long blocks are asked for that do not exist yet
     * @param checkCompatibility whether blocks of engines with another compatibility are left alone
     */
    public record Reading(
            EngineCard card,
            TransferTimes times,
            BlockMove move,
            long heartbeatNanos,
            long patienceNanos,
            boolean checkCompatibility) {}

    /** A pull whose holder is to be asked again; all wait equally long, so that they are in the order of their times. */
    private record Again(Pull pull, long time) {}

    /** Where the outcome of loads goes. */
    @FunctionalInterface
    public interface Loads {
        /** {@code tokens} of those who cannot be had. */
        int FAILED = -1;

        /**
         * The blocks of a request have come, or cannot be had; must not call back.
         *
         * @param tokens that came, fewer than were wanted if no more were found; {@link #FAILED} if they cannot be had
         */
        void ended(long requestId, int tokens);
    }

    public HandoffReader(Reading settings, SideChannel channel, NixlMeters meters, Loads loads) {
        this.settings = settings;
        this.channel = channel;
        this.meters = meters;
        this.loads = loads;
        link = settings.times().link();
    }

    /**
     * Makes reading worse on purpose, from the next transfer on.
     *
     * @param factor on the time of transfers
     * @param fails asked at the end of each transfer
     */
    public void disturb(double factor, BooleanSupplier fails) {
        slowFactor = factor;
        readFails = fails;
    }

    /** Makes the read for a request that is expected fail on purpose. */
    public void failRead(long requestId) {
        Pull pull = pulls.get(requestId);
        if (pull != null) {
            pull.fails = true;
        }
    }

    /** A request is about to be submitted whose blocks another engine holds. */
    public void expect(long requestId, Handoff handoff, long now) {
        expect(requestId, handoff, List.of(), now);
    }

    /**
     * The same where blocks are looked up.
     *
     * @param hashes of the blocks of its prompt
     */
    public void expect(long requestId, Handoff handoff, List<Long> hashes, long now) {
        Pull pull = new Pull(requestId, handoff, hashes);
        pulls.put(requestId, pull);
        move(pull, FetchStage.WAITING_TO_START);
        peer(handoff, now);
        if (settings.heartbeatNanos() > 0) {
            nextHeartbeat = Math.max(nextHeartbeat, now);
        }
    }

    /** Blocks will not be needed, because the request for them was refused. */
    public void release(Handoff handoff, long now) {
        Pull pull = new Pull(--releases, handoff, List.of());
        pulls.put(pull.requestId, pull);
        abandon(pull, now);
    }

    /** Pulls whose holder waits to be told. */
    public int pending() {
        return pulls.size();
    }

    @Override
    public void accept(EngineEvent event) {
        switch (event) {
            case EngineEvent.LoadWanted load -> {
                Pull pull = pulls.get(load.requestId());
                if (pull != null) {
                    pull.cachedBlocks = load.cachedTokens() / settings.card().blockTokens();
                    want(pull, load.tokens(), load.blocks(), load.time());
                }
            }
            case EngineEvent.Finished end -> {
                runs(end.request().id());
                Pull pull = pulls.get(end.request().id());
                if (pull != null) {
                    abandon(pull, end.time());
                }
            }
            case EngineEvent.Scheduled scheduled -> runs(scheduled.requestId());
            case EngineEvent.Preempted _,
                    EngineEvent.TokenProduced _,
                    EngineEvent.LeaseEnded _,
                    EngineEvent.BlocksStored _,
                    EngineEvent.BlocksRemoved _,
                    EngineEvent.BlocksCleared _,
                    EngineEvent.StepCompleted _ -> {
                // nothing to read
            }
        }
    }

    /** When {@link #advance} has something to do next; {@link Long#MAX_VALUE} if nothing happens by itself. */
    public long nextEventTime() {
        long next = link.nextEventTime();
        for (Peer peer : settling) {
            next = Math.min(next, peer.readyAt);
        }
        next = again.isEmpty() ? next : Math.min(next, again.element().time());
        return settings.heartbeatNanos() == 0 || pulls.isEmpty() ? next : Math.min(next, nextHeartbeat);
    }

    /** Does what is due at {@code now}. */
    public void advance(long now) {
        for (Pull pull = link.poll(now); pull != null; pull = link.poll(now)) {
            transferred(pull, now);
        }
        settle(now);
        while (!again.isEmpty() && again.element().time() <= now) {
            proceedWhenReady(again.remove().pull(), now);
        }
        if (settings.heartbeatNanos() > 0 && !pulls.isEmpty() && nextHeartbeat <= now) {
            nextHeartbeat = now + settings.heartbeatNanos();
            beat(now);
        }
    }

    private void settle(long now) {
        List<Peer> settled =
                settling.stream().filter(peer -> peer.readyAt <= now).toList();
        settling.removeAll(settled);
        for (Peer peer : settled) {
            if (peer.card == null) {
                giveUp(peer);
            } else {
                peer.takeWaiting().forEach(pull -> proceed(pull, now));
            }
        }
    }

    private void want(Pull pull, int tokens, int blocks, long now) {
        pull.wanted = true;
        pull.wantedAt = now;
        pull.tokens = tokens;
        pull.blocks = blocks;
        move(pull, pull.reads() ? FetchStage.IN_PROGRESS : null);
        proceedWhenReady(pull, now);
    }

    private void abandon(Pull pull, long now) {
        pull.abandoned = true;
        move(pull, null);
        if (!pull.wanted) {
            want(pull, 0, 0, now);
        }
    }

    private void proceedWhenReady(Pull pull, long now) {
        Peer peer = peer(pull.handoff, now);
        if (peer.isReady(now)) {
            proceed(pull, now);
            return;
        }
        peer.await(pull);
        if (peer.card != null && !settling.contains(peer)) {
            // the engine tells of a time before that at which the other one was met
            settling.add(peer);
        }
    }

    private void proceed(Pull pull, long now) {
        if (!pull.reads()) {
            spare(pull);
            return;
        }
        Handoff handoff = pull.handoff;
        Peer peer = peer(handoff, now);
        if (peer.card == null || !isEnough(handoff, peer.card, pull.tokens)) {
            fail(pull);
            return;
        }
        channel.ask(peer.address, question(pull), (response, then) -> readable(pull, response, then));
    }

    private SideChannelRequest question(Pull pull) {
        String engineId = pull.handoff.engineId();
        String requestId = pull.handoff.requestId();
        return switch (settings.move()) {
            case PULL -> new SideChannelRequest.Read(engineId, requestId);
            case PUSH -> new SideChannelRequest.Write(engineId, requestId, pull.blocks);
            case LOOK_UP -> {
                int from = pull.cachedBlocks + pull.found;
                int to = Math.min(pull.hashes.size(), from + MOST_HASHES_PER_LOOKUP);
                yield new SideChannelRequest.Lookup(engineId, requestId, pull.hashes.subList(Math.min(from, to), to));
            }
        };
    }

    /** Nobody needs the blocks; the holder of leases wants to know that. */
    private void spare(Pull pull) {
        if (settings.move() == BlockMove.LOOK_UP) {
            end(pull, 0);
        } else {
            tell(pull);
        }
    }

    private static boolean isEnough(Handoff handoff, EngineCard card, int tokens) {
        return handoff.blocks() == Handoff.UNTOLD || (long) handoff.blocks() * card.blockTokens() >= tokens;
    }

    private void readable(Pull pull, SideChannelResponse response, long now) {
        if (response instanceof SideChannelResponse.NotYet && now - pull.wantedAt < settings.patienceNanos()) {
            again.add(new Again(pull, now + ASK_AGAIN_NANOS));
            return;
        }
        if (settings.move() == BlockMove.LOOK_UP && response instanceof SideChannelResponse.Found answer) {
            found(pull, answer.blocks(), now);
            return;
        }
        if (!(response instanceof SideChannelResponse.Done)) {
            if (response instanceof SideChannelResponse.Unreachable) {
                peers.remove(pull.handoff.peer());
            }
            fail(pull);
            return;
        }
        if (settings.move() == BlockMove.PUSH) {
            written(pull);
        } else {
            read(pull, now);
        }
    }

    /** So many further blocks are there; asks for the next ones if it were all. */
    private void found(Pull pull, int blocks, long now) {
        int asked = Math.min(MOST_HASHES_PER_LOOKUP, pull.hashes.size() - pull.cachedBlocks - pull.found);
        pull.found += blocks;
        if (blocks > 0 && blocks == asked && pull.cachedBlocks + pull.found < pull.hashes.size()) {
            proceed(pull, now);
            return;
        }
        pull.blocks = Math.min(pull.blocks, pull.found);
        pull.tokens = Math.min(pull.tokens, pull.found * settings.card().blockTokens());
        if (pull.tokens == 0) {
            endLookUp(pull, 0);
        } else {
            read(pull, now);
        }
    }

    private void read(Pull pull, long now) {
        pull.started = now;
        settings.times().begin(link, pull, pull.requestId, pull.blocks, 1, slowFactor, now);
    }

    private boolean fails(Pull pull) {
        return readFails.getAsBoolean() || pull.fails;
    }

    private void written(Pull pull) {
        if (fails(pull)) {
            fail(pull);
        } else {
            end(pull, pull.tokens);
        }
    }

    private void transferred(Pull pull, long now) {
        if (fails(pull)) {
            fail(pull);
            return;
        }
        settings.times().count(meters, pull.blocks, now - pull.started);
        if (settings.move() == BlockMove.LOOK_UP) {
            endLookUp(pull, pull.tokens);
        } else {
            tell(pull);
        }
    }

    /** Tells the holder, and the engine what came of it. */
    private void tell(Pull pull) {
        Handoff handoff = pull.handoff;
        channel.ask(
                handoff.holder(),
                new SideChannelRequest.Notify(handoff.engineId(), handoff.requestId()),
                (response, now) -> told(pull, response));
    }

    private void told(Pull pull, SideChannelResponse response) {
        if (pull.reads() && !(response instanceof SideChannelResponse.Done)) {
            fail(pull);
            return;
        }
        if (response instanceof SideChannelResponse.Unreachable) {
            meters.notificationFailed();
        }
        end(pull, pull.tokens);
    }

    private void fail(Pull pull) {
        meters.transferFailed();
        lose(pull);
    }

    private void end(Pull pull, int tokens) {
        if (pull.reads()) {
            endLoad(pull, tokens);
        } else {
            pulls.remove(pull.requestId);
        }
    }

    /** A request whose blocks were looked up goes on, with none if there were none. */
    private void endLookUp(Pull pull, int tokens) {
        if (pull.abandoned) {
            pulls.remove(pull.requestId);
        } else {
            endLoad(pull, tokens);
        }
    }

    private void endLoad(Pull pull, int tokens) {
        pulls.remove(pull.requestId);
        move(pull, tokens >= 0 ? FetchStage.COMPLETED_WAITING : null);
        if (tokens >= 0) {
            read.put(pull.requestId, pull);
        }
        loads.ended(pull.requestId, tokens);
    }

    /** A request runs, or has ended. */
    private void runs(long requestId) {
        Pull pull = read.remove(requestId);
        if (pull != null) {
            move(pull, null);
        }
    }

    private void move(Pull pull, @Nullable FetchStage stage) {
        meters.fetching(pull.stage, stage);
        pull.stage = stage;
    }

    /** The holder, with whom a handshake begins if it is new. */
    private Peer peer(Handoff handoff, long now) {
        Peer known = peers.get(handoff.peer());
        if (known != null) {
            return known;
        }
        Peer peer = new Peer(handoff);
        peers.put(peer.key, peer);
        long ready = now + settings.times().handshakeNanos();
        channel.ask(
                peer.address,
                new SideChannelRequest.Handshake(peer.engineId),
                (response, then) -> met(peer, response, ready, then));
        return peer;
    }

    private void met(Peer peer, SideChannelResponse response, long ready, long now) {
        EngineCard card = response instanceof SideChannelResponse.Card answer ? answer.card() : null;
        if (response instanceof SideChannelResponse.Unreachable && now < ready) {
            // an engine that does not answer is given up no sooner than one that does is met
            peer.readyAt = ready;
            settling.add(peer);
            return;
        }
        if (card == null || !isUsable(card, peer.engineId)) {
            giveUp(peer);
            return;
        }
        peers.values().removeIf(other -> other.address.equals(peer.address) && other != peer && !other.hasWaiting());
        peer.card = card;
        peer.readyAt = Math.max(ready, now);
        if (peer.isReady(now)) {
            peer.takeWaiting().forEach(pull -> proceed(pull, now));
        } else {
            settling.add(peer);
        }
    }

    private void giveUp(Peer peer) {
        peers.remove(peer.key);
        meters.transferFailed();
        peer.takeWaiting().forEach(this::lose);
    }

    /** What cannot be looked up is computed; what was promised is missing. */
    private void lose(Pull pull) {
        if (settings.move() == BlockMove.LOOK_UP) {
            endLookUp(pull, 0);
        } else {
            end(pull, Loads.FAILED);
        }
    }

    private boolean isUsable(EngineCard card, String engineId) {
        return (engineId.equals(Handoff.ANY_ENGINE) || card.engineId().equals(engineId))
                && card.fits(settings.card())
                && (!settings.checkCompatibility()
                        || card.compatibility().equals(settings.card().compatibility()));
    }

    private void beat(long now) {
        Map<String, List<String>> byEngine = new HashMap<>();
        for (Pull pull : pulls.values()) {
            Handoff handoff = pull.handoff;
            if (peer(handoff, now).isReady(now)) {
                byEngine.computeIfAbsent(handoff.engineId(), engine -> new ArrayList<>())
                        .add(handoff.requestId());
            }
        }
        byEngine.forEach((engineId, requestIds) -> {
            Peer peer = peers.get(engineId);
            for (int from = 0; peer != null && from < requestIds.size(); from += MOST_IDS_PER_HEARTBEAT) {
                int to = Math.min(requestIds.size(), from + MOST_IDS_PER_HEARTBEAT);
                channel.ask(
                        peer.address,
                        new SideChannelRequest.Heartbeat(engineId, requestIds.subList(from, to)),
                        HandoffReader::ignored);
            }
        });
    }

    private static void ignored(SideChannelResponse response, long now) {
        // a lost heartbeat shows when the lease ends
    }
}
