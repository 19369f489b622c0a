package io.llmd.simulator.config;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EncoderSettings;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.VariedLatency;
import io.llmd.simulator.kvevents.BlockHashing;
import io.llmd.simulator.kvevents.KvEventSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Builds {@link SimulatorSettings}; what is not set keeps its default. Not thread-safe. */
public final class SimulatorSettingsBuilder {
    private String host = "127.0.0.1";
    private int port = 8000;
    private String model = "sim-8b";
    private List<String> servedModelNames = List.of();
    private final EngineDraft engine = new EngineDraft();
    private final LoraSettingsBuilder lora = new LoraSettingsBuilder();
    private final HandoffSettingsBuilder handoff = new HandoffSettingsBuilder();
    private final MetricsSettingsBuilder metrics = new MetricsSettingsBuilder();
    private OutputLength outputLength = new OutputLength.LogNormal(128, 0.8);
    private AdmissionSettings admission = AdmissionSettings.NONE;
    private FaultSettings faults = FaultSettings.NONE;
    private int maxBodyBytes = 64 << 20;
    private Duration idleTimeout = Duration.ofSeconds(75);
    private boolean promptTokensDetails = true;
    private @Nullable ErrorFormat errorFormat;
    private String version = "0.32.0";
    private int embeddingDimensions = 384;
    private int imageTokens = 256;
    private final ApiSettingsBuilder api = new ApiSettingsBuilder();
    private final AnswerSettingsBuilder answers = new AnswerSettingsBuilder();
    private @Nullable Path tokenizer;

    private final KvEventDraft kvEvents = new KvEventDraft();
    private final EndpointsDraft endpoints = new EndpointsDraft();
    private final ControlSettingsBuilder control = new ControlSettingsBuilder();

    SimulatorSettingsBuilder() {
        engine.change(handoff::applyTo);
    }

