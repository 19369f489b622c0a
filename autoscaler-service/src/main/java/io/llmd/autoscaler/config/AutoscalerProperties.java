package io.llmd.autoscaler.config;

import io.llmd.autoscaler.actuator.TlsFiles;
import io.llmd.autoscaler.collector.OutcomeReader;
import io.llmd.autoscaler.kube.Actuation;
import io.llmd.autoscaler.kube.KubeVariant;
import io.llmd.autoscaler.kube.TargetRef;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import io.llmd.contracts.scaling.RequestOutcomes;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the autoscaler.
 *
 * @param variants what may be scaled
 * @param tiers qualities of service; one of them without priorities, for all requests that no other takes
 * @param routers metrics pages of routers: the scheduler's actuator, or that of llm-d's endpoint picker
 * @param endpointsFile endpoints file, as the scheduler reads it; the label {@code llm-d.ai/variant} says of which variant one is;
 *     needed with variants
 * @param accelerators accelerators that may be used, by type; a type that is not named has no bound
 * @param period time between two decisions
 * @param watchPeriod how often routers are looked at between decisions
 * @param refitPeriod how often step times are fitted anew
 * @param savePeriod how often what was learnt is saved
 * @param stateFile where what was learnt is saved; nowhere when unset
 * @param staleAfter age from which a reading no longer counts
 * @param assumedInput prompt tokens of a request before any has ended
 * @param assumedOutput generated tokens of a request before any has ended
 * @param wvaMetrics whether numbers are also published under the names of llm-d's autoscaler
 * @param scrape how pages are read
 * @param prometheus where values are asked for before pages are read
 * @param outcomes where schedulers tell what became of requests
 * @param solver how mixes are found
 * @param headroom share of replicas that is left free
 * @param zero whether models may be without replicas
 * @param http the HTTP door
 * @param keda the door for KEDA
 * @param externalMetrics the door for the API server of a cluster
 * @param kubernetes replicas of a Kubernetes cluster, instead of an endpoints file
 */
