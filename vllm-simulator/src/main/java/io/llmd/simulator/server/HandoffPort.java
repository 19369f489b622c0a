package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.EndpointRole;
import io.llmd.simulator.config.HandoffSettings;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.HeldBlocks;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.handoff.Address;
import io.llmd.simulator.handoff.BlockHolder;
import io.llmd.simulator.handoff.BlockMove;
import io.llmd.simulator.handoff.BlockWriter;
import io.llmd.simulator.handoff.EngineCard;
import io.llmd.simulator.handoff.Handoff;
import io.llmd.simulator.handoff.HandoffAnswer;
import io.llmd.simulator.handoff.HandoffDialect;
import io.llmd.simulator.handoff.HandoffReader;
import io.llmd.simulator.handoff.HostTier;
import io.llmd.simulator.handoff.MooncakeDialect;
import io.llmd.simulator.handoff.MoriioDialect;
import io.llmd.simulator.handoff.NixlDialect;
import io.llmd.simulator.handoff.OffloadingDialect;
import io.llmd.simulator.handoff.PromptBlocks;
import io.llmd.simulator.handoff.SglangDialect;
import io.llmd.simulator.handoff.SideChannel;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.TransferLeg;
import io.llmd.simulator.handoff.TransferTimes;
import io.llmd.simulator.metrics.NixlMeters;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.simulator.sidechannel.SideChannelClient;
import io.llmd.simulator.sidechannel.SideChannelServer;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One engine's part in requests that several engines serve: its side channel, the blocks it holds for others, and those
 * it gets from them. Methods that end in "later" are safe from any thread.
 */
final class HandoffPort implements Driven, AutoCloseable {
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final String name;
    private final EngineDriver driver;
    private final RunningEngine engine;
    private final NixlMeters meters;
    private final HandoffDialect dialect;
    private final BlockHolder holder;
    private final HandoffReader reader;
    private final @Nullable BlockWriter writer;
    private final BlockHasher hasher;
    private final int blockTokens;
    private final boolean meetsInRooms;
    private final HandoffAnswer answer;
    private final SideChannelServer server;
    private final SideChannelClient client;
    private final boolean reportsCached;
    private final HandoffTroubles troubles;

    private HandoffPort(
            SimulatorSettings settings,
            String engineId,
            int rank,
            SimulatorRuntime runtime,
            RunningEngine engine,
            BlockHasher hasher) {
        HandoffSettings handoff = settings.handoff();
        driver = runtime.driver();
        this.engine = engine;
        name = settings.servedModelName();
        this.hasher = hasher;
        blockTokens = settings.engine().blockTokens();
        meetsInRooms = handoff.connector() == KvConnector.SGLANG;
        dialect = dialect(handoff);
        meters =
                new NixlMeters(handoff.connector(), settings.servedModelName(), rank, settings.preset(), Instant.now());
        Deployment deployment = deployment(settings);
        EngineCard card =
                EngineCard.of(engineId, settings.version(), settings.model(), deployment, blockTokens, dialect.move());
        double timeScale = settings.engine().timeScale();
        long leaseNanos = Math.round(settings.engine().leaseNanos() * timeScale);
        TransferTimes times = new TransferTimes(
                deployment, handoff.transfer(), handoff.spread(), settings.seed(), timeScale, blockTokens);
        writer = dialect.move() == BlockMove.PUSH
                ? new BlockWriter(times, handoff.connector() == KvConnector.MORIIO, meters, this::written)
                : null;
        HostTier tier = dialect.move() == BlockMove.LOOK_UP ? new HostTier(hostBlocks(handoff, deployment)) : null;
        holder = new BlockHolder(card, dialect, leaseNanos * 2 / 3, engine::later, meters, writer, tier);
        client = new SideChannelClient(runtime.eventLoops());
        reader = new HandoffReader(
                new HandoffReader.Reading(
                        card,
                        times,
                        dialect.move(),
                        handoff.heartbeats() ? Math.max(1, leaseNanos / 6) : 0,
                        dialect.answersTell() && writer == null
                                ? 0
                                : leaseNanos + Math.round(PATIENCE_NANOS * timeScale),
                        handoff.checkCompatibility()),
                this::ask,
                meters,
                (requestId, tokens) -> engine.later((current, now) -> ended(current, requestId, tokens, now)));
        troubles = new HandoffTroubles(
                settings.seed(), settings.port(), rank, factor -> driver.execute(() -> disturb(factor)));
        SideChannelServer.Questions questions =
                (request, then) -> holder.answer(request, response -> then.accept(troubles.told(response)));
        String host = handoff.sideChannelHost();
        int port = handoff.sideChannelPort() == 0 ? 0 : handoff.sideChannelPort() + rank;
        server = handoff.connector() == KvConnector.MOONCAKE
                ? SideChannelServer.startWithQuery(host, port, runtime.eventLoops(), questions, () -> query(rank, card))
                : SideChannelServer.start(host, port, runtime.eventLoops(), questions);
        answer = new HandoffAnswer(
                card, new Address(host, server.port()), generation(settings.preset()), dialect.move());
        reportsCached = generation(settings.preset()).cached();
        driver.add(this);
    }