    /** Sets {@link SimulatorSettings#host()}. */
    public SimulatorSettingsBuilder host(String value) {
        host = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#port()}. */
    public SimulatorSettingsBuilder port(int value) {
        port = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#model()}. */
    public SimulatorSettingsBuilder model(String value) {
        model = value;
        return this;
    }

    /** What was set that changes nothing. */
    List<String> withoutEffect() {
        return handoff.withoutEffect();
    }

    /** Changes how the endpoint takes part in requests that several endpoints serve. */
    public SimulatorSettingsBuilder handoff(Consumer<HandoffSettingsBuilder> change) {
        change.accept(handoff);
        return this;
    }

    /** Sets {@link HandoffSettings#role()}; for {@link EndpointRole#ENCODE} the engine runs the encoder alone. */
    public SimulatorSettingsBuilder role(EndpointRole value) {
        handoff.role(value);
        return encoder(encoder -> encoder.withEncodeOnly(encoder.encodeOnly() || value == EndpointRole.ENCODE));
    }

    /** Sets {@link SimulatorSettings#servedModelNames()}. */
    public SimulatorSettingsBuilder servedModelNames(List<String> value) {
        servedModelNames = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxNumSeqs()}. */
    public SimulatorSettingsBuilder maxNumSeqs(int value) {
        engine.maxNumSeqs = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxNumBatchedTokens()}. */
    public SimulatorSettingsBuilder maxNumBatchedTokens(int value) {
        engine.maxNumBatchedTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#blockTokens()}. */
    public SimulatorSettingsBuilder blockSize(int value) {
        engine.blockTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#blocks()}. */
    public SimulatorSettingsBuilder kvBlocks(int value) {
        engine.blocks = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxModelLen()}. */
    public SimulatorSettingsBuilder maxModelLen(int value) {
        engine.change(builder -> builder.maxModelLen(value));
        return this;
    }

    /** Sets {@link EngineSettings#prefixCaching()}. */
    public SimulatorSettingsBuilder prefixCaching(boolean value) {
        engine.change(builder -> builder.prefixCaching(value));
        return this;
    }

    /** Sets {@link EngineSettings#latency()}. */
    public SimulatorSettingsBuilder latency(LatencyModel value) {
        engine.latency.replace(value);
        return this;
    }

    /** Sets {@link EngineSettings#timeScale()}. */
    public SimulatorSettingsBuilder timeScale(double value) {
        engine.change(builder -> builder.timeScale(value));
        return this;
    }

    /** Sets {@link EngineSettings#noiseCv()}. */
    public SimulatorSettingsBuilder noiseCv(double value) {
        engine.change(builder -> builder.noiseCv(value));
        return this;
    }

    /** Sets {@link SimulatorSettings#seed()}. */
    public SimulatorSettingsBuilder seed(long value) {
        engine.change(builder -> builder.seed(value));
        return this;
    }

    /** Sets {@link EngineSettingsBuilder#hashSeed}. */
    public SimulatorSettingsBuilder hashSeed(String value) {
        engine.change(builder -> builder.hashSeed(value));
        kvEvents.seed(value);
        return this;
    }

    /** Changes settings of KV events. */
    SimulatorSettingsBuilder kvEventDraft(Consumer<KvEventDraft> change) {
        change.accept(kvEvents);
        return this;
    }

    /** Sets {@link SimulatorSettings#outputLength()}. */
    public SimulatorSettingsBuilder outputLength(OutputLength value) {
        outputLength = value;
        return this;
    }

    /** Changes {@link SimulatorSettings#faults()}. */
    public SimulatorSettingsBuilder faults(UnaryOperator<FaultSettings> change) {
        faults = change.apply(faults);
        return this;
    }

    /** Sets {@link AdmissionSettings#maxWaiting()}. */
    public SimulatorSettingsBuilder maxWaitingQueueLength(int value) {
        admission = admission.withMaxWaiting(value);
        return this;
    }

    /** Sets {@link AdmissionSettings#maxSequences()}. */
    public SimulatorSettingsBuilder maxQueuedRequests(int value) {
        admission = admission.withMaxSequences(value);
        return this;
    }

    /** Sets {@link AdmissionSettings#maxPrefillTokens()}. */
    public SimulatorSettingsBuilder maxQueuedTokens(long value) {
        admission = admission.withMaxPrefillTokens(value);
        return this;
    }

    /** Sets {@link SimulatorSettings#maxBodyBytes()}. */
    public SimulatorSettingsBuilder maxBodyBytes(int value) {
        maxBodyBytes = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#idleTimeout()}. */
    public SimulatorSettingsBuilder idleTimeout(Duration value) {
        idleTimeout = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#promptTokensDetails()}. */
    public SimulatorSettingsBuilder promptTokensDetails(boolean value) {
        promptTokensDetails = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#errorFormat()}. */
    public SimulatorSettingsBuilder errorFormat(ErrorFormat value) {
        errorFormat = value;
        return this;
    }

    /** Sets the version that is emulated, see {@link VersionPreset}. */
    public SimulatorSettingsBuilder version(String value) {
        version = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#embeddingDimensions()}. */
    public SimulatorSettingsBuilder embeddingDimensions(int value) {
        embeddingDimensions = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#imageTokens()}. */
    public SimulatorSettingsBuilder imageTokens(int value) {
        imageTokens = value;
        return this;
    }

    /** Chooses step times and memory of a GPU; {@link #architecture} says of which model. */
    public SimulatorSettingsBuilder gpu(GpuModel value) {
        engine.gpu = value;
        return this;
    }

    /** Sets the shape of the model on a {@link #gpu}; by default what the model's name tells. */
    public SimulatorSettingsBuilder architecture(ModelArchitecture value) {
        engine.architecture = value;
        return this;
    }

    /** Sets {@link Deployment#tensorParallel()}. */
    public SimulatorSettingsBuilder tensorParallel(int value) {
        engine.tensorParallel = value;
        return this;
    }

    /** Sets {@link Deployment#weightBytes()}. */
    public SimulatorSettingsBuilder weightBytes(int value) {
        engine.weightBytes = value;
        return this;
    }

    /** Sets {@link Deployment#kvValueBytes()}. */
    public SimulatorSettingsBuilder kvValueBytes(int value) {
        engine.kvValueBytes = value;
        return this;
    }

    /** Sets the share of the GPU memory that the engine takes. */
    public SimulatorSettingsBuilder memoryUtilization(double value) {
        engine.memoryUtilization = value;
        return this;
    }

    /** Sets the engine's overhead of a step on a {@link #gpu}; by default what the version of vLLM has. */
    public SimulatorSettingsBuilder stepOverhead(Duration value) {
        engine.stepOverhead = value;
        return this;
    }

    /** Changes other settings of the engine. */
    public SimulatorSettingsBuilder engine(Consumer<EngineSettingsBuilder> change) {
        engine.change(change);
        return this;
    }

    /** Changes settings of the HTTP API. */
    public SimulatorSettingsBuilder api(Consumer<ApiSettingsBuilder> change) {
        change.accept(api);
        return this;
    }

    /** Changes {@link SimulatorSettings#answers()}. */
    public SimulatorSettingsBuilder answers(Consumer<AnswerSettingsBuilder> change) {
        change.accept(answers);
        return this;
    }

    /** Sets {@link SimulatorSettings#tokenizer()}. */
    public SimulatorSettingsBuilder tokenizer(@Nullable Path value) {
        tokenizer = value;
        return this;
    }

    /** Changes settings of LoRA adapters. */
    public SimulatorSettingsBuilder lora(Consumer<LoraSettingsBuilder> change) {
        change.accept(lora);
        return this;
    }

    /** Changes what the metrics page tells. */
    public SimulatorSettingsBuilder metrics(Consumer<MetricsSettingsBuilder> change) {
        change.accept(metrics);
        return this;
    }

    /** Changes settings of the encoder. */
    public SimulatorSettingsBuilder encoder(UnaryOperator<EncoderSettings> change) {
        engine.encoder = change.apply(engine.encoder);
        return this;
    }

    /** Sets {@link SimulatorSettings#kvEvents()}. */
    public SimulatorSettingsBuilder kvEvents(@Nullable KvEventSettings value) {
        kvEvents.settings(value);
        return this;
    }

    /** Sets {@link SimulatorSettings#blockHashing()}. */
    public SimulatorSettingsBuilder blockHashing(BlockHashing value) {
        kvEvents.hashing(value);
        return this;
    }

    /** Sets one constant time, keeping the other ones; the latency model becomes {@link LatencyModel.Constant}. */
    public SimulatorSettingsBuilder constantLatency(ConstantTime time, Duration value) {
        engine.latency.constant(time, value.toNanos());
        return this;
    }

    /** Chooses {@link LatencyModel.Constant}, keeping constant times that are set already; the others are 0. */
    public SimulatorSettingsBuilder constantLatency() {
        engine.latency.constant();
        return this;
    }

    /** Chooses which of the constant times make the step of a prompt. */
    public SimulatorSettingsBuilder latencyCalculator(LatencyCalculator value) {
        engine.latency.calculator(value);
        return this;
    }

    /** Sets {@link VariedLatency#factorUnderLoad()} of constant times. */
    public SimulatorSettingsBuilder timeFactorUnderLoad(double value) {
        engine.latency.factorUnderLoad(value);
        return this;
    }

    /** Chooses a latency model; constant times beside it are refused. */
    SimulatorSettingsBuilder latencyModel(LatencyModel value) {
        engine.latency.model(value);
        return this;
    }

    /**
     * Sets what an option names, see {@link SimulatorOption}.
     *
     * @throws IllegalArgumentException if the option is unknown or its value is bad
     */
    public SimulatorSettingsBuilder option(String name, String value) {
        SimulatorOption.of(name).apply(this, List.of(value));
        return this;
    }

    /** Sets how many endpoints {@link #buildAll} gives, on consecutive ports. */
    public SimulatorSettingsBuilder endpoints(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("endpoints: " + value + " (expected: >= 1)");
        }
        endpoints.endpoints = value;
        return this;
    }

    /** Sets {@link DataParallelSettings#size()}. */
    public SimulatorSettingsBuilder dataParallelSize(int value) {
        endpoints.ranks = value;
        return this;
    }

    /** Sets whether each rank is an endpoint of its own. */
    public SimulatorSettingsBuilder externalBalance(boolean value) {
        endpoints.externalBalance = value;
        return this;
    }

    /** Makes the endpoint one rank of those that are endpoints of their own. */
    public SimulatorSettingsBuilder dataParallelRank(int value) {
        endpoints.rank = value;
        return this;
    }

    /** Changes what operators may do to the running endpoint. */
    public SimulatorSettingsBuilder control(Consumer<ControlSettingsBuilder> change) {
        change.accept(control);
        return this;
    }

    /**
     * The settings of the first endpoint.
     *
     * @throws IllegalArgumentException naming the setting that is out of range
     */
    public SimulatorSettings build() {
        return build(endpoints.places().getFirst());
    }

    /**
     * The settings of all endpoints, in the order of their ports.
     *
     * @throws IllegalArgumentException naming the setting that is out of range
     */
    public List<SimulatorSettings> buildAll() {
        return endpoints.places().stream().map(this::build).toList();
    }

    private SimulatorSettings build(EndpointsDraft.Place place) {
        VersionPreset preset = VersionPreset.of(version);
        int ownPort = EndpointsDraft.shifted(port, place.portOffset());
        EventTopic topic =
                new EventTopic(host, ownPort, servedModelNames.isEmpty() ? model : servedModelNames.getFirst());
        KvEventSettings events = kvEvents.build(preset, topic);
        Deployment deployment = engine.deployment(model, preset);
        MetricsSettings metricsSettings = metrics.build();
        engine.blockSample = metricsSettings.blockSample();
        return new SimulatorSettings(
                host,
                ownPort,
                model,
                servedModelNames,
                engine.build(deployment, lora.adapters(), preset),
                deployment,
                outputLength,
                admission,
                maxBodyBytes,
                idleTimeout,
                promptTokensDetails,
                errorFormat == null ? preset.errorFormat() : errorFormat,
                preset,
                embeddingDimensions,
                imageTokens,
                api.build(),
                answers.build(),
                tokenizer,
                lora.build(),
                events == null ? null : events.ofReplica(place.engineOffset()),
                kvEvents.hashing(preset),
                handoff.build(preset, deployment).ofReplica(place.replica(), place.engineOffset()),
                engine.memoryUtilization,
                metricsSettings,
                faults,
                place.dataParallel(),
                control.build());
    }
}
