package io.llmd.gateway.disagg;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.llmd.gateway.observe.DisaggMeters;
import io.llmd.openai.ApiRequest;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves requests on several endpoints, as decisions of the scheduler say. One for the process; thread-safe. Decides whether
 * a named prefill endpoint is really used, and keeps what all requests share: handoffs under way, pairs of endpoints that
 * failed together, ids of legs.
 */
public final class Disaggregation {

    private static final int MAX_ENCODERS = 256;
    private static final String EVERYWHERE = "*";
    private static final String RANK_LABEL = "llm-d.ai/data-parallel-rank";

    /**
     * What it works with.
     *
     * @param upstream sends to endpoints
     * @param directory endpoints of the pool
     * @param health which endpoints fail
     * @param retries how many further attempts there may be
     * @param inFlight requests per endpoint
     */
    public record Services(
            UpstreamClient upstream,
            EndpointDirectory directory,
            EndpointHealth health,
            RetryBudget retries,
            InFlightRequests inFlight) {}

    private final DisaggSettings settings;
    private final KvConnector connector;
    private final @Nullable Phases phases;
    private final Services services;
    private final DisaggMeters meters;
    private final LongSupplier nanoTime;
    private final Handoffs handoffs;
    private final Pairs pairs;
    private final DecodeTimes decodeTimes = new DecodeTimes();
    private final LegIds ids = new LegIds();
    private final FallbackLog fallbackLog;

    /**
     * @param connector name of the protocol between prefill and decode endpoints
     * @param nanoTime monotonic time
     */
    public Disaggregation(
            DisaggSettings settings, String connector, Services services, DisaggMeters meters, LongSupplier nanoTime) {
        this(settings, Connectors.named(connector), null, services, meters, nanoTime);
    }

    /**
     * One for a coordinator, whose every leg is a request to a gateway that chooses the endpoint.
     *
     * @param phases where legs go and what they carry
     * @param nanoTime monotonic time
     */
    public Disaggregation(
            DisaggSettings settings, Phases phases, Services services, DisaggMeters meters, LongSupplier nanoTime) {
        this(settings, new CoordinatorConnector(phases), phases, services, meters, nanoTime);
    }

    private Disaggregation(
            DisaggSettings settings,
            KvConnector connector,
            @Nullable Phases phases,
            Services services,
            DisaggMeters meters,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.connector = connector;
        this.phases = phases;
        this.services = services;
        this.meters = meters;
        this.nanoTime = nanoTime;
        this.fallbackLog = new FallbackLog(nanoTime);
        this.handoffs = new Handoffs(settings.maxHandoffs());
        this.pairs = new Pairs(settings.quarantineAfter(), settings.quarantine(), nanoTime);
        services.directory().onChange(endpoints -> {
            Set<String> remaining = services.directory().ids();
            pairs.retain(remaining);
            decodeTimes.retain(remaining);
        });
        meters.watch(handoffs::total, handoffs::tokens);
    }

    /**
     * Whether a decision spreads a request over several endpoints in a way that is ours to carry out. An endpoint that has
     * llm-d's routing sidecar does that itself, by the headers of the decision.
     */
    public boolean concerns(ScheduleDecision decision, ApiRequest request) {
        if (phases != null) {
            return true;
        }
        Map<String, String> headers = decision.requestHeaders();
        if (ChunkedDecode.suits(request, settings.chunkTokens())) {
            return !hasSidecar(decision.primary());
        }
        return !headers.isEmpty()
                && (headers.containsKey(LlmdHeader.PREFILLER_HOST_PORT.wireName())
                        || settings.encode() != DisaggSettings.Encode.NONE
                                && headers.containsKey(LlmdHeader.ENCODER_HOSTS_PORTS.wireName())
                        || connector.pulls() && headers.containsKey(LlmdHeader.KV_CACHE_SOURCE_HOST_PORT.wireName()))
                && !hasSidecar(decision.primary());
    }

    private boolean hasSidecar(TargetEndpoint endpoint) {
        return settings.sidecarLabel().equals(EVERYWHERE) || "true".equals(label(endpoint, settings.sidecarLabel()));
    }

    /**
     * The memory of one client request over its attempts; to be closed with it.
     *
     * @param loop event loop of the client
     */
    public SplitState open(String requestId, EventExecutor loop) {
        return new SplitState(this, requestId, loop);
    }