    /**
     * Opens the side channel of an engine.
     *
     * @param engineId unique among the engines of all endpoints
     * @throws java.io.UncheckedIOException if its port cannot be bound
     */
    static HandoffPort open(
            SimulatorSettings settings,
            String engineId,
            int rank,
            SimulatorRuntime runtime,
            RunningEngine engine,
            BlockHasher hasher) {
        return new HandoffPort(settings, engineId, rank, runtime, engine, hasher);
    }

    private static HandoffDialect dialect(HandoffSettings handoff) {
        return switch (handoff.connector()) {
            case NONE -> throw new IllegalArgumentException("connector: NONE (expected: one that exchanges blocks)");
            case NIXL -> new NixlDialect();
            case NIXL_PUSH -> new NixlDialect(BlockMove.PUSH);
            case MOONCAKE -> new MooncakeDialect();
            case MORIIO -> new MoriioDialect();
            case SGLANG -> new SglangDialect(handoff.role() == EndpointRole.PREFILL);
            case OFFLOADING -> new OffloadingDialect();
        };
    }

    /** Whether an engine has to tell of its blocks. */
    static boolean needsBlocks(HandoffSettings handoff) {
        return handoff.connector() == KvConnector.OFFLOADING;
    }

    private int hostBlocks(HandoffSettings handoff, Deployment deployment) {
        long bytesPerBlock = deployment.kvBytesPerToken() * blockTokens;
        return Math.clamp(handoff.offloadBytes() / bytesPerBlock, 1, Integer.MAX_VALUE);
    }

    private void written(long requestId) {
        engine.later((current, now) -> current.endLease(requestId, LeaseEnd.NOTIFIED, now));
    }

    private static void ended(Engine engine, long requestId, int tokens, long now) {
        if (tokens == HandoffReader.Loads.FAILED) {
            engine.completeLoad(requestId, false, now);
        } else {
            engine.completePartialLoad(requestId, tokens, now);
        }
    }

    private void disturb(double factor) {
        reader.disturb(factor, this::readFails);
        if (writer != null) {
            writer.disturb(factor);
        }
    }

    /** The name of an endpoint's engines without their ranks. */
    static String engineId(HandoffSettings settings) {
        return settings.engineId() == null ? UUID.randomUUID().toString() : settings.engineId();
    }

    /** What Mooncake's bootstrap server tells: the engine of the rank, and where its GPUs listen. */
    private static byte[] query(int rank, EngineCard card) {
        ObjectNode engines = Json.object();
        ObjectNode workers = engines.putObject(Integer.toString(rank))
                .put("engine_id", card.engineId())
                .putObject("worker_addr");
        for (int gpu = 0; gpu < card.tensorParallel(); gpu++) {
            workers.putObject(Integer.toString(gpu)).put("0", "sim-" + rank + "-" + gpu);
        }
        return Json.bytes(engines);
    }

    private static HandoffAnswer.Generation generation(VersionPreset version) {
        return new HandoffAnswer.Generation(
                version.isAtLeast(17), version.isAtLeast(20), version.isAtLeast(24), version.isAtLeast(32));
    }

    static Deployment deployment(SimulatorSettings settings) {
        Deployment deployment = settings.deployment();
        return deployment == null ? HandoffSettings.USUAL : deployment;
    }

    private void ask(Address address, SideChannelRequest request, SideChannel.Answered then) {
        client.ask(address, request, response -> driver.execute(() -> then.accept(response, System.nanoTime())));
    }

    /** The port of its side channel. */
    int port() {
        return server.port();
    }

    /** What goes wrong here on purpose. */
    FaultListener troubles() {
        return troubles;
    }

    private boolean readFails() {
        return troubles.readFails();
    }

    NixlMeters meters() {
        return meters;
    }

    /** Hears what the engine does, on the driver's thread. */
    void hear(EngineEvent event) {
        meters.accept(event);
        holder.hear(event);
        reader.accept(event);
    }

    /** Which part of a request the engine is asked for. */
    TransferLeg leg(TransferFields transfer) {
        return dialect.leg(meetsInRooms ? transfer.bootstrap() : transfer.kv());
    }

