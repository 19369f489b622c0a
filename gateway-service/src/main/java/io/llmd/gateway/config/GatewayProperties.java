package io.llmd.gateway.config;

import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.CacheIsolation;
import io.llmd.gateway.disagg.DisaggSettings.CachedTokens;
import io.llmd.gateway.disagg.DisaggSettings.Encode;
import io.llmd.gateway.disagg.DisaggSettings.OnPrefillFailure;
import io.llmd.gateway.disagg.Phases.Protocol;
import io.llmd.gateway.disagg.Phases.Step;
import io.llmd.gateway.edge.Place;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the gateway.
 *
 * @param exposeEndpoint answers name the endpoint that served them; for trials
 * @param limits what requests and connections may weigh
 * @param timeouts how long each step may take
 * @param access who may enter
 * @param scheduler where decisions come from
 * @param endpoints connections to endpoints, retries and ejection
 * @param disaggregation requests on several endpoints
 * @param sidecar the gateway beside one model server
 * @param coordinator the gateway before another one, to which it sends a request for each phase
 * @param models which models are known
 * @param drain how the gateway stops
 * @param watchdog what becomes of event loops that do not get on
 * @param console the web console
 */
@Validated
@ConfigurationProperties(prefix = "gateway", ignoreUnknownFields = false)
public record GatewayProperties(
        @DefaultValue("false") boolean exposeEndpoint,
        @Valid @DefaultValue Limits limits,
        @Valid @DefaultValue Timeouts timeouts,
        @Valid @DefaultValue Access access,
        @Valid @DefaultValue Scheduler scheduler,
        @Valid @DefaultValue Endpoints endpoints,
        @Valid @DefaultValue Disaggregation disaggregation,
        @Valid @DefaultValue Sidecar sidecar,
        @Valid @DefaultValue Coordinator coordinator,
        @Valid @DefaultValue Models models,
        @Valid @DefaultValue Drain drain,
        @Valid @DefaultValue Watchdog watchdog,
        @Valid @DefaultValue Console console) {

    /**
     * @param requestLine first line of a request
     * @param headerSize all headers of a request together
     * @param headers number of headers of a request
     * @param body body of one request
     * @param heldBodyShare share of the heap that bodies of all requests may take
     * @param connections open connections of clients
     * @param connectionsPerAddress of those, from one address
     * @param writeBuffer bytes of an answer that wait for one slow client
     * @param heldAnswer answers up to this size are sent only when they are complete
     * @param answer answer that is no stream
     * @param memoryHigh share of heap or direct memory in use, after a collection, from which on large bodies are refused
     * @param memoryCritical the same for all new requests
     */
    public record Limits(
            @NotNull @DefaultValue("8KB") DataSize requestLine,
            @NotNull @DefaultValue("16KB") DataSize headerSize,
            @Min(10) @DefaultValue("100") int headers,
            @NotNull @DefaultValue("32MB") DataSize body,

            @DecimalMin("0.01") @DecimalMax("0.9") @DefaultValue("0.25")
            double heldBodyShare,

            @Min(1) @DefaultValue("10000") int connections,
            @Min(1) @DefaultValue("256") int connectionsPerAddress,
            @NotNull @DefaultValue("256KB") DataSize writeBuffer,
            @NotNull @DefaultValue("256KB") DataSize heldAnswer,
            @NotNull @DefaultValue("64MB") DataSize answer,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0.85")
            double memoryHigh,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0.92")
            double memoryCritical) {}

    /**
     * @param header from the first byte of a request to the end of its headers
     * @param bodyGap between two parts of a body
     * @param body for a whole body
     * @param bodyPerMebibyte added to that for each MiB received
     * @param keepAlive idle connection of a client
     * @param queue from asking the scheduler to its decision, above the longest wait that the scheduler's flow control allows
     * @param firstByte from sending a request to the first byte of the answer's body
     * @param gap between two parts of an answer
     * @param writeGap client takes next to nothing of an answer that waits for it
     * @param request whole request
     * @param keepAliveComment silence in a stream after which a comment is sent
     */
    public record Timeouts(
            @NotNull @DefaultValue("10s") Duration header,
            @NotNull @DefaultValue("15s") Duration bodyGap,
            @NotNull @DefaultValue("60s") Duration body,
            @NotNull @DefaultValue("1s") Duration bodyPerMebibyte,
            @NotNull @DefaultValue("75s") Duration keepAlive,
            @NotNull @DefaultValue("125s") Duration queue,
            @NotNull @DefaultValue("300s") Duration firstByte,
            @NotNull @DefaultValue("60s") Duration gap,
            @NotNull @DefaultValue("30s") Duration writeGap,
            @NotNull @DefaultValue("1800s") Duration request,
            @NotNull @DefaultValue("15s") Duration keepAliveComment) {}

    /**
     * @param mode whether requests need a key
     * @param keysFile YAML file with the hashes of the keys
     * @param demoKey one more key, in clear text, for trials
     * @param reloadInterval how often the file is looked at for changes
     * @param trustedProxies addresses whose control headers and {@code x-forwarded-for} are believed, such as 10.0.0.0/8
     * @param corsOrigins origins of browser pages that may call
     * @param transferParams what becomes of requests whose body holds {@code kv_transfer_params} or
     *     {@code ec_transfer_params}
     * @param keyLimits what a key may use, where the key file says nothing else
     * @param tenantLimits what all keys of a tenant may use together, where the key file says nothing else
     * @param burst rates allow so much time's share at once
     * @param gateways gateways that share the clients; each keeps to its part of every limit
     * @param assumedOutputTokens output counted against limits while a request without a bound of its own is under way
     * @param usageFile keeps what was used of budgets over restarts; without it each start begins anew
     * @param cacheIsolation who shares cached blocks of prompts; a tenant by default, everybody where no key is needed
     * @param cacheSecretFile secret of at least 32 bytes, the same for all gateways; without it, the hash of the first key;
     *     needed for signed tokens without any key
     * @param auditFile which keys came into force and went, a JSON object a line, always at its end
     * @param jwt signed tokens of an identity provider, beside API keys
     */
    public record Access(
            @NotNull @DefaultValue("keys") Mode mode,
            @Nullable Path keysFile,
            @Nullable String demoKey,
            @NotNull @DefaultValue("2s") Duration reloadInterval,
            @DefaultValue List<String> trustedProxies,
            @DefaultValue Set<String> corsOrigins,
            @NotNull @DefaultValue("strip") TransferParams transferParams,
            @Valid @DefaultValue KeyLimits keyLimits,
            @Valid @DefaultValue TenantLimits tenantLimits,
            @NotNull @DefaultValue("2s") Duration burst,
            @Min(1) @DefaultValue("1") int gateways,
            @Min(1) @DefaultValue("1024") int assumedOutputTokens,
            @Nullable Path usageFile,
            CacheIsolation.@Nullable Scope cacheIsolation,
            @Nullable Path cacheSecretFile,
            @Nullable Path auditFile,
            @Valid @DefaultValue Jwt jwt) {

        /**
         * Signed tokens of an identity provider, beside API keys.
         *
         * @param issuer of the tokens, as they say it; empty to accept none
         * @param audiences of which a token has to name one
         * @param algorithms that may sign; none with a shared secret
         * @param keySet URL of the issuer's keys; without it, its discovery document says where they are
         * @param tenantClaim claim that names the tenant
         * @param modelsClaim claim with the models that may be named; empty for all models
         * @param clockSkew how far clocks may differ
         * @param keyInterval how often the keys are read; an unknown key makes them be read again
         * @param timeout for each answer of the issuer
         */
        public record Jwt(
                @DefaultValue("") String issuer,
                @DefaultValue Set<String> audiences,

                @NotEmpty @DefaultValue({"RS256", "ES256"}) Set<String> algorithms,

                @Nullable URI keySet,
                @NotEmpty @DefaultValue("tenant") String tenantClaim,
                @DefaultValue("") String modelsClaim,
                @NotNull @DefaultValue("30s") Duration clockSkew,
                @NotNull @DefaultValue("5m") Duration keyInterval,
                @NotNull @DefaultValue("5s") Duration timeout) {

            public Jwt {
                if (!issuer.isEmpty() && audiences.isEmpty()) {
                    throw new IllegalArgumentException("gateway.access.jwt.audiences: none (expected: at least one, for"
                            + " tokens of an issuer are also made for other services)");
                }
            }
        }

        /**
         * @param requestsPerMinute 0 for no limit
         * @param tokensPerMinute prompt and generated tokens; 0 for no limit
         * @param concurrent requests at the same time; 0 for no limit
         */
        public record KeyLimits(
                @Min(0) @DefaultValue("0") int requestsPerMinute,
                @Min(0) @DefaultValue("0") int tokensPerMinute,
                @Min(0) @DefaultValue("64") int concurrent) {

            Allowance allowance() {
                return new Allowance(requestsPerMinute, tokensPerMinute, concurrent, null);
            }
        }

        /**
         * @param requestsPerMinute 0 for no limit
         * @param tokensPerMinute prompt and generated tokens; 0 for no limit
         * @param concurrent requests at the same time; 0 for no limit
         */
        public record TenantLimits(
                @Min(0) @DefaultValue("0") int requestsPerMinute,
                @Min(0) @DefaultValue("0") int tokensPerMinute,
                @Min(0) @DefaultValue("256") int concurrent) {

            Allowance allowance() {
                return new Allowance(requestsPerMinute, tokensPerMinute, concurrent, null);
            }
        }

        /** Who shares cached blocks; the setting, or what fits the place. */
        CacheIsolation.Scope isolation(Place place) {
            if (cacheIsolation != null) {
                return cacheIsolation;
            }
            // Behind a coordinator there is a gateway, which does it.
            return mode == Mode.OPEN || place == Place.COORDINATOR
                    ? CacheIsolation.Scope.SHARED
                    : CacheIsolation.Scope.TENANT;
        }

        /** What becomes of parameters of KV transfer that clients write. */
        public enum TransferParams {
            /** They are taken out. */
            STRIP,
            /** The request is refused. */
            REFUSE,
            /** They go on, because only parts of the deployment can send requests here. */
            PASS,
            /** Those of trusted proxies go on, such as a coordinator; others are taken out. */
            TRUSTED
        }

        /** Whether requests need a key. */
        public enum Mode {
            /** Each request needs one of the keys. */
            KEYS,
            /** No request needs a key. */
            OPEN
        }

        @Override
        public String toString() {
            return "Access[mode=" + mode + ", keysFile=" + keysFile + ", demoKey=***, trustedProxies=" + trustedProxies
                    + ", corsOrigins=" + corsOrigins + "]";
        }
    }

    /**
     * @param url base URL of the scheduler
     * @param timeout so much longer than {@code gateway.timeouts.queue} a question stays open at most
     * @param controlTimeout for outcome reports and endpoint lists; after three lists in a row that did not come in time the
     *     scheduler counts as lost
     * @param pollInterval how often the endpoints of the pool are asked for
     * @param fallbackFor how long requests are placed without a scheduler that cannot be reached
     * @param probeInterval how often a scheduler that cannot be reached is tried
     * @param waitingReports outcome reports that may wait for the scheduler
     * @param tlsBundle of an https URL, SSL bundle with the certificates to trust, and the own one; empty for those of the JDK
     * @param tlsVerify of an https URL, whether certificates are checked
     */
    public record Scheduler(
            @NotNull @DefaultValue("http://localhost:8081") URI url,
            @NotNull @DefaultValue("2s") Duration timeout,
            @NotNull @DefaultValue("2s") Duration controlTimeout,
            @NotNull @DefaultValue("1s") Duration pollInterval,
            @NotNull @DefaultValue("60s") Duration fallbackFor,
            @NotNull @DefaultValue("1s") Duration probeInterval,
            @Min(100) @DefaultValue("50000") int waitingReports,
            @DefaultValue("") String tlsBundle,
            @DefaultValue("true") boolean tlsVerify) {
        public Scheduler {
            boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (!isHttp || url.getHost() == null) {
                throw new IllegalArgumentException("gateway.scheduler.url: " + url
                        + " (expected: http or https, and a host, such as http://localhost:8081)");
            }
        }
    }

    /**
     * @param connectTimeout for a connection to be established
     * @param maxIdle idle connections are kept so long
     * @param maxIdleConnections idle connections kept per endpoint and event loop
     * @param headerSize head of an answer
     * @param maxFurther endpoints that may be tried after the first
     * @param retryShare share of the requests under way that may be in a further attempt
     * @param minRetries further attempts that are always allowed
     * @param ejectAfter failures in a row that eject an endpoint
     * @param firstEjection how long the first ejection lasts; doubles each time
     * @param longestEjection where doubling ends
     * @param maxEjectedShare share of the endpoints that may be left out; when more fail, all are tried
     * @param outlierMargin an endpoint is ejected too when its share of successes is so much below the mean of the others; 0 for never
     * @param outlierRequests requests of an endpoint within the last one to two windows that such a judgement needs
     * @param outlierWindow that window
     * @param relayErrors whether bodies of an endpoint's 5xx go to the client
     * @param tls whether endpoints are reached over TLS, and in no other way
     * @param tlsBundle SSL bundle with the certificates to trust, and the own one; empty for those of the JDK
     * @param tlsVerify whether certificates are checked
     */
    public record Endpoints(
            @NotNull @DefaultValue("1s") Duration connectTimeout,
            @NotNull @DefaultValue("4s") Duration maxIdle,
            @Min(0) @DefaultValue("1024") int maxIdleConnections,
            @NotNull @DefaultValue("64KB") DataSize headerSize,
            @Min(0) @DefaultValue("2") int maxFurther,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0.2")
            double retryShare,

            @Min(0) @DefaultValue("3") int minRetries,
            @Min(1) @DefaultValue("3") int ejectAfter,
            @NotNull @DefaultValue("5s") Duration firstEjection,
            @NotNull @DefaultValue("60s") Duration longestEjection,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0.5")
            double maxEjectedShare,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0.05")
            double outlierMargin,

            @Min(1) @DefaultValue("20") int outlierRequests,
            @NotNull @DefaultValue("5s") Duration outlierWindow,
            @DefaultValue("false") boolean relayErrors,
            @DefaultValue("false") boolean tls,
            @DefaultValue("") String tlsBundle,
            @DefaultValue("true") boolean tlsVerify) {}

    /**
     * @param connector protocol between prefill and decode endpoints
     * @param onPrefillFailure what becomes of a request whose prompt no prefill endpoint computed
     * @param prefillRetries further tries of a prefill leg that was answered with 429, 502, 503 or 504
     * @param retryBackoff pause before such a try
     * @param prefillTimeout for the answer of a prefill leg
     * @param decodeTimeout for the first byte of a decode leg
     * @param timeoutPerToken added to both for each token of the prompt
     * @param handoffLease how long prefill endpoints hold blocks that nobody fetches
     * @param maxHandoffs handoffs of one prefill endpoint that may be under way at one time
     * @param answerSize answer of a prefill leg
     * @param overrideLoopbackHost whether a loopback {@code remote_host} is replaced by the prefill endpoint's own host
     * @param transferHosts hosts and ranges of addresses beyond the pool's that {@code remote_host} may name
     * @param cachedTokens whose count of cached tokens clients get
     * @param reuseTokens whether decode legs of chats carry the prompt's token ids
     * @param generateExtraArgs whether handoffs of generate requests are put into {@code sampling_params.extra_args} too
     * @param sidecarLabel label of decode endpoints with llm-d's routing sidecar, whose value is then {@code true}; {@code *} when all
     *     have it
     * @param versionLabel label whose value has to be equal at a prefill and a decode endpoint that both have it
     * @param quarantineAfter failures in a row of a prefill and a decode endpoint together that keep them apart
     * @param quarantine how long they are kept apart
     * @param commitTimeout how long a decode endpoint's answer is held for the prefill endpoint's; of connector moriio
     * @param bootstrapPort port of the bootstrap servers of prefill endpoints; of connectors sglang and mooncake
     * @param offloadPort port from which blocks are pulled, plus the data-parallel rank; of connector offloading
     * @param notifyPort port for the end of a transfer; of connector moriio
     * @param handshakePort port for the first contact; of connector moriio
     * @param dataParallelSize data-parallel ranks behind one address; of connector moriio
     * @param tensorParallelSize accelerators of one rank; of connector moriio
     * @param cacheHitThreshold share of a prompt that a decode endpoint must have cached to compute the rest, if the request
     *     does not say; of connector shared-storage
     * @param encodeConnector how embeddings of media get from encode endpoints to the one that computes the prompt
     */
    public record Disaggregation(
            @NotNull @DefaultValue("nixlv2") String connector,
            @NotNull @DefaultValue("decode-only") OnPrefillFailure onPrefillFailure,
            @Min(0) @DefaultValue("0") int prefillRetries,
            @NotNull @DefaultValue("200ms") Duration retryBackoff,
            @NotNull @DefaultValue("30s") Duration prefillTimeout,
            @NotNull @DefaultValue("30s") Duration decodeTimeout,
            @NotNull @DefaultValue("1ms") Duration timeoutPerToken,
            @NotNull @DefaultValue("30s") Duration handoffLease,
            @Min(1) @DefaultValue("64") int maxHandoffs,
            @NotNull @DefaultValue("16MB") DataSize answerSize,
            @DefaultValue("false") boolean overrideLoopbackHost,
            @DefaultValue List<String> transferHosts,
            @NotNull @DefaultValue("of-prefill") CachedTokens cachedTokens,
            @DefaultValue("false") boolean reuseTokens,
            @DefaultValue("true") boolean generateExtraArgs,

            @NotNull @DefaultValue("llm-d.ai/routing-sidecar")
            String sidecarLabel,

            @NotNull @DefaultValue("llm-d.ai/engine-version")
            String versionLabel,

            @Min(1) @DefaultValue("3") int quarantineAfter,
            @NotNull @DefaultValue("60s") Duration quarantine,
            @NotNull @DefaultValue("30s") Duration commitTimeout,
            @Min(1) @Max(65535) @DefaultValue("8998") int bootstrapPort,
            @Min(1) @Max(65535) @DefaultValue("7777") int offloadPort,
            @Min(1) @Max(65535) @DefaultValue("61005") int notifyPort,
            @Min(1) @Max(65535) @DefaultValue("6301") int handshakePort,
            @Min(1) @Max(65536) @DefaultValue("1") int dataParallelSize,
            @Min(1) @Max(65536) @DefaultValue("1") int tensorParallelSize,

            @DecimalMin("0") @DecimalMax("1") @DefaultValue("0")
            double cacheHitThreshold,

            @NotNull @DefaultValue("ec-nixl") Encode encodeConnector) {
        public Disaggregation {
            requirePositive("prefill-timeout", prefillTimeout);
            requirePositive("decode-timeout", decodeTimeout);
            requirePositive("handoff-lease", handoffLease);
            requirePositive("quarantine", quarantine);
            requirePositive("commit-timeout", commitTimeout);
            if (answerSize.toBytes() <= 0 || answerSize.toBytes() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "gateway.disaggregation.answer-size: " + answerSize + " (expected: 1B to 2047MB)");
            }
        }

        private static void requirePositive(String name, Duration value) {
            if (!value.isPositive()) {
                throw new IllegalArgumentException(
                        "gateway.disaggregation." + name + ": " + value + " (expected: above zero)");
            }
        }
    }

    /**
     * @param enabled whether requests are placed at one model server, and headers of an endpoint picker in front say where
     *     their other phases are served; the profile sidecar sets it
     * @param decoder base URL of the model server
     * @param dataParallelSize data-parallel ranks of the model server, on ports in a row
     * @param rankPort port by which {@code x-data-parallel-host-port} names the first rank
     * @param allow endpoints that headers may name
     * @param samplePrefillers whether any of several prefill endpoints is taken, instead of the first
     * @param prefillerTls whether prefill endpoints and sources of blocks are reached over TLS
     * @param encoderTls whether encode endpoints are reached over TLS
     * @param tlsBundle SSL bundle with the certificates to trust, and the own one; empty for those of the JDK
     * @param tlsVerify whether certificates are checked
     * @param chunkTokens tokens of a chat's answer that the model server generates in one go, where nobody else takes part;
     *     0 for all
     */
    public record Sidecar(
            @DefaultValue("false") boolean enabled,
            @NotNull @DefaultValue("http://localhost:8200") URI decoder,
            @Min(1) @Max(1024) @DefaultValue("1") int dataParallelSize,
            @Min(1) @Max(65535) @DefaultValue("8000") int rankPort,
            @DefaultValue List<String> allow,
            @DefaultValue("false") boolean samplePrefillers,
            @DefaultValue("false") boolean prefillerTls,
            @DefaultValue("false") boolean encoderTls,
            @DefaultValue("") String tlsBundle,
            @DefaultValue("true") boolean tlsVerify,
            @Min(0) @DefaultValue("0") int chunkTokens) {
        public Sidecar {
            String scheme = decoder.getScheme();
            boolean isHttp = "http".equals(scheme) || "https".equals(scheme);
            if (!isHttp || decoder.getHost() == null || decoder.getPort() < 1) {
                throw new IllegalArgumentException("gateway.sidecar.decoder: " + decoder
                        + " (expected: http or https, a host and a port, such as http://localhost:8200)");
            }
        }
    }

    /**
     * @param enabled whether each phase of a request becomes a request of its own to a gateway behind; the profile
     *     coordinator sets it
     * @param file configuration of llm-d's coordinator, whose values go before the defaults
     * @param gateway base URL of the gateway
     * @param render base URL of what makes token ids of prompts; without one nothing is rendered
     * @param paths further paths whose GET requests go to the gateway as they are; all others are unknown
     * @param steps what is done with a request
     * @param kvConnector how blocks get from the endpoint of one phase to that of the next
     * @param openaiFormat whether encode and prefill requests have the API of the client's request, instead of token ids in
     *     and out
     * @param renderTimeout for an answer of the render endpoint
     * @param renderSize answer of the render endpoint
     * @param maxTokens tokens of a rendered prompt; 0 for any number
     * @param maxPlaceholderTokens of these, those that stand for media; 0 for any number
     * @param encodeParallel encode requests of one request at a time
     * @param maxMedia media of one request; 0 for any number
     * @param mediaHosts hosts that images are fetched from; none means that requests with addresses are refused
     * @param mediaNetworks networks that may be contacted for that although they are not public
     * @param mediaPorts ports that may be contacted for that; none means 443 and, with {@code media-plain}, 80
     * @param mediaPlain whether images are also fetched without encryption
     * @param mediaTimeout for each
     * @param mediaSize of each
     * @param mediaParallel images of one request that are fetched at a time
     * @param mediaHeldShare share of the heap that fetched images of all requests may take
     * @param tlsBundle SSL bundle with the certificates to trust, and the own one; empty for those of the JDK
     * @param tlsVerify whether certificates are checked
     */
    public record Coordinator(
            @DefaultValue("false") boolean enabled,
            @Nullable Path file,
            @NotNull @DefaultValue("http://localhost:8080") URI gateway,
            @Nullable URI render,
            @DefaultValue({"/v1/models", "/v1/models/**"}) List<String> paths,

            @NotEmpty @DefaultValue({"replace-media-urls", "render", "encode", "prefill", "decode"})
            List<Step> steps,

            @NotNull @DefaultValue("kv-nixl") Protocol kvConnector,
            @DefaultValue("true") boolean openaiFormat,
            @NotNull @DefaultValue("30s") Duration renderTimeout,
            @NotNull @DefaultValue("64MB") DataSize renderSize,
            @Min(0) @DefaultValue("0") int maxTokens,
            @Min(0) @DefaultValue("0") int maxPlaceholderTokens,
            @Min(1) @Max(256) @DefaultValue("8") int encodeParallel,
            @Min(0) @DefaultValue("0") int maxMedia,
            @DefaultValue List<String> mediaHosts,
            @DefaultValue List<String> mediaNetworks,
            @DefaultValue List<Integer> mediaPorts,
            @DefaultValue("false") boolean mediaPlain,
            @NotNull @DefaultValue("10s") Duration mediaTimeout,
            @NotNull @DefaultValue("10MB") DataSize mediaSize,
            @Min(1) @Max(256) @DefaultValue("10") int mediaParallel,

            @DecimalMin("0.01") @DecimalMax("0.5") @DefaultValue("0.1")
            double mediaHeldShare,

            @DefaultValue("") String tlsBundle,
            @DefaultValue("true") boolean tlsVerify) {
        public Coordinator {
            requireBase("gateway", gateway);
            if (render != null) {
                requireBase("render", render);
            }
            paths = List.copyOf(paths);
            paths.forEach(path -> {
                if (!path.startsWith("/")) {
                    throw new IllegalArgumentException(
                            "gateway.coordinator.paths: " + path + " (expected: a path such as /v1/models)");
                }
            });
            steps = List.copyOf(steps);
            boolean isInOrder = steps.stream().sorted().distinct().toList().equals(steps);
            if (!isInOrder || !steps.contains(Step.DECODE)) {
                throw new IllegalArgumentException("gateway.coordinator.steps: " + steps
                        + " (expected: in the order of " + List.of(Step.values()) + ", decode at least)");
            }
            if (!openaiFormat && (render == null || !steps.contains(Step.RENDER))) {
                throw new IllegalArgumentException(
                        "gateway.coordinator.openai-format: false (expected: true without step render and its URL)");
            }
            requireSize("render-size", renderSize);
            requireSize("media-size", mediaSize);
        }

        private static void requireBase(String name, URI url) {
            boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            boolean isBase = url.getRawPath() == null
                    || url.getRawPath().isEmpty()
                    || url.getRawPath().equals("/");
            if (!isHttp || url.getHost() == null || !isBase) {
                throw new IllegalArgumentException("gateway.coordinator." + name + ": " + url
                        + " (expected: http or https, and a host, such as http://localhost:8080)");
            }
        }

        private static void requireSize(String name, DataSize size) {
            if (size.toBytes() < 1 || size.toBytes() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "gateway.coordinator." + name + ": " + size + " (expected: 1B to 2047MB)");
            }
        }
    }

    /**
     * @param pollInterval how often each endpoint is asked for its models
     * @param declared names that requests may use although no endpoint lists them, because the scheduler rewrites them
     * @param contextTokens prompt and output tokens of a model that does not say its own limit
     */
    public record Models(
            @NotNull @DefaultValue("5s") Duration pollInterval,
            @DefaultValue Set<String> declared,
            @Min(1) @DefaultValue("131072") int contextTokens) {}

    /**
     * @param enabled whether there are pages under {@code /console}
     * @param login who may see them: holders of the keys that are named, or whoever is on this machine
     * @param operators ids of keys whose holders may change things
     * @param viewers ids of keys whose holders may look
     * @param sessionLength how long a login lasts
     * @param trial whether faults may be injected into endpoints and load be made
     * @param chatKey key that the chat page begins with, where there is no login; for trials
     * @param requests requests that are kept for the pages
     * @param peers management URLs of the gateways of the pool; a name stands for all its addresses
     * @param kvIndex base URL of the KV index
     * @param autoscaler base URL of the autoscaler
     * @param autoscalerKeyFile file with the key that lets write there
     * @param configServer base URL of the config server
     * @param grafana URL of dashboards
     */
    public record Console(
            @DefaultValue("false") boolean enabled,
            @NotNull @DefaultValue("keys") Login login,
            @DefaultValue Set<String> operators,
            @DefaultValue Set<String> viewers,
            @NotNull @DefaultValue("8h") Duration sessionLength,
            @DefaultValue("false") boolean trial,
            @Nullable String chatKey,
            @Min(100) @Max(100_000) @DefaultValue("2000") int requests,
            @DefaultValue List<URI> peers,
            @Nullable URI kvIndex,
            @Nullable URI autoscaler,
            @Nullable Path autoscalerKeyFile,
            @Nullable URI configServer,
            @Nullable URI grafana) {

        /** Who may see the console. */
        public enum Login {
            /** Holders of keys that are named as operators or viewers. */
            KEYS,
            /** Whoever is on this machine. */
            NONE
        }

        @Override
        public String toString() {
            return "Console[enabled=" + enabled + ", login=" + login + ", chatKey=***]";
        }
    }

    /**
     * @param linger how long requests are still taken after readiness went off
     * @param timeout how long requests under way may take to end
     */
    public record Drain(
            @NotNull @DefaultValue("0s") Duration linger,
            @NotNull @DefaultValue("120s") Duration timeout) {}

    /**
     * @param stallAfter an event loop that does no work for so long is told of, with what it is at
     * @param brokenAfter one that does none for so long makes the process count as broken
     */
    public record Watchdog(
            @NotNull @DefaultValue("2s") Duration stallAfter,
            @NotNull @DefaultValue("15s") Duration brokenAfter) {}
}
