package io.llmd.scheduler.config;

import io.llmd.contracts.scaling.RequestOutcomes;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.scheduler.api.extproc.ExtProcServer;
import io.llmd.scheduler.api.extproc.ExtProcSettings;
import io.llmd.scheduler.api.extproc.ServingIdentity;
import io.llmd.scheduler.datalayer.ScrapeSettings;
import io.llmd.scheduler.discovery.kube.ServingPool;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.latency.RemotePredictorSettings;
import io.llmd.scheduler.prefix.KvIndexSource;
import io.llmd.scheduler.scheduling.GuardSettings;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the scheduler.
 *
 * @param configFile scheduling configuration (EndpointPickerConfig); the built-in one when unset
 * @param configReloadInterval how often the configuration file is looked at for changes
 * @param allowExperimentalPlugins whether plugin types that llm-d calls alpha may be used
 * @param pool name of the pool in meters
 * @param objectives priority of each inference objective by name; objectives that are not listed have priority 0
 * @param resourceFiles file, or directory of files, with InferenceObjective and InferenceModelRewrite resources
 * @param metrics how metrics of endpoints are read
 * @param discovery where endpoints come from unless the scheduling configuration says it
 * @param leases bounds of attempts in flight
 * @param latencyPredictor servers that predict latencies, where predicted-latency-producer asks them
 * @param http the HTTP door
 * @param extProc the door for proxies
 * @param decisions records of decisions
 * @param drain how the scheduler stops
 * @param replicas how several schedulers of one pool tell each other their load
 * @param outcomes where it is told what became of requests
 * @param kvIndex where exact knowledge of endpoints' caches comes from
 * @param meters names of meters
 * @param plugins when plugins that fail or hang are left alone
 */
