package io.llmd.kvindex.config;

import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmtpSettings;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.lane.RemovalMode;
import io.llmd.kvindex.ingest.EngineSource;
import io.llmd.kvindex.query.TierWeights;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the KV index.
 *
 * @param pool name of the pool: endpoints of one model family with one block size
 * @param model base model's name as requests have it; may be empty where engines are read directly, and nobody asks by keys
 * @param blockTokens tokens per block
 * @param keyMode how block keys are computed; the same in all processes
 * @param seed part of every key; the same in all processes
 * @param removalMode what one removal event means: a copy is gone (vLLM), or all copies are (SGLang)
 * @param offloadChunkBlocks engine blocks that an event outside of the GPU stands for when it has no tokens
 * @param maxSize memory for blocks; the blocks stored first are forgotten when it is used up
 * @param sources engines that never change
 * @param endpointsFile endpoints file, as the scheduler reads it; labels name the ports of KV events
 * @param watchInterval how often the file is looked at
 * @param kubernetes engines of pods of a cluster
 * @param readyAfter when the service counts as ready although engines cannot be reached
 * @param weights what a block is worth by the fastest tier that holds it
 * @param snapshotFile file that keeps what engines hold over a restart; none when unset, and with Kafka
 * @param snapshotInterval time between two of these snapshots
 * @param http the HTTP door
 * @param kafka how several processes share the work
 */
