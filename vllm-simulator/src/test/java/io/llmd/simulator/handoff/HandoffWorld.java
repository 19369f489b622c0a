package io.llmd.simulator.handoff;

import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineInvariants;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.HeldBlocks;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import io.llmd.simulator.metrics.NixlMeters;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Engines that hand blocks to each other, in virtual time over a network that tests can cut. Whenever an engine has done
 * something, its invariants hold.
 */
final class HandoffWorld {
    static final long MILLI = 1_000_000;
    static final long LEASE = 30_000 * MILLI;
    static final TransferModel NO_HANDSHAKE = TransferModel.ROCE_100G.withHandshakeNanos(0);
    static final Deployment LLAMA_70B = new Deployment(ModelArchitecture.LLAMA_70B, GpuModel.H100, 4, 2);

    private static final long NETWORK_NANOS = 20_000;

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Address, Node> listening = new HashMap<>();
    private final PriorityQueue<Delivery> network =
            new PriorityQueue<>(Comparator.comparingLong(Delivery::time).thenComparingLong(Delivery::order));
    private final HandoffDialect dialect;
    private final TransferSpread spread;
    private long deliveries;
    private long now;

    private record Delivery(long time, long order, Runnable action) {}

    HandoffWorld() {
        this(new NixlDialect(), TransferSpread.NONE);
    }

    HandoffWorld(HandoffDialect dialect) {
        this(dialect, TransferSpread.NONE);
    }

    HandoffWorld(HandoffDialect dialect, TransferSpread spread) {
        this.dialect = dialect;
        this.spread = spread;
    }

    long now() {
        return now;
    }

    Node node(String engineId, int port) {
        return node(engineId, port, LoadFailurePolicy.FAIL, NO_HANDSHAKE, "0.32.0");
    }

    Node node(String engineId, int port, LoadFailurePolicy policy, TransferModel transfer, String version) {
        Node node = new Node(engineId, new Address("sim", port), policy, transfer, version);
        nodes.add(node);
        listening.put(node.address, node);
        return node;
    }

    /** The engine is gone; nobody listens at its address until another one does. */
    void stop(Node node) {
        nodes.remove(node);
        listening.remove(node.address, node);
    }

    void advanceTo(long time) {
        for (long next = nextEvent(); next <= time; next = nextEvent()) {
            now = next;
            step();
        }
        now = time;
        step();
    }

    void runUntilIdle() {
        for (long next = nextEvent(); next != Long.MAX_VALUE; next = nextEvent()) {
            now = next;
            step();
        }
    }

    private long nextEvent() {
        long next = network.isEmpty() ? Long.MAX_VALUE : network.element().time();
        for (Node node : nodes) {
            next = Math.min(next, node.nextEventTime());
        }
        return Math.max(next, now);
    }

    private void step() {
        while (!network.isEmpty() && network.element().time() <= now) {
            network.remove().action().run();
        }
        for (Node node : List.copyOf(nodes)) {
            node.advance();
        }
    }

    private void deliver(Runnable action) {
        network.add(new Delivery(now + NETWORK_NANOS, deliveries++, action));
    }

    private void ask(Address holder, SideChannelRequest request, SideChannel.Answered then) {
        deliver(() -> {
            Node node = listening.get(holder);
            if (node == null) {
                deliver(() -> then.accept(new SideChannelResponse.Unreachable("nobody listens at " + holder), now));
            } else {
                node.asked.add(request);
                node.holder.answer(request, response -> deliver(() -> then.accept(response, now)));
            }
        });
    }

    /** One engine with both sides of the hand-over. */
    final class Node {
        final String engineId;
        final Address address;
        final EngineSettings settings;
        final Engine engine;
        final NixlMeters meters;
        final BlockHolder holder;
        final HandoffReader reader;
        final @Nullable BlockWriter writer;
        final List<EngineEvent> events = new ArrayList<>();
        final List<SideChannelRequest> asked = new ArrayList<>();
        private final Deque<Runnable> outcomes = new ArrayDeque<>();
        private final EngineSink sink = new EngineSink() {
            @Override
            public void accept(EngineEvent event) {
                hear(event);
            }

            @Override
            public boolean blocks() {
                return dialect.move() == BlockMove.LOOK_UP;
            }
        };
        private long ids;

