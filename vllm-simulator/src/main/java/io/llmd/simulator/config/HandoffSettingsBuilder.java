package io.llmd.simulator.config;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import io.llmd.simulator.engine.VariedLatency;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Builds {@link HandoffSettings} and what the engine needs for them. Not thread-safe. */
public final class HandoffSettingsBuilder {
    private static final double IMMEDIATE = 1e18;

    private EndpointRole role = EndpointRole.BOTH;
    private @Nullable KvConnector connector;
    private @Nullable KvTransferConfig transferConfig;
    private @Nullable String engineId;
    private String sideChannelHost = "localhost";
    private final Map<KvConnector, Integer> ports = new EnumMap<>(KvConnector.class);
    private long offloadBytes = 8L << 30;
    private @Nullable Duration lease;
    private @Nullable Boolean heartbeats;
    private @Nullable Boolean checkCompatibility;
    private @Nullable LoadFailurePolicy loadFailure;
    private TransferModel transfer = TransferModel.ROCE_100G;
    private @Nullable Duration fixedTransfer;
    private @Nullable Duration transferPerToken;
    private Duration fixedTransferDeviation = Duration.ZERO;
    private Duration transferPerTokenDeviation = Duration.ZERO;
    private double cacheHitThreshold;
    private @Nullable Boolean embeddings;
    private @Nullable Boolean givesEmbeddings;
    private @Nullable Boolean takesEmbeddings;
    private String embeddingHost = "localhost";
    private int embeddingPort = 5601;

    HandoffSettingsBuilder() {}

    /** Sets {@link HandoffSettings#role()}. */
    public HandoffSettingsBuilder role(EndpointRole value) {
        role = value;
        return this;
    }

    /** Sets {@link HandoffSettings#connector()}. */
    public HandoffSettingsBuilder connector(KvConnector value) {
        connector = value;
        return this;
    }

    /** Sets what vLLM's option for all of this says; settings that say something else are a contradiction. */
    HandoffSettingsBuilder transferConfig(KvTransferConfig value) {
        transferConfig = value;
        return this;
    }

    /** What was set that changes nothing. */
    List<String> withoutEffect() {
        return transferConfig == null
                ? List.of()
                : transferConfig.withoutEffect().stream()
                        .map("kv-transfer-config: kv_connector_extra_config."::concat)
                        .toList();
    }

    /** Sets {@link HandoffSettings#engineId()}. */
    public HandoffSettingsBuilder engineId(String value) {
        engineId = value;
        return this;
    }

    /** Sets {@link HandoffSettings#sideChannelHost()}. */
    public HandoffSettingsBuilder sideChannelHost(String value) {
        sideChannelHost = value;
        return this;
    }

    /** Sets {@link HandoffSettings#sideChannelPort()} where NIXL carries the blocks. */
    public HandoffSettingsBuilder sideChannelPort(int value) {
        return sideChannelPort(KvConnector.NIXL, value).sideChannelPort(KvConnector.NIXL_PUSH, value);
    }

    /** Sets {@link HandoffSettings#sideChannelPort()} for a connector. */
    public HandoffSettingsBuilder sideChannelPort(KvConnector ofConnector, int value) {
        if (value < 0 || value > 65_535) {
            throw new IllegalArgumentException("sideChannelPort: " + value + " (expected: 0 to 65535)");
        }
        ports.put(ofConnector, value);
        return this;
    }

    /** Sets {@link HandoffSettings#offloadBytes()}. */
    public HandoffSettingsBuilder offloadBytes(long value) {
        offloadBytes = value;
        return this;
    }

    /** Sets how long blocks are held for another endpoint; by default what the version of vLLM does. */
    public HandoffSettingsBuilder lease(Duration value) {
        lease = requirePositive(value);
        return this;
    }

    private static Duration requirePositive(Duration lease) {
        if (!lease.isPositive()) {
            throw new IllegalArgumentException("lease: " + lease + " (expected: > 0)");
        }
        return lease;
    }

    /** Sets {@link HandoffSettings#heartbeats()}; by default what the version of vLLM does. */
    public HandoffSettingsBuilder heartbeats(boolean value) {
        heartbeats = value;
        return this;
    }