@Validated
@ConfigurationProperties(prefix = "autoscaler", ignoreUnknownFields = false)
public record AutoscalerProperties(
        @DefaultValue List<@Valid ScaledVariant> variants,
        @DefaultValue List<@Valid ServiceTier> tiers,
        @DefaultValue List<URI> routers,
        @Nullable Path endpointsFile,
        @DefaultValue Map<String, @Min(0) Integer> accelerators,
        @NotNull @DefaultValue("10s") Duration period,
        @NotNull @DefaultValue("1s") Duration watchPeriod,
        @NotNull @DefaultValue("60s") Duration refitPeriod,
        @NotNull @DefaultValue("5m") Duration savePeriod,
        @Nullable Path stateFile,
        @NotNull @DefaultValue("30s") Duration staleAfter,
        @Min(1) @DefaultValue("1024") int assumedInput,
        @Min(1) @DefaultValue("256") int assumedOutput,
        @DefaultValue("true") boolean wvaMetrics,
        @Valid @DefaultValue Scrape scrape,
        @Valid @DefaultValue Prometheus prometheus,
        @Valid @DefaultValue Outcomes outcomes,
        @Valid @DefaultValue Solver solver,
        @Valid @DefaultValue Headroom headroom,
        @Valid @DefaultValue Zero zero,
        @Valid @DefaultValue Http http,
        @Valid @DefaultValue Keda keda,
        @Valid @DefaultValue ExternalMetrics externalMetrics,
        @Valid @DefaultValue Kubernetes kubernetes) {

    public AutoscalerProperties {
        variants = List.copyOf(variants);
        tiers = List.copyOf(tiers);
        routers = distinct(routers);
        accelerators = Map.copyOf(accelerators);
        requireAtLeast("autoscaler.period", period, Duration.ofSeconds(2));
        requireAtLeast("autoscaler.watch-period", watchPeriod, Duration.ofMillis(100));
        requireAtLeast("autoscaler.refit-period", refitPeriod, Duration.ofSeconds(1));
        requireAtLeast("autoscaler.save-period", savePeriod, Duration.ofSeconds(1));
        requireAtLeast("autoscaler.stale-after", staleAfter, Duration.ofSeconds(1));
        requireAtLeast("autoscaler.solver.time-limit", solver.timeLimit(), Duration.ofMillis(1));
        requireAtLeast("autoscaler.scrape.page-timeout", scrape.pageTimeout(), Duration.ofMillis(1));
        requireAtLeast("autoscaler.scrape.cycle-timeout", scrape.cycleTimeout(), Duration.ofMillis(1));
        requireAtLeast("autoscaler.keda.stale-after", keda.staleAfter(), Duration.ofSeconds(1));
        requireAtLeast("autoscaler.keda.keep-alive", keda.keepAlive(), Duration.ofMillis(100));
        requireAtLeast("autoscaler.external-metrics.stale-after", externalMetrics.staleAfter(), Duration.ofSeconds(1));
        requireAtLeast("autoscaler.keda.reload-interval", keda.reloadInterval(), Duration.ofMillis(100));
        requireAtLeast(
                "autoscaler.external-metrics.reload-interval",
                externalMetrics.reloadInterval(),
                Duration.ofMillis(100));
        requireAtLeast("autoscaler.kubernetes.resync", kubernetes.resync(), Duration.ofSeconds(1));
        requireAtLeast("autoscaler.kubernetes.stale-after", kubernetes.staleAfter(), Duration.ofSeconds(1));
        requireAtLeast("autoscaler.zero.retention", zero.retention(), Duration.ofSeconds(1));
        if (!variants.isEmpty()
                && routers.isEmpty()
                && kubernetes.routerSelector().isBlank()) {
            throw new IllegalArgumentException("autoscaler.routers: none (expected: a metrics page, with variants)");
        }
        requireDistinct(variants, kubernetes.enabled());
        if (kubernetes.enabled() && endpointsFile != null) {
            throw new IllegalArgumentException("autoscaler.endpoints-file: " + endpointsFile
                    + " beside autoscaler.kubernetes.enabled (expected: one of them)");
        }
        if (!variants.isEmpty() && endpointsFile == null && !kubernetes.enabled()) {
            throw new IllegalArgumentException(
                    "autoscaler.endpoints-file: none (expected: a file with the replicas that run, with variants)");
        }
    }

    /** Two variants of one target would write it in turn. */
    private static void requireDistinct(List<ScaledVariant> variants, boolean isInCluster) {
        Set<String> names = new HashSet<>();
        Set<TargetRef> targets = new HashSet<>();
        for (ScaledVariant each : variants) {
            String id = each.namespace() + "/" + each.name();
            if (!names.add(id)) {
                throw new IllegalArgumentException("autoscaler.variants: " + id + " twice (expected: each once)");
            }
            if (isInCluster && !targets.add(each.inCluster().target())) {
                throw new IllegalArgumentException("autoscaler.variants: " + id + " has target "
                        + each.inCluster().target().name() + " (expected: one that no other has)");
            }
        }
    }

    /** A page that is named twice would be counted twice. */
    private static List<URI> distinct(List<URI> routers) {
        Set<String> known = new HashSet<>();
        for (URI each : routers) {
            int port = each.getPort() >= 0 ? each.getPort() : "https".equalsIgnoreCase(each.getScheme()) ? 443 : 80;
            if (!known.add((each.getHost() + ":" + port).toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException(
                        "autoscaler.routers: " + each + " twice (expected: each router once)");
            }
        }
        return List.copyOf(routers);
    }

    private static void requireAtLeast(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: at least " + least + ")");
        }
    }

    /**
     * A variant. Times in seconds are those of one engine step: {@code base + per-prompt-token·P + per-sequence·n +
     * per-context-token·K}.
     *
     * @param namespace namespace of its replicas in the endpoints file
     * @param name its name, as their label has it
     * @param model model that it serves
     * @param role phases that it serves
     * @param tiers names of the tiers that it may serve; all when none is named
     * @param costPerHour cost of a replica in an hour
     * @param costFree whether a cost of 0 is meant
     * @param accelerator type of accelerator; nothing is added while it is empty
     * @param acceleratorsPerReplica accelerators of a replica
     * @param min fewest replicas
     * @param max most replicas
     * @param warmReserve replicas above demand
     * @param advisory whether its number is only advised, whatever {@code actuation} says
     * @param actuation how its number is carried out in a cluster
     * @param target what is scaled in a cluster; the Deployment of its name when unset
     * @param fingerprint variants with the same are fitted together; its name when empty
     * @param base seconds of an empty step, before it is measured
     * @param perPromptToken seconds of a prompt token
     * @param perSequence seconds of a sequence
     * @param perContextToken seconds of a token of context
     * @param kvTokens tokens whose keys and values fit, before a replica says it
     * @param maxSequences requests in one batch
     * @param stepTokens tokens in one step
     * @param coldStart time of a start before one was seen
     * @param downWindow for how long a higher number that was needed counts
     * @param maxStepDown largest share that is taken away in a period
     * @param downPeriod that period
     */
    public record ScaledVariant(
            @NotBlank @DefaultValue("default") String namespace,
            @NotBlank String name,
            @NotBlank String model,
            @NotNull @DefaultValue("unified") Role role,
            @DefaultValue Set<String> tiers,
            double costPerHour,
            @DefaultValue("false") boolean costFree,
            @NotNull @DefaultValue("") String accelerator,
            @Min(0) @DefaultValue("1") int acceleratorsPerReplica,
            @Min(0) @DefaultValue("1") int min,
            @Min(1) @DefaultValue("10") int max,
            @Min(0) @DefaultValue("0") int warmReserve,
            @DefaultValue("false") boolean advisory,
            @NotNull @DefaultValue("metric") Actuation actuation,
            @Valid @Nullable Target target,
            @NotNull @DefaultValue("") String fingerprint,
            @DefaultValue("0.013") double base,
            @DefaultValue("0.00006") double perPromptToken,
            @DefaultValue("0.00003") double perSequence,
            @DefaultValue("0.00000006") double perContextToken,
            @DefaultValue("350000") double kvTokens,
            @Min(1) @DefaultValue("256") int maxSequences,
            @Min(1) @DefaultValue("8192") int stepTokens,
            @NotNull @DefaultValue("120s") Duration coldStart,
            @NotNull @DefaultValue("300s") Duration downWindow,
            @DefaultValue("0.5") double maxStepDown,
            @NotNull @DefaultValue("60s") Duration downPeriod) {

        VariantSettings settings() {
            Variant variant = new Variant(
                    namespace,
                    name,
                    model,
                    role,
                    tiers,
                    costPerHour,
                    costFree,
                    accelerator,
                    acceleratorsPerReplica,
                    min,
                    max,
                    warmReserve);
            return new VariantSettings(
                    variant,
                    fingerprint.isEmpty() ? variant.id() : fingerprint,
                    new StepTime(base, perPromptToken, perSequence, perContextToken),
                    new EngineLimits(kvTokens, maxSequences, stepTokens),
                    seconds(coldStart),
                    new Behaviour(seconds(downWindow), maxStepDown, seconds(downPeriod)),
                    advisory || actuation == Actuation.ADVISORY);
        }

        KubeVariant inCluster() {
            String targetName = target == null || target.name() == null ? name : target.name();
            return new KubeVariant(
                    namespace + "/" + name,
                    new TargetRef(
                            namespace,
                            target == null ? "apps/v1" : target.apiVersion(),
                            target == null ? "Deployment" : target.kind(),
                            targetName),
                    advisory ? Actuation.ADVISORY : actuation);
        }
    }

    /**
     * What is scaled in a cluster: an object with a scale subresource and {@code spec.replicas}.
     *
     * @param apiVersion its version
     * @param kind its kind
     * @param name its name; that of the variant when unset
     */
    public record Target(
            @NotBlank @DefaultValue("apps/v1") String apiVersion,
            @NotBlank @DefaultValue("Deployment") String kind,
            @Nullable String name) {}

    /**
     * A quality of service.
     *
     * @param name its name
     * @param tierClass how much it matters
     * @param firstToken target for the time to first token; none when unset
     * @param firstTokenQuantile share of requests that have to keep it
     * @param interToken target for the mean time between tokens; none when unset
     * @param priorities priorities of its requests; none for all that no other tier takes
     * @param burstQuantile quantile of the last hour's bursts that replicas stand by for; 0 for none
     * @param deadline after its arrival, when a request is due; unset where it is to be served at once. Replicas for those that wait
     *     are added as late as is safe
     */
    public record ServiceTier(
            @NotBlank String name,
            @NotNull @DefaultValue("standard") TierClass tierClass,
            @Nullable Duration firstToken,
            @DefaultValue("0.95") double firstTokenQuantile,
            @Nullable Duration interToken,
            @DefaultValue Set<Integer> priorities,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0")
            double burstQuantile,

            @Nullable Duration deadline) {

        TierRule rule() {
            Tier tier = new Tier(
                    name,
                    tierClass,
                    firstToken == null ? Double.POSITIVE_INFINITY : seconds(firstToken),
                    firstTokenQuantile,
                    interToken == null ? Double.POSITIVE_INFINITY : seconds(interToken));
            return new TierRule(
                    tier, priorities, burstQuantile, deadline == null ? Double.POSITIVE_INFINITY : seconds(deadline));
        }
    }

    /**
     * How pages are read.
     *
     * @param pageTimeout time for one page
     * @param cycleTimeout time for all pages that are read together
     */
    public record Scrape(
            @NotNull @DefaultValue("3s") Duration pageTimeout,
            @NotNull @DefaultValue("8s") Duration cycleTimeout) {}

    /**
     * Where schedulers tell what became of requests, one by one.
     *
     * @param bootstrapServers Kafka brokers as {@code host:port,...}; unset where only pages are read
     * @param topic topic of the outcomes
     * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
     */
    public record Outcomes(
            @Nullable String bootstrapServers,
            @NotBlank @DefaultValue(RequestOutcomes.TOPIC) String topic,
            @DefaultValue Map<String, String> clientProperties) {
        public Outcomes {
            clientProperties = Map.copyOf(clientProperties);
        }

        OutcomeReader.@Nullable Settings settings() {
            return bootstrapServers == null || bootstrapServers.isBlank()
                    ? null
                    : new OutcomeReader.Settings(bootstrapServers, topic, clientProperties);
        }

        /** Client properties may hold passwords, so they are left out. */
        @Override
        public String toString() {
            return "Outcomes[bootstrapServers=" + bootstrapServers + ", topic=" + topic + "]";
        }
    }

    /**
     * Where values are asked for before pages are read.
     *
     * @param url base URL of Prometheus; nothing is asked when unset
     * @param selector matchers that only series of ours have, such as {@code namespace="llm"}; needed with a URL
     * @param tokenFile file with a bearer token
     * @param timeout time for one query
     */
    public record Prometheus(
            @Nullable URI url,
            @NotNull @DefaultValue("") String selector,
            @Nullable Path tokenFile,
            @NotNull @DefaultValue("3s") Duration timeout) {

        public Prometheus {
            requireAtLeast("autoscaler.prometheus.timeout", timeout, Duration.ofMillis(1));
        }
    }

    /**
     * How mixes are found.
     *
     * @param timeLimit time for one model
     */
    public record Solver(@NotNull @DefaultValue("50ms") Duration timeLimit) {}

    /**
     * Share of replicas that is left free, in [0, 1), by class of tier.
     *
     * @param critical of critical tiers
     * @param standard of standard tiers
     * @param batch of tiers that can wait
     */
    public record Headroom(
            @DecimalMin("0") @DecimalMax("0.9") @DefaultValue("0.2")
            double critical,

            @DecimalMin("0") @DecimalMax("0.9") @DefaultValue("0.1")
            double standard,

            @DecimalMin("0") @DecimalMax("0.9") @DefaultValue("0.05")
            double batch) {

        double of(Tier tier) {
            return switch (tier.tierClass()) {
                case CRITICAL -> critical;
                case STANDARD -> standard;
                case BATCH -> batch;
            };
        }
    }

    /**
     * The policy for zero.
     *
     * @param enabled whether a model may be without replicas
     * @param retention for how long no request may have come
     */
    public record Zero(
            @DefaultValue("false") boolean enabled,
            @NotNull @DefaultValue("10m") Duration retention) {}

    /**
     * The HTTP door.
     *
     * @param maxBodySize body of one question
     * @param keyFile file with the key, of at least 16 characters, that is needed for all but reading; when unset, all but reading is
     *     for this machine alone, and for nobody unless {@code server.address} is one of loopback
     */
    public record Http(
            @NotNull @DefaultValue("256KB") DataSize maxBodySize,
            @Nullable Path keyFile) {}

    /**
     * The door for KEDA, an external scaler over gRPC. It tells numbers to whoever reaches it; {@code clientAuthority} bounds who that is.
     *
     * @param enabled whether there is one
     * @param address address to listen on
     * @param port port
     * @param staleAfter age of a decision from which callers get an error, so that KEDA's fallback is used
     * @param maxStreams streams that may be open at a time, of each kind
     * @param keepAlive silence after which a caller is asked whether it is there; one that is not loses its streams
     * @param certificate PEM file with the certificate; no TLS when unset
     * @param privateKey PEM file with its key
     * @param clientAuthority PEM file with the authority of those that may call; all may when unset
     * @param reloadInterval how often changed PEM files are looked for
     */
    public record Keda(
            @DefaultValue("false") boolean enabled,
            @NotBlank @DefaultValue("0.0.0.0") String address,
            @Min(0) @Max(65_535) @DefaultValue("9083") int port,
            @NotNull @DefaultValue("5m") Duration staleAfter,
            @Min(1) @Max(100_000) @DefaultValue("1024") int maxStreams,
            @NotNull @DefaultValue("30s") Duration keepAlive,
            @Nullable Path certificate,
            @Nullable Path privateKey,
            @Nullable Path clientAuthority,
            @NotNull @DefaultValue("10s") Duration reloadInterval) {

        @Nullable
        TlsFiles tls() {
            return TlsFiles.of(certificate, privateKey, clientAuthority, reloadInterval);
        }
    }

    /**
     * The door for the API server of a cluster, which asks for numbers as external metrics, over HTTPS.
     *
     * @param enabled whether there is one
     * @param address address to listen on
     * @param port port
     * @param staleAfter age of a decision from which callers get an error, so that the HPA changes nothing
     * @param certificate PEM file with the certificate; needed
     * @param privateKey PEM file with its key; needed
     * @param clientAuthority PEM file with the authority of the API server's front proxy; all may ask when unset
     * @param reloadInterval how often changed PEM files are looked for
     * @param service name of the Service that the APIService names; another one there means that somebody else serves the metrics
     */
    public record ExternalMetrics(
            @DefaultValue("false") boolean enabled,
            @NotBlank @DefaultValue("0.0.0.0") String address,
            @Min(0) @Max(65_535) @DefaultValue("9443") int port,
            @NotNull @DefaultValue("5m") Duration staleAfter,
            @Nullable Path certificate,
            @Nullable Path privateKey,
            @Nullable Path clientAuthority,
            @NotNull @DefaultValue("10s") Duration reloadInterval,
            @NotBlank @DefaultValue("llmd-autoscaler") String service) {

        public ExternalMetrics {
            if (enabled && (certificate == null || privateKey == null)) {
                throw new IllegalArgumentException("autoscaler.external-metrics.certificate: " + certificate
                        + ", private-key: " + privateKey + " (expected: both, API servers ask over HTTPS alone)");
            }
        }

        @Nullable
        TlsFiles tls() {
            return TlsFiles.of(certificate, privateKey, clientAuthority, reloadInterval);
        }
    }

    /** What is done about a change that an HPA ignores, because it is smaller than its tolerance. */
    public enum WithinTolerance {
        /** It is told. */
        REPORT,
        /** The scale subresource is changed. */
        SCALE
    }

    /**
     * Replicas of a Kubernetes cluster: that which the process runs in, or which the environment variable KUBECONFIG names.
     *
     * @param enabled whether replicas are pods of a cluster
     * @param namespace namespace of the process and of what it scales; the environment variable NAMESPACE, or else that of the process,
     *     when unset
     * @param instance name of this controller, the same for all its replicas; two of different names leave a target alone that both
     *     claim
     * @param metricsPort port of the metrics page of pods without the annotation {@code prometheus.io/port}
     * @param routerSelector labels of the routers' pods, as for kubectl; {@code autoscaler.routers} counts when unset
     * @param routerPort port of their metrics pages
     * @param routerPath path of these
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param staleAfter age from which numbers of another leader are not shown, nor own ones carried out
     * @param resources whether VariantPolicy, ServiceTier and FleetPolicy are read, and annotations of llm-d on HPAs and ScaledObjects
     * @param writeStatus whether their status is written
     * @param withinTolerance what is done about changes that an HPA ignores
     * @param leaderElection whether one of several replicas decides, and how it is elected
     */
    public record Kubernetes(
            @DefaultValue("false") boolean enabled,
            @Nullable String namespace,
            @NotBlank @DefaultValue("llmd-autoscaler") String instance,
            @Min(1) @Max(65_535) @DefaultValue("8000") int metricsPort,
            @NotNull @DefaultValue("") String routerSelector,
            @Min(1) @Max(65_535) @DefaultValue("9090") int routerPort,

            @Pattern(regexp = "/[A-Za-z0-9/._-]*") @NotNull @DefaultValue("/actuator/prometheus")
            String routerPath,

            @NotNull @DefaultValue("60s") Duration resync,
            @NotNull @DefaultValue("5m") Duration staleAfter,
            @DefaultValue("true") boolean resources,
            @DefaultValue("true") boolean writeStatus,
            @NotNull @DefaultValue("report") WithinTolerance withinTolerance,
            @Valid @DefaultValue LeaderElection leaderElection) {}

    /**
     * How one of several replicas is elected. The others show its numbers.
     *
     * @param enabled whether only one replica decides
     * @param lease how long a replica that is not heard of stays leader
     * @param renewDeadline a leader that could not renew for so long stops deciding
     * @param retry time between two tries
     */
    public record LeaderElection(
            @DefaultValue("false") boolean enabled,
            @NotNull @DefaultValue("15s") Duration lease,
            @NotNull @DefaultValue("10s") Duration renewDeadline,
            @NotNull @DefaultValue("2s") Duration retry) {}

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    FleetSettings fleet() {
        return new FleetSettings(
                variants.stream().map(ScaledVariant::settings).toList(),
                tiers.stream().map(ServiceTier::rule).toList(),
                routers,
                accelerators,
                new FleetSettings.Zero(zero.enabled(), seconds(zero.retention())),
                seconds(staleAfter),
                Shape.spread(assumedInput, 0, 1, assumedOutput, 1));
    }
}