@Validated
@ConfigurationProperties(prefix = "scheduler", ignoreUnknownFields = false)
public record SchedulerProperties(
        @Nullable Path configFile,
        @NotNull @DefaultValue("1s") Duration configReloadInterval,
        @DefaultValue("false") boolean allowExperimentalPlugins,
        @NotBlank @DefaultValue("default") String pool,
        @DefaultValue Map<String, Integer> objectives,
        @Nullable Path resourceFiles,
        @Valid @DefaultValue Metrics metrics,
        @Valid @DefaultValue Discovery discovery,
        @Valid @DefaultValue Leases leases,
        @Valid @DefaultValue LatencyPredictor latencyPredictor,
        @Valid @DefaultValue Http http,
        @Valid @DefaultValue ExtProc extProc,
        @Valid @DefaultValue Decisions decisions,
        @Valid @DefaultValue Drain drain,
        @Valid @DefaultValue Replicas replicas,
        @Valid @DefaultValue Outcomes outcomes,
        @Valid @DefaultValue KvIndex kvIndex,
        @Valid @DefaultValue Meters meters,
        @Valid @DefaultValue Plugins plugins) {
    public SchedulerProperties {
        objectives = Map.copyOf(objectives);
        requirePositive("scheduler.config-reload-interval", configReloadInterval);
    }

    /**
     * @param linger how long requests are still taken after readiness went off
     * @param timeout how long requests that wait may take to be placed
     */
    public record Drain(
            @NotNull @DefaultValue("0s") Duration linger,
            @NotNull @DefaultValue("20s") Duration timeout) {}

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    /**
     * How metrics of endpoints are read.
     *
     * @param path path of the metrics page
     * @param interval time between two readings of an endpoint while requests flow
     * @param idleInterval the same while no request comes, and the longest interval
     * @param idleAfter when the pool counts as idle
     * @param timeout bound of one reading
     * @param staleness readings older than this are not trusted
     * @param maxPageSize largest metrics page
     * @param maxScrapesPerSecond bound over all endpoints; the interval is stretched to keep it
     */
    public record Metrics(
            @NotBlank @DefaultValue("/metrics") String path,
            @DefaultValue("50ms") Duration interval,
            @DefaultValue("1s") Duration idleInterval,
            @DefaultValue("5s") Duration idleAfter,
            @DefaultValue("1s") Duration timeout,
            @DefaultValue("2s") Duration staleness,
            @DefaultValue("2MB") DataSize maxPageSize,
            @Min(1) @DefaultValue("1000") int maxScrapesPerSecond) {
        public Metrics {
            requirePositive("scheduler.metrics.staleness", staleness);
        }

        ScrapeSettings scrapeSettings() {
            return new ScrapeSettings(
                    path,
                    interval,
                    idleInterval,
                    idleAfter,
                    timeout,
                    Math.toIntExact(maxPageSize.toBytes()),
                    maxScrapesPerSecond);
        }
    }

    /**
     * Where endpoints come from.
     *
     * @param file endpoints file, see the plugin file-discovery
     * @param watch whether changes of the file are followed
     * @param watchInterval how often the file is looked at
     * @param allowLoopback whether endpoints may be on this machine, as in the local trial
     * @param endpoints endpoints that never change, instead of a file
     * @param kubernetes endpoints, objectives and rewrites of a Kubernetes cluster, instead of files
     */
    public record Discovery(
            @Nullable Path file,
            @DefaultValue("true") boolean watch,
            @DefaultValue("500ms") Duration watchInterval,
            @DefaultValue("false") boolean allowLoopback,
            @DefaultValue List<@Valid StaticEndpoint> endpoints,
            @Valid @DefaultValue Kubernetes kubernetes) {
        public Discovery {
            endpoints = List.copyOf(endpoints);
            requirePositive("scheduler.discovery.watch-interval", watchInterval);
            if (file != null && !endpoints.isEmpty()) {
                throw new IllegalArgumentException(
                        "scheduler.discovery.file and scheduler.discovery.endpoints are both set (expected: one of"
                                + " them)");
            }
            if (kubernetes.enabled() && (file != null || !endpoints.isEmpty())) {
                throw new IllegalArgumentException("scheduler.discovery.kubernetes.enabled is set beside"
                        + " scheduler.discovery.file or scheduler.discovery.endpoints (expected: one of them)");
            }
        }
    }

    /**
     * Where endpoints come from in a Kubernetes cluster. The cluster is the one that the process runs in, or the one that
     * the environment variable KUBECONFIG names.
     *
     * @param enabled whether endpoints come from there
     * @param namespace namespace of pool and pods; the environment variable NAMESPACE, or else that of the process, when unset
     * @param poolGroup API group of the InferencePool, which is named by scheduler.pool
     * @param endpointSelector labels of the pods, as for kubectl; set it where there is no InferencePool
     * @param endpointTargetPorts ports of the pods, 1 to 8; only beside endpoint-selector
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param writeStatus whether the condition Accepted of objectives and rewrites is written
     * @param leaderElection whether one of several replicas serves, and how it is elected
     */
    public record Kubernetes(
            @DefaultValue("false") boolean enabled,
            @Nullable String namespace,

            @NotBlank @DefaultValue("inference.networking.k8s.io")
            String poolGroup,

            @Nullable String endpointSelector,
            @DefaultValue List<Integer> endpointTargetPorts,
            @NotNull @DefaultValue("60s") Duration resync,
            @DefaultValue("true") boolean writeStatus,
            @Valid @DefaultValue LeaderElection leaderElection) {
        public Kubernetes {
            endpointTargetPorts = List.copyOf(endpointTargetPorts);
            requirePositive("scheduler.discovery.kubernetes.resync", resync);
            boolean hasSelector = endpointSelector != null && !endpointSelector.isBlank();
            if (hasSelector == endpointTargetPorts.isEmpty()) {
                throw new IllegalArgumentException("scheduler.discovery.kubernetes.endpoint-selector: "
                        + endpointSelector + ", endpoint-target-ports: " + endpointTargetPorts
                        + " (expected: both or none)");
            }
        }

        /** The pods of settings, null when an InferencePool says which. */
        @Nullable
        ServingPool fixedPool() {
            return endpointSelector == null || endpointSelector.isBlank()
                    ? null
                    : new ServingPool(
                            endpointSelector,
                            endpointTargetPorts.stream().distinct().toList());
        }
    }

    /**
     * How one of several replicas is elected. The others answer that they are not ready.
     *
     * @param enabled whether only one replica serves
     * @param lease how long a replica that is not heard of stays leader
     * @param renewDeadline a leader that could not renew for so long stops serving
     * @param retry time between two tries
     */
    public record LeaderElection(
            @DefaultValue("false") boolean enabled,
            @NotNull @DefaultValue("15s") Duration lease,
            @NotNull @DefaultValue("10s") Duration renewDeadline,
            @NotNull @DefaultValue("2s") Duration retry) {}

    /**
     * An endpoint that never changes.
     *
     * @param namespace first part of the id
     * @param name second part of the id
     * @param address IP address or host name
     * @param port TCP port
     * @param labels Kubernetes-style labels
     */
    public record StaticEndpoint(
            @NotBlank @DefaultValue("default") String namespace,
            @NotBlank String name,
            @NotBlank String address,
            @Min(1) @Max(65535) int port,
            @DefaultValue Map<String, String> labels) {
        public StaticEndpoint {
            labels = Map.copyOf(labels);
        }
    }

    /**
     * Bounds of attempts in flight.
     *
     * @param requestDeadline longest time that a request may take
     * @param grace time after that until an attempt whose end nobody reported counts as over
     * @param reapInterval how often such attempts are looked for
     * @param max most attempts in flight
     */
    public record Leases(
            @DefaultValue("30m") Duration requestDeadline,
            @DefaultValue("1m") Duration grace,
            @DefaultValue("10s") Duration reapInterval,
            @Min(1) @DefaultValue("1000000") int max) {
        public Leases {
            requirePositive("scheduler.leases.request-deadline", requestDeadline);
            requirePositive("scheduler.leases.grace", grace);
            requirePositive("scheduler.leases.reap-interval", reapInterval);
        }
    }

    /**
     * Servers of llm-d that predict latencies and learn from measured ones, for plugins that ask servers.
     *
     * @param predictionUrls base URLs of prediction servers; one is drawn for each call
     * @param trainingUrl base URL of the training server; measured latencies are not sent when empty
     * @param timeout how long a request waits for predictions
     * @param trainingTimeout for sending measured latencies
     * @param maxRows most endpoints in one call; more are split over several
     * @param coalesceWindow how long a call waits for the endpoints of other requests
     * @param maxCalls most calls in flight
     * @param maxWaitingRows most endpoints that wait for a call; beyond it nothing is predicted
     * @param maxSamples most measured latencies that are kept between two flushes
     * @param flushInterval how often measured latencies are sent
     * @param serves name of a predicted-latency-producer whose predictions others may ask for under {@code /latency}, as
     *     they ask llm-d's servers; nobody may when empty
     */
    public record LatencyPredictor(
            @DefaultValue List<URI> predictionUrls,
            @DefaultValue("") String trainingUrl,
            @DefaultValue("300ms") Duration timeout,
            @DefaultValue("10s") Duration trainingTimeout,

            @Min(1) @Max(RemotePredictorSettings.MOST_ROWS) @DefaultValue("100")
            int maxRows,

            @DefaultValue("1ms") Duration coalesceWindow,
            @Min(1) @DefaultValue("36") int maxCalls,
            @Min(1) @DefaultValue("20000") int maxWaitingRows,
            @Min(1) @DefaultValue("1000") int maxSamples,
            @DefaultValue("1s") Duration flushInterval,
            @DefaultValue("") String serves) {
        public LatencyPredictor {
            predictionUrls = List.copyOf(predictionUrls);
            requirePositive("scheduler.latency-predictor.timeout", timeout);
            requirePositive("scheduler.latency-predictor.training-timeout", trainingTimeout);
            requirePositive("scheduler.latency-predictor.flush-interval", flushInterval);
        }

        RemotePredictorSettings settings() {
            return new RemotePredictorSettings(
                    predictionUrls,
                    trainingUrl.isEmpty() ? null : URI.create(trainingUrl),
                    timeout,
                    trainingTimeout,
                    maxRows,
                    coalesceWindow,
                    maxCalls,
                    maxWaitingRows,
                    maxSamples,
                    flushInterval);
        }
    }

    /**
     * The HTTP door.
     *
     * @param maxBodySize largest body of a request to be placed
     */
    public record Http(@DefaultValue("32MB") DataSize maxBodySize) {}

    /**
     * The door for Envoy and other proxies that ask external processors.
     *
     * @param enabled whether it is open
     * @param address address to listen on
     * @param port port for proxies
     * @param healthPort port for probes, without TLS
     * @param secureServing whether TLS is spoken
     * @param certificate PEM chain of the certificate; one is made at the start when there is none
     * @param privateKey PEM key of the certificate
     * @param clientAuthority PEM authorities that certificates of proxies have to come from; proxies need none without
     * @param reloadInterval how often changed files of the certificate are looked for
     * @param maxMessageSize largest message of a proxy
     * @param maxBodySize largest body of a request
     * @param maxHeldSize bodies of all requests that are not forwarded yet
     * @param maxStreams requests that may be under way at one time
     * @param headTimeout longest wait for a part of a request
     * @param drainTimeout how long requests under way may take to end when the scheduler stops
     * @param trustControlHeaders whether headers that set priority, flow, model and profile count
     * @param trustTokens whether token ids beside the messages of a chat count
     * @param destinationNamespace namespace of the metadata that name the chosen endpoint
     * @param subsetNamespace namespace of the metadata that say which endpoints are allowed
     * @param ignoreSubset whether every endpoint of the pool is allowed, whatever proxies say
     */
    public record ExtProc(
            @DefaultValue("false") boolean enabled,
            @NotBlank @DefaultValue("0.0.0.0") String address,
            @Min(0) @Max(65535) @DefaultValue("9002") int port,
            @Min(0) @Max(65535) @DefaultValue("9003") int healthPort,
            @DefaultValue("true") boolean secureServing,
            @Nullable Path certificate,
            @Nullable Path privateKey,
            @Nullable Path clientAuthority,
            @NotNull @DefaultValue("10s") Duration reloadInterval,
            @NotNull @DefaultValue("4MB") DataSize maxMessageSize,
            @NotNull @DefaultValue("64MB") DataSize maxBodySize,
            @NotNull @DefaultValue("256MB") DataSize maxHeldSize,
            @Min(1) @DefaultValue("10000") int maxStreams,
            @NotNull @DefaultValue("30s") Duration headTimeout,
            @NotNull @DefaultValue("120s") Duration drainTimeout,
            @DefaultValue("true") boolean trustControlHeaders,
            @DefaultValue("false") boolean trustTokens,
            @NotBlank @DefaultValue("envoy.lb") String destinationNamespace,
            @NotBlank @DefaultValue("envoy.lb.subset_hint") String subsetNamespace,
            @DefaultValue("false") boolean ignoreSubset) {
        public ExtProc {
            requirePositive("scheduler.ext-proc.reload-interval", reloadInterval);
            requirePositive("scheduler.ext-proc.head-timeout", headTimeout);
            requireSize("scheduler.ext-proc.max-message-size", maxMessageSize);
            requireSize("scheduler.ext-proc.max-body-size", maxBodySize);
            if (!secureServing && (certificate != null || clientAuthority != null)) {
                throw new IllegalArgumentException("scheduler.ext-proc.secure-serving: false, with certificate or"
                        + " client-authority (expected: true)");
            }
        }

        private static void requireSize(String name, DataSize size) {
            if (size.toBytes() < 1 || size.toBytes() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(name + ": " + size + " (expected: less than 2GB)");
            }
        }

        ExtProcSettings processorSettings(Duration requestTimeout) {
            return new ExtProcSettings(
                    destinationNamespace,
                    subsetNamespace,
                    ignoreSubset,
                    trustControlHeaders,
                    trustTokens,
                    Math.toIntExact(maxBodySize.toBytes()),
                    maxHeldSize.toBytes(),
                    maxStreams,
                    headTimeout,
                    requestTimeout);
        }

        ExtProcServer.Settings serverSettings() {
            return new ExtProcServer.Settings(
                    address,
                    port,
                    healthPort,
                    secureServing
                            ? new ServingIdentity.Settings(certificate, privateKey, clientAuthority, reloadInterval)
                            : null,
                    Math.toIntExact(maxMessageSize.toBytes()));
        }
    }

    /**
     * Records of decisions.
     *
     * @param sampleRate share of the requests whose decisions are recorded, in [0, 1]; which ones follows from their ids
     * @param maxPerSecond where more requests a second would be recorded, fewer are
     * @param maxRecords most records
     * @param maxMemory most heap that records hold on to; the oldest go first
     * @param maxAge older records go
     * @param headers request headers that are kept besides those of the suite
     */
    public record Decisions(
            @DecimalMin("0") @DecimalMax("1") @DefaultValue("1.0")
            double sampleRate,

            @Min(1) @DefaultValue("200") int maxPerSecond,
            @Min(1) @DefaultValue("10000") int maxRecords,
            @DefaultValue("64MB") DataSize maxMemory,
            @DefaultValue("10m") Duration maxAge,
            @DefaultValue Set<String> headers) {

        /** What these hold must not be kept. */
        private static final Set<String> CREDENTIALS =
                Set.of("authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key");

        public Decisions {
            requirePositive("scheduler.decisions.max-age", maxAge);
            headers =
                    headers.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
            for (String header : headers) {
                if (CREDENTIALS.contains(header)) {
                    throw new IllegalArgumentException("scheduler.decisions.headers: " + header + " (expected: none of "
                            + CREDENTIALS.stream().sorted().toList() + ")");
                }
            }
        }

        DecisionLog.Settings settings() {
            return new DecisionLog.Settings(sampleRate, maxPerSecond, maxRecords, maxMemory.toBytes(), maxAge, headers);
        }
    }

    /**
     * Where the plugin precise-prefix-cache-producer takes what endpoints hold from.
     *
     * @param source who tells
     * @param storages storages that endpoints share, where engines are read
     * @param kafka where owners of lanes write, for source kafka
     * @param service the index service, for source service
     */
    public record KvIndex(
            @NotNull @DefaultValue("engines") Source source,
            @DefaultValue List<@Valid SharedStorage> storages,
            @Valid @DefaultValue KvLog kafka,
            @Valid @DefaultValue KvService service) {

        /** Who tells what endpoints hold. */
        public enum Source {
            /** The engines, over ZMQ. */
            ENGINES,
            /** Owners of lanes, over Kafka. */
            KAFKA,
            /** An index service that is asked for each decision. */
            SERVICE
        }

        public KvIndex {
            storages = List.copyOf(storages);
            Set<String> names = new HashSet<>();
            for (SharedStorage storage : storages) {
                if (!names.add(storage.name())) {
                    throw new IllegalArgumentException(
                            "scheduler.kv-index.storages: " + storage.name() + " twice (expected: different names)");
                }
            }
            if (!storages.isEmpty() && source != Source.ENGINES) {
                throw new IllegalArgumentException(
                        "scheduler.kv-index.storages: set with source " + source + " (expected: source engines)");
            }
            if (source == Source.KAFKA && kafka.bootstrapServers().isBlank()) {
                throw new IllegalArgumentException(
                        "scheduler.kv-index.kafka.bootstrap-servers: empty (expected: brokers, with source kafka)");
            }
            if (source == Source.SERVICE && service.url() == null) {
                throw new IllegalArgumentException(
                        "scheduler.kv-index.service.url: unset (expected: a URL, with source service)");
            }
        }

        KvIndexSource settings() {
            return switch (source) {
                case ENGINES ->
                    new KvIndexSource.Engines(
                            storages.stream().map(SharedStorage::settings).toList());
                case KAFKA ->
                    new KvIndexSource.Log(
                            new KafkaConnection(kafka.bootstrapServers(), kafka.clientProperties()),
                            new KvTopics(kafka.pool()));
                case SERVICE ->
                    new KvIndexSource.Service(
                            Objects.requireNonNull(service.url(), "checked in the constructor"),
                            service.deadline(),
                            service.pollInterval(),
                            service.maxCalls());
            };
        }
    }

    /**
     * A storage that endpoints share.
     *
     * @param name unlike that of other storages
     * @param address {@code host:port} where it publishes events
     * @param replayAddress {@code host:port} where it repeats them; none when unset
     * @param reach labels of the endpoints that can load from it; all endpoints when empty
     */
    public record SharedStorage(
            @NotBlank String name,
            @NotBlank String address,
            @DefaultValue("") String replayAddress,
            @DefaultValue Map<String, String> reach) {

        KvIndexSource.Storage settings() {
            return new KvIndexSource.Storage(
                    name,
                    ZmqAddress.parse(address),
                    replayAddress.isEmpty() ? null : ZmqAddress.parse(replayAddress),
                    reach);
        }
    }

    /**
     * Where owners of lanes write.
     *
     * @param bootstrapServers Kafka brokers as {@code host:port,...}
     * @param pool pool of the index services, {@code kv-index.pool}
     * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
     */
    public record KvLog(
            @DefaultValue("") String bootstrapServers,
            @NotBlank @DefaultValue("default") String pool,
            @DefaultValue Map<String, String> clientProperties) {
        public KvLog {
            clientProperties = Map.copyOf(clientProperties);
        }

        /** Client properties may hold passwords, so they are left out. */
        @Override
        public String toString() {
            return "KvLog[bootstrapServers=" + bootstrapServers + ", pool=" + pool + "]";
        }
    }

    /**
     * An index service.
     *
     * @param url base URL
     * @param deadline how long a decision waits for its answer; an estimate stands in for one that is late
     * @param pollInterval how often it is asked whether it is ready and how well it knows endpoints
     * @param maxCalls most questions at a time; an estimate stands in for further ones
     */
    public record KvService(
            @Nullable URI url,
            @DefaultValue("5ms") Duration deadline,
            @DefaultValue("1s") Duration pollInterval,
            @Min(1) @DefaultValue("64") int maxCalls) {
        public KvService {
            if (url != null && (url.getHost() == null || !isHttp(url))) {
                throw new IllegalArgumentException("scheduler.kv-index.service.url: " + url
                        + " (expected: http://HOST:PORT or https://HOST:PORT)");
            }
            requirePositive("scheduler.kv-index.service.deadline", deadline);
            requirePositive("scheduler.kv-index.service.poll-interval", pollInterval);
        }

        private static boolean isHttp(URI url) {
            return "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        }
    }

    /**
     * How several schedulers of one pool tell each other their load, so that none thinks an endpoint idle that others
     * filled.
     *
     * @param bootstrapServers Kafka brokers as {@code host:port,...}; unset for a scheduler that is alone
     * @param topic topic of the loads; made when it is missing and the broker allows it
     * @param interval time between two records while load changes
     * @param expiry age at which the load of a scheduler that is not heard of any more stops to count; at least four
     *     intervals
     * @param name begins the name of this process in the topic; the host name when unset
     * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
     */
    public record Replicas(
            @Nullable String bootstrapServers,
            @NotBlank @DefaultValue("llmd.endpoint-load") String topic,
            @DefaultValue("200ms") Duration interval,
            @DefaultValue("2s") Duration expiry,
            @Nullable String name,
            @DefaultValue Map<String, String> clientProperties) {
        public Replicas {
            clientProperties = Map.copyOf(clientProperties);
        }

        /** A name that no other process has, nor a former life of this one. */
        String uniqueName() {
            String begin = name == null || name.isBlank() ? hostName() : name;
            return begin + "-" + UUID.randomUUID().toString().substring(0, 8);
        }

        private static String hostName() {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "scheduler";
            }
        }

        /** Client properties may hold passwords, so they are left out. */
        @Override
        public String toString() {
            return "Replicas[bootstrapServers=" + bootstrapServers + ", topic=" + topic + ", interval=" + interval
                    + ", expiry=" + expiry + ", name=" + name + "]";
        }
    }

    /**
     * Where it is told what became of requests, for an autoscaler that knows their lengths so.
     *
     * @param bootstrapServers Kafka brokers as {@code host:port,...}; unset where nobody wants to know
     * @param topic topic of the outcomes; made when it is missing and the broker allows it
     * @param interval time between two records of a model
     * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
     */
    public record Outcomes(
            @Nullable String bootstrapServers,
            @NotBlank @DefaultValue(RequestOutcomes.TOPIC) String topic,
            @DefaultValue("1s") Duration interval,
            @DefaultValue Map<String, String> clientProperties) {
        public Outcomes {
            clientProperties = Map.copyOf(clientProperties);
            requirePositive("scheduler.outcomes.interval", interval);
        }

        /** Client properties may hold passwords, so they are left out. */
        @Override
        public String toString() {
            return "Outcomes[bootstrapServers=" + bootstrapServers + ", topic=" + topic + ", interval=" + interval
                    + "]";
        }
    }

    /**
     * Names of meters.
     *
     * @param deprecatedNames whether names that llm-d has given up are there too
     */
    public record Meters(@DefaultValue("false") boolean deprecatedNames) {}

    /**
     * When plugins that fail or hang are left alone.
     *
     * @param failures failures in a row after which a plugin is not called any more; a call that took longer than the budget,
     *     and a score that is no number, are failures too
     * @param coolDown how long it is not called; then one call tries whether it works again
     * @param budget longest time that a call of a plugin may take
     * @param hangAfter a call that has not returned for so long hangs: others do not call the plugin until it has returned
     * @param flowSilence readiness goes off when flow control has done nothing for so long, as when a plugin hangs there
     */
    public record Plugins(
            @Min(1) @DefaultValue("10") int failures,
            @DefaultValue("30s") Duration coolDown,
            @DefaultValue("50ms") Duration budget,
            @DefaultValue("1s") Duration hangAfter,
            @DefaultValue("5s") Duration flowSilence) {
        public Plugins {
            requirePositive("scheduler.plugins.cool-down", coolDown);
            requirePositive("scheduler.plugins.budget", budget);
            requirePositive("scheduler.plugins.hang-after", hangAfter);
            if (flowSilence.compareTo(Duration.ofSeconds(2)) < 0) {
                throw new IllegalArgumentException(
                        "scheduler.plugins.flow-silence: " + flowSilence + " (expected: >= PT2S)");
            }
        }

        GuardSettings guard() {
            return new GuardSettings(failures, coolDown, budget, hangAfter);
        }
    }
}
