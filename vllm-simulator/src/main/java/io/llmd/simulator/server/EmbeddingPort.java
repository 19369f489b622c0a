package io.llmd.simulator.server;

import io.llmd.simulator.config.EmbeddingSettings;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.handoff.Address;
import io.llmd.simulator.handoff.EmbeddingAnswer;
import io.llmd.simulator.handoff.EmbeddingOffer;
import io.llmd.simulator.handoff.EmbeddingReader;
import io.llmd.simulator.handoff.SideChannel;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.llmd.simulator.sidechannel.SideChannelClient;
import io.llmd.simulator.sidechannel.SideChannelServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One engine's part in requests whose media another endpoint encodes: the embeddings it gives and those it gets. Safe
 * from any thread where nothing else is said.
 */
final class EmbeddingPort implements Driven, AutoCloseable {
    private static final SideChannelResponse DONE = new SideChannelResponse.Done();
    private static final SideChannelResponse UNKNOWN = new SideChannelResponse.Refused("no such embeddings");

    private final String name;
    private final EngineDriver driver;
    private final RunningEngine engine;
    private final EmbeddingReader reader;
    private final SideChannelClient client;
    private final boolean takes;
    private final @Nullable SideChannelServer server;
    private final @Nullable EmbeddingAnswer answer;

    private EmbeddingPort(SimulatorSettings settings, int rank, SimulatorRuntime runtime, RunningEngine engine) {
        EmbeddingSettings embeddings = settings.handoff().embeddings();
        this.engine = engine;
        driver = runtime.driver();
        name = settings.servedModelName();
        takes = embeddings.takes();
        client = new SideChannelClient(runtime.eventLoops());
        reader = new EmbeddingReader(
                settings.handoff().transfer(), settings.engine().timeScale(), this::ask, new Outcomes());
        if (embeddings.gives()) {
            int port = embeddings.port();
            SideChannelServer listening = SideChannelServer.start(
                    embeddings.host(), port == 0 ? 0 : port + rank, runtime.eventLoops(), this::answer);
            server = listening;
            answer = new EmbeddingAnswer(
                    new Address(embeddings.host(), listening.port()),
                    HandoffPort.deployment(settings).model().hidden(),
                    settings.preset().isAtLeast(32) ? null : "sim-" + UUID.randomUUID());
        } else {
            server = null;
            answer = null;
        }
        driver.add(this);
    }

    /**
     * Opens the part of an engine; absent if it has none.
     *
     * @throws java.io.UncheckedIOException if its port cannot be bound
     */
    static @Nullable EmbeddingPort open(
            SimulatorSettings settings, int rank, SimulatorRuntime runtime, RunningEngine engine) {
        EmbeddingSettings embeddings = settings.handoff().embeddings();
        return embeddings.gives() || embeddings.takes() ? new EmbeddingPort(settings, rank, runtime, engine) : null;
    }

    /** To be called on the driver's thread when the engine has taken a request with media. */
    void admitted(long requestId, List<MediaKey> media, ObjectNode params, Engine current) {
        if (!takes) {
            return;
        }
        Map<String, MediaKey> missing = new LinkedHashMap<>();
        for (MediaKey item : media) {
            if (!current.hasEmbeddings(item.hash())) {
                missing.putIfAbsent(item.hash(), item);
            }
        }
        List<EmbeddingOffer> offers = EmbeddingOffer.read(params, List.copyOf(missing.values()));
        if (!offers.isEmpty() && current.hold(requestId)) {
            reader.expect(requestId, offers);
        }
    }

    /** What the answer tells about the media of a prompt; absent if it tells nothing. */
    @Nullable
    ObjectNode params(List<MediaKey> media) {
        return answer == null || media.isEmpty() ? null : answer.write(media);
    }

    private void answer(SideChannelRequest request, Consumer<SideChannelResponse> then) {
        if (request instanceof SideChannelRequest.Fetch fetch) {
            engine.later((current, now) -> then.accept(current.hasEmbeddings(fetch.hash()) ? DONE : UNKNOWN));
        } else {
            then.accept(new SideChannelResponse.Refused("only embeddings are here"));
        }
    }

    private void ask(Address address, SideChannelRequest request, SideChannel.Answered then) {
        client.ask(address, request, response -> driver.execute(() -> then.accept(response, System.nanoTime())));
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
        return next;
    }

    /** Nobody else ends the requests that wait for embeddings, so that the engine ends with it. */
    @Override
    public void fail() {
        closeSockets();
        driver.drop(engine, new IllegalStateException("its side channel for embeddings has failed"));
    }

    @Override
    public void close() {
        driver.remove(this);
        closeSockets();
    }

    private void closeSockets() {
        if (server != null) {
            server.close();
        }
        client.close();
    }

    private final class Outcomes implements EmbeddingReader.Outcomes {
        @Override
        public void arrived(MediaKey item) {
            engine.later((current, now) -> current.keepEmbeddings(item));
        }

        @Override
        public void ready(long requestId) {
            engine.later((current, now) -> current.release(requestId, now));
        }
    }
}