    /** Sets {@link HandoffSettings#checkCompatibility()}. */
    public HandoffSettingsBuilder checkCompatibility(boolean value) {
        checkCompatibility = value;
        return this;
    }

    /** Sets what a failed load of blocks leads to. */
    public HandoffSettingsBuilder loadFailure(LoadFailurePolicy value) {
        loadFailure = value;
        return this;
    }

    /** Sets {@link HandoffSettings#transfer()}. */
    public HandoffSettingsBuilder transfer(TransferModel value) {
        transfer = value;
        return this;
    }

    /** Chooses a network by its name; the time of the handshake stays. */
    public HandoffSettingsBuilder fabric(TransferFabric value) {
        return transfer(value.on(transfer));
    }

    /** Sets the time of the first contact between two engines; the rest of {@link #transfer} stays. */
    public HandoffSettingsBuilder handshake(Duration value) {
        return transfer(transfer.withHandshakeNanos(value.toNanos()));
    }

    /** Sets the fixed time of a transfer; the rest of {@link #transfer} stays. */
    public HandoffSettingsBuilder transferBase(Duration value) {
        return transfer(new TransferModel(
                value.toNanos(), transfer.descriptorNanos(), transfer.bytesPerSecond(), transfer.handshakeNanos()));
    }

    /** Sets the time of one descriptor of a transfer; the rest of {@link #transfer} stays. */
    public HandoffSettingsBuilder transferDescriptor(Duration value) {
        return transfer(new TransferModel(
                transfer.baseNanos(), value.toNanos(), transfer.bytesPerSecond(), transfer.handshakeNanos()));
    }

    /** Sets what one GPU's network interface carries; the rest of {@link #transfer} stays. */
    public HandoffSettingsBuilder transferBytesPerSecond(double value) {
        return transfer(
                new TransferModel(transfer.baseNanos(), transfer.descriptorNanos(), value, transfer.handshakeNanos()));
    }

    /** Sets {@link EmbeddingSettings#gives()}. */
    public HandoffSettingsBuilder givesEmbeddings(boolean value) {
        givesEmbeddings = value;
        return this;
    }

    /** Sets {@link EmbeddingSettings#takes()}. */
    public HandoffSettingsBuilder takesEmbeddings(boolean value) {
        takesEmbeddings = value;
        return this;
    }

    /** Exchanges embeddings in the direction that the role asks for, or does not; by default encoding endpoints do. */
    public HandoffSettingsBuilder exchangesEmbeddings(boolean value) {
        embeddings = value;
        return this;
    }

    /** Sets {@link EmbeddingSettings#host()}. */
    public HandoffSettingsBuilder embeddingHost(String value) {
        embeddingHost = value;
        return this;
    }

    /** Sets {@link EmbeddingSettings#port()}. */
    public HandoffSettingsBuilder embeddingPort(int value) {
        embeddingPort = value;
        return this;
    }

    private EmbeddingSettings embeddingSettings() {
        boolean encodes = role == EndpointRole.ENCODE;
        boolean wanted = embeddings == null ? encodes : embeddings;
        if (Boolean.FALSE.equals(embeddings)
                && (Boolean.TRUE.equals(givesEmbeddings) || Boolean.TRUE.equals(takesEmbeddings))) {
            throw new IllegalArgumentException(
                    "ec-connector: none, beside an ec-transfer-config with a connector" + " (expected: one of both)");
        }
        return new EmbeddingSettings(
                givesEmbeddings == null ? wanted && encodes : givesEmbeddings,
                takesEmbeddings == null ? wanted && !encodes : takesEmbeddings,
                embeddingHost,
                embeddingPort);
    }

    /** Makes reading take a fixed time, whatever is read, as llm-d-inference-sim does. */
    public HandoffSettingsBuilder fixedTransfer(Duration value) {
        fixedTransfer = value;
        return this;
    }

    /** Makes reading take a time for each token, as llm-d-inference-sim does. */
    public HandoffSettingsBuilder transferPerToken(Duration value) {
        transferPerToken = value;
        return this;
    }

    /** Sets the standard deviation of {@link #fixedTransfer}. */
    public HandoffSettingsBuilder fixedTransferDeviation(Duration value) {
        fixedTransferDeviation = value;
        return this;
    }