    /**
     * To be called on the driver's thread when the engine has taken a request.
     *
     * @param readFails whether its blocks shall come in vain
     */
    void admitted(EngineRequest request, TransferLeg leg, boolean readFails, long now) {
        long requestId = request.id();
        Handoff handoff = leg.reads();
        if (handoff != null) {
            List<Long> hashes =
                    dialect.move() == BlockMove.LOOK_UP ? PromptBlocks.of(request, hasher, blockTokens) : List.of();
            reader.expect(requestId, handoff, hashes, now);
            if (readFails) {
                reader.failRead(requestId);
            }
        }
        if (leg instanceof TransferLeg.Prefill prefill && prefill.key() != null) {
            holder.promise(prefill.key(), requestId);
        } else if (leg instanceof TransferLeg.Incomplete) {
            meters.incompleteHandoff();
        }
    }

    /** Whether the blocks of a leg stay under a lease when it ends; where they can be looked up, host memory has them. */
    boolean holds(TransferLeg leg) {
        return leg instanceof TransferLeg.Prefill && dialect.move() != BlockMove.LOOK_UP;
    }

    /** The same sequence, whose cached tokens are those of the prefill leg if they were told. */
    Generation reporting(TransferLeg leg, Generation generation) {
        return reportsCached
                        && leg instanceof TransferLeg.Decode decode
                        && decode.handoff().cachedTokens().isPresent()
                ? new CachedElsewhere(
                        generation, decode.handoff().cachedTokens().getAsInt())
                : generation;
    }

    /**
     * The same route, but what the endpoint does not do is refused, and a request that is refused gives the blocks back
     * that are held for it.
     */
    Routes.Handler releasing(Routes.Handler handler) {
        return call -> {
            try {
                return accepted(handler.handle(call));
            } catch (ApiException e) {
                release(call);
                throw e;
            }
        };
    }

    private Reply accepted(Reply reply) {
        if (!(reply instanceof Reply.Generate generate)) {
            return reply;
        }
        return switch (leg(generate.transfer())) {
            case TransferLeg.Refused refused -> throw ApiException.badRequest(refused.reason(), null);
            case TransferLeg.Prefill _ -> dialect.prefillsOneToken() ? generate.withOneToken() : generate;
            case TransferLeg.Both _, TransferLeg.Decode _, TransferLeg.Incomplete _ -> generate;
        };
    }

    private void release(Call call) {
        try {
            if (Json.parse(call.body()) instanceof ObjectNode body
                    && leg(TransferFields.read(new RequestFields(body))) instanceof TransferLeg.Decode decode) {
                driver.execute(() -> reader.release(decode.handoff(), System.nanoTime()));
            }
        } catch (ApiException e) {
            // what cannot be read names no blocks
        }
    }

    /**
     * What the answer to a prefill leg tells about blocks; absent if none are held.
     *
     * @param choices of one prompt. As in vLLM the one that ended last is told, and nobody comes for the blocks of the
     *     others
     * @param faults that the request meets
     */
    @Nullable
    ObjectNode params(String answerId, List<Choice> choices, RequestFaults faults) {
        ObjectNode params = heldParams(answerId, choices);
        return params == null ? null : troubles.told(params, faults);
    }

    private @Nullable ObjectNode heldParams(String answerId, List<Choice> choices) {
        return choices.stream()
                .filter(choice -> dialect.answersTell() && held(choice) != null)
                .max(Comparator.comparingLong(HandoffPort::deadline).thenComparingInt(Choice::index))
                .map(choice -> params(choices.size() > 1 ? choice.index() + "_" + answerId : answerId, choice))
                .orElse(null);
    }

    private @Nullable ObjectNode params(String id, Choice choice) {
        SequenceEnd end = choice.end();
        HeldBlocks held = held(choice);
        return end == null || held == null
                ? null
                : answer.write(
                        holder.name(id, choice.engineId()),
                        held,
                        choice.produced() == 1 ? OptionalInt.of(end.cachedTokens()) : OptionalInt.empty());
    }

    private static @Nullable HeldBlocks held(Choice choice) {
        SequenceEnd end = choice.end();
        return end == null ? null : end.held();
    }

    private static long deadline(Choice choice) {
        HeldBlocks held = held(choice);
        return held == null ? Long.MIN_VALUE : held.deadline();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long advance(long now) {
        long next = reader.nextEventTime();
        if (next <= now) {
            reader.advance(now);
            next = reader.nextEventTime();
        }
        if (writer != null) {
            if (writer.nextEventTime() <= now) {
                writer.advance(now);
            }
            next = Math.min(next, writer.nextEventTime());
        }
        return next;
    }

    /** Nobody else ends the requests that wait for blocks, so that the engine ends with it. */
    @Override
    public void fail() {
        server.close();
        client.close();
        driver.drop(engine, new IllegalStateException("its side channel has failed"));
    }

    @Override
    public void close() {
        driver.remove(this);
        server.close();
        client.close();
    }
}
