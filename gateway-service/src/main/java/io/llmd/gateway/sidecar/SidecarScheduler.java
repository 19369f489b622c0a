package io.llmd.gateway.sidecar;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.gateway.edge.Steering;
import io.llmd.openai.ApiError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Places every request at the model server beside this process, and takes where its other phases are served from the
 * headers that an endpoint picker in front has set. Of these only allowed endpoints are ever named in a decision.
 * Thread-safe; decides on the calling thread.
 *
 * @implNote remembers the endpoints that were named last, at most 1,024, as the pool that legs may go to
 */
public final class SidecarScheduler implements SchedulerClient, Steering {

    private static final int MAX_REMEMBERED = 1_024;
    private static final String PREFILL = LlmdHeader.PREFILLER_HOST_PORT.wireName();
    private static final String ENCODE = LlmdHeader.ENCODER_HOSTS_PORTS.wireName();
    private static final String SOURCE = LlmdHeader.KV_CACHE_SOURCE_HOST_PORT.wireName();

    /**
     * @param decoderHost where the model server listens
     * @param decoderPort port of its first data-parallel rank; the others follow
     * @param ranks data-parallel ranks, at least 1
     * @param rankPort port by which {@code x-data-parallel-host-port} names the first rank
     * @param allowed endpoints that headers may name
     * @param samples whether any of several prefill endpoints is taken, instead of the first
     */
    public record Settings(
            String decoderHost, int decoderPort, int ranks, int rankPort, AllowList allowed, boolean samples) {}

    private final Settings settings;
    private final EndpointDirectory directory;
    private final IntUnaryOperator random;
    private final List<TargetEndpoint> decoders = new ArrayList<>();
    private final AtomicLong leases = new AtomicLong();
    private final Map<String, EndpointStatus> named = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, EndpointStatus> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /**
     * @param directory told of endpoints before a decision names them
     * @param random a number below its argument
     */
    public SidecarScheduler(Settings settings, EndpointDirectory directory, IntUnaryOperator random) {
        this.settings = settings;
        this.directory = directory;
        this.random = random;
        for (int rank = 0; rank < settings.ranks(); rank++) {
            decoders.add(new TargetEndpoint("local/" + rank, settings.decoderHost(), settings.decoderPort() + rank));
        }
    }

    @Override
    public @Nullable ApiError refusal(Map<String, String> headers) {
        if (rank(headers) < 0) {
            return new ApiError(
                    ErrorCode.INVALID_VALUE,
                    LlmdHeader.DATA_PARALLEL_HOST_PORT.wireName() + ": no rank of this endpoint");
        }
        List<HostPort> prefillers = hosts(headers, PREFILL);
        boolean isNamed = !headers.getOrDefault(PREFILL, "").isBlank();
        return isNamed && prefillers.isEmpty()
                ? new ApiError(ErrorCode.PERMISSION_DENIED, PREFILL + ": this endpoint may not be contacted")
                : null;
    }

    /** The rank that a request is for; negative when there is no such rank. */
    private int rank(Map<String, String> headers) {
        String value = headers.get(LlmdHeader.DATA_PARALLEL_HOST_PORT.wireName());
        if (value == null || value.isBlank()) {
            return 0;
        }
        HostPort wanted = HostPort.parse(value);
        int rank = wanted == null ? -1 : wanted.port() - settings.rankPort();
        return rank < settings.ranks() ? rank : -1;
    }

    /** The allowed endpoints of a header. Of prefill endpoints only the first counts, unless any is taken. */
    private List<HostPort> hosts(Map<String, String> headers, String header) {
        String value = headers.getOrDefault(header, "");
        if (value.isBlank()) {
            return List.of();
        }
        boolean onlyFirst = header.equals(PREFILL) && !settings.samples();
        List<HostPort> allowed = new ArrayList<>(1);
        String[] texts = value.split(",", MAX_REMEMBERED);
        for (int i = 0; i < (onlyFirst ? 1 : texts.length); i++) {
            HostPort endpoint = HostPort.parse(texts[i]);
            if (endpoint != null && settings.allowed().allows(endpoint)) {
                allowed.add(endpoint);
            }
        }
        return allowed;
    }

    @Override
    public Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        TargetEndpoint decoder = decoders.get(Math.max(0, rank(request.headers())));
        if (request.excludedEndpoints().contains(decoder.id())) {
            outcome.accept(new ScheduleRejection(
                    request.requestId(),
                    ScheduleRejection.Reason.NO_ENDPOINTS,
                    "the model server beside the sidecar fails",
                    1_000));
            return Cancellation.NONE;
        }
        Map<String, String> headers = new HashMap<>();
        List<HostPort> prefillers = hosts(request.headers(), PREFILL);
        if (!prefillers.isEmpty()) {
            HostPort chosen = prefillers.get(random.applyAsInt(prefillers.size()));
            headers.put(PREFILL, chosen.toString());
            remember(List.of(chosen), "prefill");
        }
        List<HostPort> encoders = hosts(request.headers(), ENCODE);
        if (!encoders.isEmpty()) {
            headers.put(ENCODE, encoders.stream().map(HostPort::toString).collect(Collectors.joining(",")));
            remember(encoders, "encode");
        }
        List<HostPort> sources = hosts(request.headers(), SOURCE);
        if (!sources.isEmpty()) {
            headers.put(SOURCE, sources.getFirst().toString());
            remember(List.of(sources.getFirst()), "source");
        }
        String rank = request.headers().get(LlmdHeader.DATA_PARALLEL_RANK.wireName());
        if (rank != null && rank.matches("[0-9]{1,6}")) {
            headers.put(LlmdHeader.DATA_PARALLEL_RANK.wireName(), rank);
        }
        outcome.accept(new ScheduleDecision(
                request.requestId(),
                leases.incrementAndGet(),
                "",
                "sidecar",
                List.of(decoder),
                PrefixMatch.NONE,
                headers,
                Map.of()));
        return Cancellation.NONE;
    }

    /** Makes endpoints part of the pool, so that legs may go there. */
    private synchronized void remember(List<HostPort> endpoints, String phase) {
        boolean isNew = false;
        for (HostPort endpoint : endpoints) {
            String id = phase + "/" + endpoint;
            if (named.get(endpoint.toString()) == null) {
                named.put(endpoint.toString(), status(new TargetEndpoint(id, endpoint.host(), endpoint.port())));
                isNew = true;
            }
        }
        if (isNew) {
            directory.update(list());
        }
    }

    private static EndpointStatus status(TargetEndpoint endpoint) {
        return new EndpointStatus(endpoint, Map.of(), true, 0, 0, 0, 0, 0, 0);
    }

    private EndpointList list() {
        List<EndpointStatus> all = new ArrayList<>();
        decoders.forEach(decoder -> all.add(status(decoder)));
        all.addAll(named.values());
        return new EndpointList(all);
    }

    @Override
    public void report(OutcomeReport report) {
        // nobody else places requests here
    }

    @Override
    public synchronized void endpoints(Consumer<EndpointList> endpoints) {
        endpoints.accept(list());
    }
}