    /**
     * Sends one attempt; to be called on the transport's event loop. The listener may be called before this returns only
     * with a failure or a refusal.
     */
    public UpstreamCall send(Transport transport, SplitRequest request, SplitState state, SplitListener listener) {
        SplitCall call = new SplitCall(this, connector, transport, request, state, listener);
        if (phases != null) {
            call.begin(new PrefillChoice.Yes(phases.prefill()));
        } else {
            call.begin(connector.decodesAlone() ? choose(request, state) : chooseAny(request));
        }
        return call;
    }

    /**
     * Where decode endpoints compute no prompts: the endpoint that is named or, if it cannot be used, another one. What can be split
     * does not matter, for both endpoints get the client's request.
     */
    private PrefillChoice chooseAny(SplitRequest request) {
        TargetEndpoint decode = request.decision().primary();
        TargetEndpoint prefill = named(request.decision());
        if (prefill == null || !isCompatible(prefill, decode) || pairs.isQuarantined(prefill.id(), decode.id())) {
            prefill = otherPrefill(decode, prefill == null ? Set.of() : Set.of(prefill.id()));
        }
        return prefill == null
                ? new PrefillChoice.No(FallbackReason.NO_COMPATIBLE_PREFILL)
                : new PrefillChoice.Yes(prefill);
    }

    private PrefillChoice choose(SplitRequest request, SplitState state) {
        if (!request.decision().requestHeaders().containsKey(LlmdHeader.PREFILLER_HOST_PORT.wireName())) {
            return new PrefillChoice.Unwanted();
        }
        if (!request.request().splittable()) {
            return new PrefillChoice.No(FallbackReason.NOT_SPLITTABLE);
        }
        FallbackReason before = state.fallback();
        if (before != null) {
            return new PrefillChoice.No(before);
        }
        if (state.isSpent()) {
            return new PrefillChoice.No(FallbackReason.DECODE_FAILED);
        }
        SplitState.Prefilled fresh = state.fresh();
        TargetEndpoint prefill = fresh == null ? named(request.decision()) : fresh.prefill();
        if (prefill == null) {
            return new PrefillChoice.No(FallbackReason.PREFILL_UNKNOWN);
        }
        TargetEndpoint decode = request.decision().primary();
        if (prefill.hostPort().equals(decode.hostPort())) {
            // What it would fetch from itself is in its prefix cache.
            return new PrefillChoice.No(FallbackReason.PREFILL_UNKNOWN);
        }
        if (!isCompatible(prefill, decode)) {
            return new PrefillChoice.No(FallbackReason.NO_COMPATIBLE_PREFILL);
        }
        if (pairs.isQuarantined(prefill.id(), decode.id())) {
            return new PrefillChoice.No(FallbackReason.PAIR_QUARANTINED);
        }
        EndpointStatus status = services.directory().at(decode.hostPort());
        boolean queueTooLong = status != null
                && decodeTimes
                                .queueTime(status)
                                .compareTo(settings.handoffLease().dividedBy(2))
                        > 0;
        return queueTooLong ? new PrefillChoice.No(FallbackReason.DECODE_QUEUE) : new PrefillChoice.Yes(prefill);
    }

    /** The first prefill endpoint that a decision names, if it is one of the pool and not the decode endpoint itself. */
    private @Nullable TargetEndpoint named(ScheduleDecision decision) {
        String header = decision.requestHeaders().get(LlmdHeader.PREFILLER_HOST_PORT.wireName());
        if (header == null) {
            return null;
        }
        int comma = header.indexOf(',');
        EndpointStatus status = services.directory().at((comma < 0 ? header : header.substring(0, comma)).strip());
        if (status == null || !ServedPhase.PREFILL.isServed(status.labels(), true)) {
            return null;
        }
        TargetEndpoint endpoint = status.endpoint();
        return endpoint.hostPort().equals(decision.primary().hostPort()) ? null : endpoint;
    }

    /** The encode endpoints that a decision names, without those that are none of the pool, or not ones for that. */
    List<TargetEndpoint> encoders(ScheduleDecision decision) {
        String header = decision.requestHeaders().get(LlmdHeader.ENCODER_HOSTS_PORTS.wireName());
        if (header == null || settings.encode() == DisaggSettings.Encode.NONE) {
            return List.of();
        }
        List<TargetEndpoint> encoders = new ArrayList<>();
        for (String hostPort : header.split(",", MAX_ENCODERS + 1)) {
            EndpointStatus status = services.directory().at(hostPort.strip());
            if (status != null
                    && encoders.size() < MAX_ENCODERS
                    && ServedPhase.ENCODE.isServed(status.labels(), true)
                    && !status.endpoint().hostPort().equals(decision.primary().hostPort())) {
                encoders.add(status.endpoint());
            }
        }
        return encoders;
    }