        Node(String engineId, Address address, LoadFailurePolicy policy, TransferModel transfer, String version) {
            this.engineId = engineId;
            this.address = address;
            settings = EngineSettings.builder()
                    .blocks(2049)
                    .maxModelLen(32_768)
                    .latency(new LatencyModel.Constant(10 * MILLI, MILLI, 0, 0))
                    .leaseNanos(LEASE)
                    .loadFailure(policy)
                    .build();
            engine = new Engine(settings);
            EngineCard card = EngineCard.of(engineId, version, "sim-70b", LLAMA_70B, 16, dialect.move());
            KvConnector connector = dialect.move() == BlockMove.LOOK_UP ? KvConnector.OFFLOADING : KvConnector.NIXL;
            meters = new NixlMeters(connector, "sim-70b", 0, VersionPreset.of("0.32.0"), Instant.EPOCH);
            TransferTimes times = new TransferTimes(LLAMA_70B, transfer, spread, 0, 1, 16);
            writer = dialect.move() == BlockMove.PUSH
                    ? new BlockWriter(
                            times,
                            dialect instanceof MoriioDialect,
                            meters,
                            id -> outcomes.add(() -> engine.endLease(id, LeaseEnd.NOTIFIED, now)))
                    : null;
            holder = new BlockHolder(
                    card,
                    dialect,
                    LEASE * 2 / 3,
                    action -> {
                        engine.advance(now, sink);
                        action.accept(engine, now);
                    },
                    meters,
                    writer,
                    dialect.move() == BlockMove.LOOK_UP ? new HostTier(2000) : null);
            reader = new HandoffReader(
                    new HandoffReader.Reading(
                            card,
                            times,
                            dialect.move(),
                            dialect.answersTell() ? LEASE / 6 : 0,
                            dialect.answersTell() && writer == null ? 0 : 2 * LEASE,
                            true),
                    HandoffWorld.this::ask,
                    meters,
                    (id, tokens) -> outcomes.add(() -> ended(id, tokens)));
        }

        private void ended(long id, int tokens) {
            if (tokens == HandoffReader.Loads.FAILED) {
                engine.completeLoad(id, false, now);
            } else {
                engine.completePartialLoad(id, tokens, now);
            }
        }

        private long nextEventTime() {
            long next = Math.min(engine.nextEventTime(), reader.nextEventTime());
            return writer == null ? next : Math.min(next, writer.nextEventTime());
        }

        private void hear(EngineEvent event) {
            events.add(event);
            meters.accept(event);
            holder.hear(event);
            reader.accept(event);
        }

        private void advance() {
            boolean isDue = engine.nextEventTime() <= now;
            do {
                engine.advance(now, sink);
                reader.advance(now);
                if (writer != null) {
                    writer.advance(now);
                }
                for (Runnable outcome = outcomes.poll(); outcome != null; outcome = outcomes.poll()) {
                    outcome.run();
                }
            } while (nextEventTime() <= now);
            if (isDue) {
                EngineInvariants.check(engine);
            }
        }

        long prefill(int[] prompt) {
            return submit(prompt, 1, 0, dialect.move() != BlockMove.LOOK_UP);
        }

        /** A prefill leg whose blocks others know by a name already. */
        long prefill(int[] prompt, String key) {
            long id = prefill(prompt);
            holder.promise(key, id);
            return id;
        }

        long decode(int[] prompt, int outputs, Handoff handoff) {
            reader.expect(ids + 1, handoff, hashes(prompt), now);
            return submit(prompt, outputs, prompt.length, false);
        }

        private List<Long> hashes(int[] prompt) {
            return PromptBlocks.of(
                    EngineRequest.text(0, prompt, 1, index -> 7), settings.hasher(), settings.blockTokens());
        }

        long plain(int[] prompt, int outputs) {
            return submit(prompt, outputs, 0, false);
        }

        private long submit(int[] prompt, int outputs, int remoteTokens, boolean holdBlocks) {
            engine.advance(now, sink);
            long id = ++ids;
            engine.submit(
                    new EngineRequest(
                            id,
                            prompt,
                            outputs,
                            outputs,
                            FinishReason.LENGTH,
                            index -> 7,
                            0,
                            null,
                            null,
                            List.of(),
                            remoteTokens,
                            holdBlocks,
                            0),
                    now);
            return id;
        }

        boolean abort(long id) {
            engine.advance(now, sink);
            return engine.abort(id, now);
        }

        EngineEvent.Finished finished(long id) {
            return all(EngineEvent.Finished.class).stream()
                    .filter(end -> end.request().id() == id)
                    .findFirst()
                    .orElseThrow();
        }

        boolean hasFinished(long id) {
            return all(EngineEvent.Finished.class).stream()
                    .anyMatch(end -> end.request().id() == id);
        }

        /** What the answer of a prefill leg tells. */
        Handoff handoff(long id) {
            HeldBlocks held = finished(id).held();
            if (held == null) {
                throw new IllegalStateException("request " + id + " has no blocks held");
            }
            return new Handoff(
                    engineId, holder.name("cmpl-" + id, id), address, held.blocks().length, OptionalInt.empty());
        }

        <T extends EngineEvent> List<T> all(Class<T> type) {
            return events.stream().filter(type::isInstance).map(type::cast).toList();
        }

        /** Requests that wait to start reading, read, and have read. */
        List<Integer> stages() {
            return NixlMeters.scrape(List.of(meters))
                    .lines()
                    .filter(line -> line.startsWith("vllm:num_requests_kv_fetch_by_stage{"))
                    .map(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .toList();
        }

        double metric(String name) {
            return NixlMeters.scrape(List.of(meters))
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    static int[] prompt(int length, int seed) {
        int[] prompt = new int[length];
        for (int i = 0; i < length; i++) {
            prompt[i] = seed * 100_000 + i;
        }
        return prompt;
    }
}
