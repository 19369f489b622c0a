package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
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
    private static final long SPREAD = 0x73_70_72L;
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
     * @param transfer times of reading
     * @param spread of single ones
     * @param seed of the spread
     * @param timeScale factor on these times
     * @param heartbeatNanos between two heartbeats; 0 for none
     * @param patienceNanos how long blocks are asked for that do not exist yet
     * @param checkCompatibility whether blocks of engines with another compatibility are left alone
     */
    public record Reading(
            EngineCard card,
            Deployment deployment,
            TransferModel transfer,
            TransferSpread spread,
            long seed,
            double timeScale,
            long heartbeatNanos,
            long patienceNanos,
            boolean checkCompatibility) {}

    /** A pull whose holder is to be asked again; all wait equally long, so that they are in the order of their times. */
    private record Again(Pull pull, long time) {}

    /** Where the outcome of loads goes. */
    @FunctionalInterface
    public interface Loads {
        /** The blocks of a request have come, or cannot be had; must not call back. */
        void ended(long requestId, boolean loaded);
    }

    public HandoffReader(Reading settings, SideChannel channel, NixlMeters meters, Loads loads) {
        this.settings = settings;
        this.channel = channel;
        this.meters = meters;
        this.loads = loads;
        link = new TransferLink<>(settings.transfer().bytesPerSecond() / settings.timeScale());
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
        Pull pull = new Pull(requestId, handoff);
        pulls.put(requestId, pull);
        move(pull, FetchStage.WAITING_TO_START);
        peer(handoff, now);
        if (settings.heartbeatNanos() > 0) {
            nextHeartbeat = Math.max(nextHeartbeat, now);
        }
    }

    /** Blocks will not be needed, because the request for them was refused. */
    public void release(Handoff handoff, long now) {
        Pull pull = new Pull(--releases, handoff);
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
            tell(pull);
            return;
        }
        Handoff handoff = pull.handoff;
        Peer peer = peer(handoff, now);
        if (peer.card == null || !isEnough(handoff, peer.card, pull.tokens)) {
            fail(pull);
            return;
        }
        channel.ask(
                peer.address,
                new SideChannelRequest.Read(handoff.engineId(), handoff.requestId()),
                (response, then) -> readable(pull, response, then));
    }

    private static boolean isEnough(Handoff handoff, EngineCard card, int tokens) {
        return handoff.blocks() == Handoff.UNTOLD || (long) handoff.blocks() * card.blockTokens() >= tokens;
    }

    private void readable(Pull pull, SideChannelResponse response, long now) {
        if (response instanceof SideChannelResponse.NotYet && now - pull.wantedAt < settings.patienceNanos()) {
            again.add(new Again(pull, now + ASK_AGAIN_NANOS));
            return;
        }
        if (!(response instanceof SideChannelResponse.Done)) {
            if (response instanceof SideChannelResponse.Unreachable) {
                peers.remove(pull.handoff.engineId());
            }
            fail(pull);
            return;
        }
        pull.started = now;
        TransferModel model = settings.transfer();
        double preparation = model.setupNanos(settings.deployment(), pull.blocks);
        double carriage = model.wireNanos(
                settings.deployment(), pull.blocks * settings.card().blockTokens());
        long draw = CounterRandom.bits(settings.seed(), pull.requestId, SPREAD);
        double setup = settings.spread().setupFactor(preparation, draw) * slowFactor;
        double wire = settings.spread().wireFactor(carriage, draw) * slowFactor;
        link.begin(pull, Math.round(preparation * settings.timeScale() * setup), bytes(pull) * wire, now);
    }

    private void transferred(Pull pull, long now) {
        if (readFails.getAsBoolean() || pull.fails) {
            fail(pull);
            return;
        }
        long descriptors = TransferModel.descriptors(settings.deployment(), pull.blocks);
        double postNanos = descriptors * settings.transfer().descriptorNanos() * settings.timeScale();
        long bytes = bytes(pull);
        for (int gpu = 0; gpu < settings.deployment().tensorParallel(); gpu++) {
            meters.transferred((now - pull.started) / 1e9, postNanos / 1e9, bytes, descriptors);
        }
        tell(pull);
    }

    /** Whole blocks are read, as in vLLM. */
    private long bytes(Pull pull) {
        return TransferModel.bytesPerGpu(
                settings.deployment(), pull.blocks * settings.card().blockTokens());
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
        end(pull, true);
    }

    private void fail(Pull pull) {
        meters.transferFailed();
        end(pull, false);
    }

    private void end(Pull pull, boolean loaded) {
        pulls.remove(pull.requestId);
        if (pull.reads()) {
            move(pull, loaded ? FetchStage.COMPLETED_WAITING : null);
            if (loaded) {
                read.put(pull.requestId, pull);
            }
            loads.ended(pull.requestId, loaded);
        }
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
        Peer known = peers.get(handoff.engineId());
        if (known != null) {
            return known;
        }
        Peer peer = new Peer(handoff.engineId(), handoff.holder());
        peers.put(peer.engineId, peer);
        long ready = now + Math.round(settings.transfer().handshakeNanos() * settings.timeScale());
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
        peers.remove(peer.engineId);
        meters.transferFailed();
        peer.takeWaiting().forEach(pull -> end(pull, false));
    }

    private boolean isUsable(EngineCard card, String engineId) {
        return card.engineId().equals(engineId)
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
