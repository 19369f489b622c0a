package io.llmd.scheduler.plugin.producer;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.key.KeyMode;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.YamlNode;
import io.llmd.scheduler.prefix.EngineEvents;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parameter records that precise producers of prefix matches share. */
final class PrecisePrefixParams {

    /** How blocks are hashed. */
    enum HashAlgorithm {
        CBOR_FNV,
        XXH64
    }

    /** Whose events are read. */
    enum EngineType {
        VLLM,
        SGLANG
    }

    /**
     * How prompts become blocks.
     *
     * @param blockSizeTokens tokens per block
     * @param blockSize deprecated name of {@code blockSizeTokens}; 0 when unused
     * @param hashSeed seed of the hash, as the engines have it
     * @param hashAlgorithm how blocks are hashed
     */
    record TokenProcessor(
            @Default("16") int blockSizeTokens,
            @Default("0") int blockSize,
            @Default("") String hashSeed,
            @Default("cbor-fnv") HashAlgorithm hashAlgorithm) {
        TokenProcessor {
            if (blockSizeTokens < 1) {
                throw new IllegalArgumentException("blockSizeTokens: " + blockSizeTokens + " (expected: >= 1)");
            }
            if (blockSize < 0) {
                throw new IllegalArgumentException("blockSize: " + blockSize + " (expected: >= 0)");
            }
            blockSizeTokens = blockSize > 0 ? blockSize : blockSizeTokens;
        }
    }

    /**
     * An index in memory.
     *
     * @param size most blocks
     * @param podCacheSize most endpoints per block
     */
    record InMemory(
            @Default("100000000") long size, @Default("10") int podCacheSize) {
        InMemory {
            requirePositive("size", size);
            requirePositive("podCacheSize", podCacheSize);
        }
    }

    /** An index in Redis. @param address where it is */
    record Redis(@Default("redis://127.0.0.1:6379") String address) {}

    /** An index in memory with a budget. @param size bytes */
    record CostAware(@Default("2GiB") String size) {
        private static final Pattern SIZE = Pattern.compile("(\\d+(\\.\\d+)?)\\s*([KMGT]i?)?B?");

        /** The size in bytes, at least 8 MiB. */
        long bytes() {
            Matcher matcher = SIZE.matcher(size);
            if (!matcher.matches()) {
                throw new IllegalStateException("checked in the constructor");
            }
            String unit = matcher.group(3);
            int power = unit == null ? 0 : "KMGT".indexOf(unit.charAt(0)) + 1;
            double factor = Math.pow(unit != null && unit.endsWith("i") ? 1024 : 1000, power);
            return Math.max(8L << 20, (long) (Double.parseDouble(matcher.group(1)) * factor));
        }

        CostAware {
            if (!SIZE.matcher(size).matches()) {
                throw new IllegalArgumentException("size: " + size + " (expected: bytes, such as 2GiB)");
            }
        }
    }

    /**
     * Where the index is; at most one of the three.
     *
     * @param inMemoryConfig in memory, bounded by entries
     * @param redisConfig in Redis
     * @param costAwareMemoryConfig in memory, bounded by bytes
     * @param enableMetrics whether look-ups are measured
     * @param metricsLoggingInterval how often figures are logged
     */
    record BlockIndex(
            @Nullable InMemory inMemoryConfig,
            @Nullable Redis redisConfig,
            @Nullable CostAware costAwareMemoryConfig,
            @Default("false") boolean enableMetrics,
            @Nullable Duration metricsLoggingInterval) {
        /** Bytes that a block takes in one tier, with what finds it. */
        private static final long BLOCK_BYTES = 24;

        private static final long MIN_BYTES = 8L << 20;
        private static final long DEFAULT_BYTES = 2L << 30;
        private static final long MAX_BLOCKS = 1L << 40;

        /** Memory of the index. */
        long maxBytes() {
            if (costAwareMemoryConfig != null) {
                return costAwareMemoryConfig.bytes();
            }
            return Math.max(
                    MIN_BYTES,
                    inMemoryConfig == null ? DEFAULT_BYTES : BLOCK_BYTES * Math.min(inMemoryConfig.size(), MAX_BLOCKS));
        }

        BlockIndex {
            int given = (inMemoryConfig == null ? 0 : 1)
                    + (redisConfig == null ? 0 : 1)
                    + (costAwareMemoryConfig == null ? 0 : 1);
            if (given > 1) {
                throw new IllegalArgumentException("kvBlockIndexConfig: " + given + " indexes (expected: one)");
            }
        }
    }