    /**
     * The endpoint of the pool that a decision names to pull blocks from; {@code null} when there is none, or it is one of
     * {@code others}.
     */
    @Nullable
    TargetEndpoint source(ScheduleDecision decision, TargetEndpoint... others) {
        String header = decision.requestHeaders().get(LlmdHeader.KV_CACHE_SOURCE_HOST_PORT.wireName());
        EndpointStatus status = header == null ? null : services.directory().at(header.strip());
        if (status == null) {
            return null;
        }
        for (TargetEndpoint other : others) {
            if (other.hostPort().equals(status.endpoint().hostPort())) {
                return null;
            }
        }
        return status.endpoint();
    }

    private boolean isCompatible(TargetEndpoint prefill, TargetEndpoint decode) {
        String one = label(prefill, settings.versionLabel());
        String other = label(decode, settings.versionLabel());
        return one == null || other == null || one.equals(other);
    }

    private @Nullable String label(TargetEndpoint endpoint, String name) {
        EndpointStatus status = services.directory().at(endpoint.hostPort());
        return status == null ? null : status.labels().get(name);
    }

    /** The data-parallel rank that an endpoint stands for behind a shared port; {@code null} when it is no rank. */
    @Nullable
    String rankOf(TargetEndpoint endpoint) {
        return label(endpoint, RANK_LABEL);
    }

    /** The least busy prefill endpoint that was not tried, does not fail and fits the decode endpoint. */
    @Nullable
    TargetEndpoint otherPrefill(TargetEndpoint decode, Set<String> tried) {
        TargetEndpoint best = null;
        for (EndpointStatus status : services.directory().statuses()) {
            TargetEndpoint endpoint = status.endpoint();
            boolean usable = ServedPhase.PREFILL.isServed(status.labels(), false)
                    && !tried.contains(endpoint.id())
                    && !endpoint.hostPort().equals(decode.hostPort())
                    && !services.health().isAvoided(endpoint.id())
                    && isCompatible(endpoint, decode)
                    && !pairs.isQuarantined(endpoint.id(), decode.id());
            if (usable && (best == null || handoffs.count(endpoint.id()) < handoffs.count(best.id()))) {
                best = endpoint;
            }
        }
        return best;
    }

    /** What to do about the host at which a prefill endpoint says its blocks are. */
    SplitCall.TransferHost transferHost(String host, TargetEndpoint from) {
        if (phases != null && phases.trustsHosts()) {
            return SplitCall.TransferHost.FINE;
        }
        if (host.equals(from.host())) {
            return SplitCall.TransferHost.FINE;
        }
        if (isLoopback(host)) {
            if (isLoopback(from.host())) {
                return SplitCall.TransferHost.FINE;
            }
            return settings.overrideLoopbackHost() ? SplitCall.TransferHost.OVERRIDE : SplitCall.TransferHost.LOOPBACK;
        }
        boolean known = settings.transferHosts().test(host)
                || services.directory().statuses().stream()
                        .anyMatch(status -> status.endpoint().host().equals(host));
        return known ? SplitCall.TransferHost.FINE : SplitCall.TransferHost.FOREIGN;
    }

    private static boolean isLoopback(String host) {
        if (host.toLowerCase(Locale.ROOT).equals("localhost")) {
            return true;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return address != null
                    && (InetAddress.getByAddress(address).isLoopbackAddress()
                            || InetAddress.getByAddress(address).isAnyLocalAddress());
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Nobody will fetch the blocks of a handoff. */
    void orphaned() {
        meters.handoff("orphaned");
    }

    /** Handoffs that prefill endpoints are taken to hold. */
    public int heldHandoffs() {
        return handoffs.total();
    }

    /** Requests whose legs have an id of theirs. */
    public int openRequests() {
        return ids.count();
    }

    AtomicLong enter(TargetEndpoint endpoint) {
        return services.inFlight().enter(endpoint.id());
    }

    DisaggSettings settings() {
        return settings;
    }

    /** What a coordinator sends where; {@code null} when this is none. */
    @Nullable
    Phases phases() {
        return phases;
    }

    DisaggMeters meters() {
        return meters;
    }

    FallbackLog fallbackLog() {
        return fallbackLog;
    }

    Handoffs handoffs() {
        return handoffs;
    }

    Pairs pairs() {
        return pairs;
    }

    DecodeTimes decodeTimes() {
        return decodeTimes;
    }

    LegIds ids() {
        return ids;
    }

    UpstreamClient upstream() {
        return services.upstream();
    }

    EndpointHealth health() {
        return services.health();
    }

    RetryBudget retries() {
        return services.retries();
    }

    long now() {
        return nanoTime.getAsLong();
    }
}
