package io.llmd.simulator.config;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint takes part in requests that several endpoints serve.
 *
 * @param role what the endpoint is meant for
 * @param connector how KV blocks are exchanged
 * @param engineId name of the engine; a new one at each start if absent
 * @param sideChannelHost where the side channel listens, and what other endpoints are told
 * @param sideChannelPort TCP port of the side channel of the first engine, 0 for a free one; the others follow
 * @param heartbeats whether the endpoint extends leases while its requests wait
 * @param checkCompatibility whether blocks of engines with another model or version are left alone
 * @param transfer how long reading takes
 * @param spread of the single times of reading
 * @param offloadBytes host memory whose blocks other endpoints may read, where the connector is for that
 * @param cacheHitThreshold share of a prompt that must be cached if the request does not say, in [0, 1]
 * @param embeddings the part in requests whose media another endpoint encodes
 */
public record HandoffSettings(
        EndpointRole role,
        KvConnector connector,
        @Nullable String engineId,
        String sideChannelHost,
        int sideChannelPort,
        boolean heartbeats,
        boolean checkCompatibility,
        TransferModel transfer,
        TransferSpread spread,
        long offloadBytes,
        double cacheHitThreshold,
        EmbeddingSettings embeddings) {
    /** What is read if no model on a GPU is given: blocks of Llama-3.1-8B on one GPU. */
    public static final Deployment USUAL = new Deployment(ModelArchitecture.LLAMA_8B, GpuModel.H100, 1, 2);

    public HandoffSettings {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(connector, "connector");
        Objects.requireNonNull(transfer, "transfer");
        Objects.requireNonNull(spread, "spread");
        Objects.requireNonNull(embeddings, "embeddings");
        if (!(cacheHitThreshold >= 0 && cacheHitThreshold <= 1)) {
            throw new IllegalArgumentException("cacheHitThreshold: " + cacheHitThreshold + " (expected: 0 to 1)");
        }
        if (connector == KvConnector.SGLANG && role != EndpointRole.PREFILL && role != EndpointRole.DECODE) {
            throw new IllegalArgumentException("role: " + role + " (expected: PREFILL or DECODE, with sglang)");
        }
        if (offloadBytes < 1) {
            throw new IllegalArgumentException("offloadBytes: " + offloadBytes + " (expected: >= 1)");
        }
        if (sideChannelHost.isBlank()) {
            throw new IllegalArgumentException("sideChannelHost: blank (expected: a host)");
        }
        if (sideChannelPort < 0 || sideChannelPort > 65_535) {
            throw new IllegalArgumentException("sideChannelPort: " + sideChannelPort + " (expected: 0 to 65535)");
        }
        if (engineId != null && engineId.isBlank()) {
            throw new IllegalArgumentException("engineId: blank (expected: a name)");
        }
    }

    /**
     * The part of another replica that runs beside this one.
     *
     * @param replica counts replicas from 0
     * @param engineOffset engines before those of the replica
     */
    HandoffSettings ofReplica(int replica, int engineOffset) {
        return new HandoffSettings(
                role,
                connector,
                engineId == null || replica == 0 ? engineId : engineId + "-" + replica,
                sideChannelHost,
                EndpointsDraft.shifted(sideChannelPort, engineOffset),
                heartbeats,
                checkCompatibility,
                transfer,
                spread,
                offloadBytes,
                cacheHitThreshold,
                embeddings.atPort(EndpointsDraft.shifted(embeddings.port(), engineOffset)));
    }

    /** Whether blocks are exchanged at all. */
    public boolean isConnected() {
        return connector != KvConnector.NONE;
    }
}