    /**
     * What a block is worth on one tier of storage.
     *
     * @param name tier, such as {@code gpu} or {@code cpu}
     * @param weight its worth, at most 1
     */
    record Backend(String name, double weight) {
        Backend {
            if (!(weight >= 0 && weight <= 1)) {
                throw new IllegalArgumentException("weight: " + weight + " (expected: in [0, 1])");
            }
        }
    }

    /**
     * The index.
     *
     * @param kvBlockIndexConfig where it is
     * @param kvCacheBackendConfigs worth of blocks by tier
     * @param tokenizersPoolConfig deprecated, without effect
     * @param prefixStoreConfig deprecated, without effect
     */
    record Indexer(
            BlockIndex kvBlockIndexConfig,
            List<Backend> kvCacheBackendConfigs,
            @Nullable YamlNode tokenizersPoolConfig,
            @Nullable YamlNode prefixStoreConfig) {
        private static final double[] DEFAULT_WEIGHTS = {1.0, 0.8, 0.5, 0.5};

        Indexer {
            kvCacheBackendConfigs = List.copyOf(kvCacheBackendConfigs);
        }

        /** What a block is worth, by ordinal of its tier. */
        double[] weights() {
            double[] weights = DEFAULT_WEIGHTS.clone();
            for (Backend backend : kvCacheBackendConfigs) {
                weights[StorageTier.ofMedium(backend.name()).ordinal()] = backend.weight();
            }
            return weights;
        }
    }

    /**
     * Which endpoints' events are read.
     *
     * @param podLabelSelector label selector of endpoints
     * @param podNamespace namespace of endpoints, empty for all
     * @param socketPort port of the events
     * @param replaySocketPort port that repeats events; 0 for none
     */
    record Discovery(
            @Default("") String podLabelSelector,
            @Default("") String podNamespace,
            @Default("5557") int socketPort,
            @Default("0") int replaySocketPort) {
        Discovery {
            requirePort("socketPort", socketPort, 1);
            requirePort("replaySocketPort", replaySocketPort, 0);
            PrecisePrefixCacheProducer.labels(podLabelSelector);
        }
    }

    /**
     * How events are read.
     *
     * @param zmqEndpoint address that engines connect to; empty when each is connected to
     * @param topicFilter beginning of the topics
     * @param concurrency readers
     * @param engineType whose events are read
     * @param discoverPods whether endpoints are connected to as they come
     * @param podDiscoveryConfig which endpoints
     */
    record Events(
            @Default("") String zmqEndpoint,
            @Default("kv@") String topicFilter,
            @Default("4") int concurrency,
            @Default("vllm") EngineType engineType,
            @Default("true") boolean discoverPods,
            Discovery podDiscoveryConfig) {
        private static final int MAX_TOPIC = 256;

        Events {
            requirePositive("concurrency", concurrency);
            if (topicFilter.length() > MAX_TOPIC) {
                throw new IllegalArgumentException(
                        "topicFilter: " + topicFilter.length() + " characters (expected: <= " + MAX_TOPIC + ")");
            }
        }

        /** Whose events are read and how they become blocks. */
        EngineEvents engineEvents(PrecisePrefixCacheProducer.Params params) {
            TokenProcessor processor = params.tokenProcessorConfig();
            return new EngineEvents(
                    processor.hashAlgorithm() == HashAlgorithm.XXH64 ? KeyMode.XXH64 : KeyMode.CBOR_FNV,
                    processor.hashSeed(),
                    params.modelName(),
                    processor.blockSizeTokens(),
                    engineType == EngineType.VLLM,
                    params.indexerConfig().kvBlockIndexConfig().maxBytes(),
                    topicFilter,
                    podDiscoveryConfig.socketPort(),
                    podDiscoveryConfig.replaySocketPort(),
                    PrecisePrefixCacheProducer.labels(podDiscoveryConfig.podLabelSelector()),
                    podDiscoveryConfig.podNamespace());
        }
    }

    private PrecisePrefixParams() {}

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }

    private static void requirePort(String name, int port, int least) {
        if (port < least || port > 65_535) {
            throw new IllegalArgumentException(name + ": " + port + " (expected: " + least + " to 65535)");
        }
    }
}