@Validated
@ConfigurationProperties(prefix = "kv-index", ignoreUnknownFields = false)
public record KvIndexProperties(
        @NotBlank @DefaultValue("default") String pool,
        @NotNull @DefaultValue("") String model,
        @Min(1) @DefaultValue("16") int blockTokens,
        @NotNull @DefaultValue("xxh64") KeyMode keyMode,
        @NotNull @DefaultValue("") String seed,
        @NotNull @DefaultValue("physical") RemovalMode removalMode,

        @Min(1) @Max(CopyCounting.MAX_CHUNK_BLOCKS) @DefaultValue("1")
        int offloadChunkBlocks,

        @NotNull @DefaultValue("2GB") DataSize maxSize,
        @DefaultValue List<@Valid Source> sources,
        @Nullable Path endpointsFile,
        @NotNull @DefaultValue("500ms") Duration watchInterval,
        @Valid @DefaultValue Kubernetes kubernetes,
        @NotNull @DefaultValue("10s") Duration readyAfter,
        @Valid @DefaultValue Weights weights,
        @Nullable Path snapshotFile,
        @NotNull @DefaultValue("60s") Duration snapshotInterval,
        @Valid @DefaultValue Http http,
        @Valid @DefaultValue Kafka kafka) {

    public KvIndexProperties {
        sources = List.copyOf(sources);
        requirePositive("kv-index.watch-interval", watchInterval);
        requirePositive("kv-index.snapshot-interval", snapshotInterval);
        if (kubernetes.enabled() && endpointsFile != null) {
            throw new IllegalArgumentException("kv-index.endpoints-file: " + endpointsFile
                    + " beside kv-index.kubernetes.enabled (expected: one of them)");
        }
        if (kafka.isUsed() && snapshotFile != null) {
            throw new IllegalArgumentException(
                    "kv-index.snapshot-file: " + snapshotFile + " (expected: none with Kafka, where snapshots are)");
        }
        if (kafka.isUsed() && model.isEmpty()) {
            throw new IllegalArgumentException("kv-index.model: empty (expected: a name, with Kafka)");
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    PoolSettings poolSettings() {
        return new PoolSettings(
                keyMode,
                seed,
                model,
                blockTokens,
                removalMode,
                offloadChunkBlocks,
                new IndexSettings(maxSize.toBytes()),
                ZmtpSettings.DEFAULT);
    }

    /** All ranks of the engines that never change. */
    List<EngineSource> engines() {
        List<EngineSource> engines = new ArrayList<>();
        for (Source source : sources) {
            EngineSource first = source.first();
            for (int rank = 0; rank < source.ranks(); rank++) {
                engines.add(first.ofRank(rank));
            }
        }
        return engines;
    }

    /**
     * An engine that never changes.
     *
     * @param endpoint id of the endpoint, as answers name it
     * @param address {@code host:port} where its first rank publishes
     * @param replayAddress {@code host:port} where its first rank replays; none when unset
     * @param ranks data-parallel ranks, each on the next port
     */
    public record Source(
            @NotBlank String endpoint,
            @NotBlank String address,
            @DefaultValue("") String replayAddress,
            @Min(1) @Max(1024) @DefaultValue("1") int ranks) {

        EngineSource first() {
            return new EngineSource(
                    endpoint,
                    0,
                    ZmqAddress.parse(address),
                    replayAddress.isEmpty() ? null : ZmqAddress.parse(replayAddress));
        }
    }

    /**
     * Engines of the pods that serve, in the cluster that the process runs in or that the environment variable KUBECONFIG names. Ids
     * are those that the scheduler gives endpoints, whose selector and ports have to be the same.
     *
     * @param enabled whether engines are pods of a cluster
     * @param namespace namespace of the pods; the environment variable NAMESPACE, or else that of the process, when unset
     * @param endpointSelector labels of the pods, as for kubectl
     * @param endpointTargetPorts ports that the pods serve on, in the order of their ranks
     * @param eventPort port of KV events of a pod's first rank where no label says it; those of others follow
     * @param replayPort port that repeats these; 0 for none
     * @param resync time after which everything is listed again although nothing seems wrong
     */
    public record Kubernetes(
            @DefaultValue("false") boolean enabled,
            @Nullable String namespace,
            @NotNull @DefaultValue("") String endpointSelector,
            @NotEmpty @Size(max = 8) @DefaultValue("8000") List<@Min(1) @Max(65_535) Integer> endpointTargetPorts,

            @Min(1) @Max(65_535) @DefaultValue("5557") int eventPort,
            @Min(0) @Max(65_535) @DefaultValue("0") int replayPort,
            @NotNull @DefaultValue("60s") Duration resync) {

        public Kubernetes {
            endpointTargetPorts = List.copyOf(endpointTargetPorts);
            requirePositive("kv-index.kubernetes.resync", resync);
            if (enabled && endpointSelector.isBlank()) {
                throw new IllegalArgumentException(
                        "kv-index.kubernetes.endpoint-selector: empty (expected: labels such as app=vllm)");
            }
        }
    }

    /**
     * What a block is worth, in [0, 1].
     *
     * @param gpu in an accelerator's memory
     * @param cpu in the host's memory
     * @param disk on a disk of the host
     * @param storage in storage that endpoints may share
     */
    public record Weights(
            @DefaultValue("1.0") double gpu,
            @DefaultValue("0.8") double cpu,
            @DefaultValue("0.5") double disk,
            @DefaultValue("0.5") double storage) {

        TierWeights tiers() {
            return new TierWeights(gpu, cpu, disk, storage);
        }
    }

    /**
     * The HTTP door.
     *
     * @param maxBodySize body of one query
     * @param maxSnapshotSize body of a snapshot to go on from
     */
    public record Http(
            @NotNull @DefaultValue("4MB") DataSize maxBodySize,
            @NotNull @DefaultValue("2GB") DataSize maxSnapshotSize) {}

    /** What a process does for a pool that is carried over Kafka. */
    public enum Role {
        /** Reads engines and publishes what changes. */
        OWNER,
        /** Keeps an index from what owners publish, and answers queries. */
        REPLICA
    }

    /**
     * How several processes share the work.
     *
     * @param bootstrapServers Kafka brokers; without any this process reads its engines for itself alone
     * @param clientProperties further properties of the Kafka clients, for instance for TLS and SASL
     * @param roles what this process does
     * @param ownerName name among the owners, unlike any other's; made from the host's name when empty
     * @param replication copies of each partition of new topics; 0 leaves it to the brokers
     * @param expectedLanes data-parallel ranks that new topics are made for; more make them grow
     * @param snapshotInterval time between two snapshots of what one rank holds
     */
    public record Kafka(
            @DefaultValue("") String bootstrapServers,
            @DefaultValue Map<String, String> clientProperties,
            @DefaultValue({"owner", "replica"}) Set<Role> roles,
            @DefaultValue("") String ownerName,
            @Min(0) @Max(32) @DefaultValue("0") int replication,
            @Min(0) @DefaultValue("0") int expectedLanes,
            @NotNull @DefaultValue("60s") Duration snapshotInterval) {

        public Kafka {
            clientProperties = Map.copyOf(clientProperties);
            roles = Set.copyOf(roles);
            requirePositive("kv-index.kafka.snapshot-interval", snapshotInterval);
            if (!bootstrapServers.isBlank() && roles.isEmpty()) {
                throw new IllegalArgumentException("kv-index.kafka.roles: none (expected: owner, replica or both)");
            }
        }

        boolean isUsed() {
            return !bootstrapServers.isBlank();
        }

        /** The owner's name, or one that no other process and no former life of this one has. */
        String uniqueName() {
            return ownerName.isBlank() ? hostName() + "-" + UUID.randomUUID() : ownerName;
        }

        private static String hostName() {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "unknown";
            }
        }
    }
}