    /** Sets the standard deviation of what {@link #transferPerToken} comes to for all tokens of a request. */
    public HandoffSettingsBuilder transferPerTokenDeviation(Duration value) {
        transferPerTokenDeviation = value;
        return this;
    }

    /** Sets {@link HandoffSettings#cacheHitThreshold()}. */
    public HandoffSettingsBuilder cacheHitThreshold(double value) {
        cacheHitThreshold = value;
        return this;
    }

    private TransferSpread spread() {
        long mean = fixedTransfer == null ? 0 : fixedTransfer.toNanos();
        if (fixedTransferDeviation.toNanos() > VariedLatency.LARGEST_SHARE * mean) {
            throw new IllegalArgumentException("kv-cache-transfer-latency-std-dev: " + fixedTransferDeviation
                    + " (expected: at most 30 % of kv-cache-transfer-latency)");
        }
        if (transferPerToken == null && transferPerTokenDeviation.isPositive()) {
            throw new IllegalArgumentException("kv-cache-transfer-time-std-dev: " + transferPerTokenDeviation
                    + " (expected: with kv-cache-transfer-time-per-token)");
        }
        return new TransferSpread(fixedTransferDeviation.toNanos(), transferPerTokenDeviation.toNanos());
    }

    private TransferModel transferModel(@Nullable Deployment deployment) {
        if (fixedTransfer == null && transferPerToken == null) {
            return transfer;
        }
        if (!transfer.withHandshakeNanos(0).equals(TransferModel.ROCE_100G.withHandshakeNanos(0))) {
            throw new IllegalArgumentException("transfer: of a network, and constant (expected: one of both)");
        }
        long base = fixedTransfer == null ? 0 : fixedTransfer.toNanos();
        double secondsPerToken = transferPerToken == null ? 0 : transferPerToken.toNanos() / 1e9;
        long bytes = TransferModel.bytesPerGpu(deployment == null ? HandoffSettings.USUAL : deployment, 1);
        return new TransferModel(
                base, 0, secondsPerToken == 0 ? IMMEDIATE : bytes / secondsPerToken, transfer.handshakeNanos());
    }

    private KvConnector chosenConnector() {
        return agreed("kv-connector", connector, configured(KvTransferConfig::connector), KvConnector.NONE);
    }

    private @Nullable Duration chosenLease() {
        return agreed("kv-lease-duration", lease, configured(KvTransferConfig::lease));
    }

    private <T> @Nullable T configured(Function<KvTransferConfig, @Nullable T> part) {
        return transferConfig == null ? null : part.apply(transferConfig);
    }

    private static <T> T agreed(String option, @Nullable T given, @Nullable T configured, T otherwise) {
        T one = agreed(option, given, configured);
        return one == null ? otherwise : one;
    }

    private static <T> @Nullable T agreed(String option, @Nullable T given, @Nullable T configured) {
        if (given != null && configured != null && !given.equals(configured)) {
            throw new IllegalArgumentException(
                    option + ": " + given + ", kv-transfer-config: " + configured + " (expected: one of both)");
        }
        return given == null ? configured : given;
    }

    HandoffSettings build(VersionPreset version, @Nullable Deployment deployment) {
        KvConnector chosen = chosenConnector();
        return new HandoffSettings(
                role,
                chosen,
                agreed("engine id", engineId, configured(KvTransferConfig::engineId)),
                sideChannelHost,
                ports.getOrDefault(chosen, chosen.port()),
                heartbeats == null ? chosen.isNixl() && version.hasLeaseHeartbeats() : heartbeats,
                agreed(
                        "check of compatibility",
                        checkCompatibility,
                        configured(KvTransferConfig::checkCompatibility),
                        true),
                transferModel(deployment),
                spread(),
                offloadBytes,
                cacheHitThreshold,
                embeddingSettings());
    }

    void applyTo(EngineSettingsBuilder engine) {
        engine.loadFailure(agreed(
                "kv-load-failure-policy",
                loadFailure,
                configured(KvTransferConfig::loadFailure),
                LoadFailurePolicy.FAIL));
        Duration chosen = chosenLease();
        if (chosen == null) {
            chosenConnector().lease().ifPresent(usual -> engine.leaseNanos(usual.toNanos()));
        } else {
            engine.leaseNanos(requirePositive(chosen).toNanos());
        }
    }
}
