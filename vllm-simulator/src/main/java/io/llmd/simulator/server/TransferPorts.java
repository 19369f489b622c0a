package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.fault.FaultKind;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.handoff.TransferLeg;
import io.llmd.simulator.metrics.NixlMeters;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Generation;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One engine's part in requests that several endpoints serve: KV blocks and embeddings, as far as it exchanges them. */
final class TransferPorts implements AutoCloseable {
    private static final TransferLeg BOTH = new TransferLeg.Both();

    private final @Nullable HandoffPort blocks;
    private final @Nullable EmbeddingPort embeddings;

    private TransferPorts(@Nullable HandoffPort blocks, @Nullable EmbeddingPort embeddings) {
        this.blocks = blocks;
        this.embeddings = embeddings;
    }

    /**
     * Opens what the settings ask for.
     *
     * @param engineId unique among the engines of all endpoints
     * @param rank of the engine within its endpoint; added to the ports
     * @param hasher of the engine
     * @throws java.io.UncheckedIOException if a port cannot be bound
     */
    static TransferPorts open(
            SimulatorSettings settings,
            String engineId,
            int rank,
            SimulatorRuntime runtime,
            RunningEngine engine,
            BlockHasher hasher) {
        HandoffPort blocks = settings.handoff().isConnected()
                ? HandoffPort.open(settings, engineId, rank, runtime, engine, hasher)
                : null;
        try {
            return new TransferPorts(blocks, EmbeddingPort.open(settings, rank, runtime, engine));
        } catch (RuntimeException e) {
            if (blocks != null) {
                blocks.close();
            }
            throw e;
        }
    }

    /** Hears what the engine does, on the driver's thread. */
    void hear(EngineEvent event) {
        if (blocks != null) {
            blocks.hear(event);
        }
    }

    /** Which part of a request the engine is asked for; both if it exchanges no blocks. */
    TransferLeg leg(Reply.Generate generate) {
        return blocks == null ? BOTH : blocks.leg(generate.transfer());
    }

    /** Whether the blocks of a leg stay under a lease when it ends. */
    boolean holds(TransferLeg leg) {
        return blocks != null && blocks.holds(leg);
    }

    /** What is to be done when the engine has taken a sequence. */
    ObjLongConsumer<Engine> admission(
            EngineRequest request,
            TransferLeg leg,
            Reply.Generate generate,
            List<MediaKey> media,
            RequestFaults faults) {
        boolean readFails = faults.has(FaultKind.HANDOFF_READ_FAILURE);
        ObjectNode offered = media.isEmpty() ? null : generate.transfer().ec();
        return (engine, now) -> {
            if (blocks != null) {
                blocks.admitted(request, leg, readFails, now);
            }
            if (embeddings != null && offered != null) {
                embeddings.admitted(request.id(), media, offered, engine);
            }
        };
    }

    /** The same sequence, telling cached tokens as its leg asks for. */
    Generation reporting(TransferLeg leg, Generation generation) {
        return blocks == null ? generation : blocks.reporting(leg, generation);
    }

    /**
     * Adds what other endpoints need to know to a complete answer.
     *
     * @param choices of the first prompt
     * @param media of the first prompt
     * @param faults that the request meets
     */
    void complete(
            ObjectNode body,
            Reply.Generate generate,
            List<Choice> choices,
            List<MediaKey> media,
            RequestFaults faults) {
        ObjectNode params = blocks == null || generate.transfer().kv() == null
                ? null
                : blocks.params(internalId(body), choices, faults);
        if (params != null) {
            body.set("kv_transfer_params", params);
        }
        ObjectNode offer = embeddings == null ? null : embeddings.params(media);
        if (offer != null) {
            body.set("ec_transfer_params", offer);
        }
    }

    /** The id inside of vLLM: completions number their prompts. */
    private static String internalId(ObjectNode body) {
        JsonNode id = body.get("id") == null ? body.get("request_id") : body.get("id");
        String answerId = id == null ? "" : id.asString();
        return answerId.startsWith("cmpl-") ? answerId + "-0" : answerId;
    }

    /** The same route, but a request that is refused gives back what is held for it. */
    Routes.Handler releasing(Routes.Handler handler) {
        return blocks == null ? handler : blocks.releasing(handler);
    }

    /** What goes wrong with the blocks on purpose; empty if it exchanges none. */
    List<FaultListener> troubles() {
        return blocks == null ? List.of() : List.of(blocks.troubles());
    }

    /** The meters of the connector; empty without one. */
    List<NixlMeters> meters() {
        return blocks == null ? List.of() : List.of(blocks.meters());
    }

    @Override
    public void close() {
        if (blocks != null) {
            blocks.close();
        }
        if (embeddings != null) {
            embeddings.close();
        }
    }
}
