package io.llmd.scheduler.prefix;

import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSource;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.kafka.LaneStatus;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks an index service. A decision waits for its answer until a deadline, and not at all while the service does not answer,
 * is not ready, or was late several times in a row: then only the regular question whether it is ready reaches it, and the
 * first answer to that opens the way again. Questions at a time are bounded.
 */
final class ServiceSource implements PrefixSource {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceSource.class);

    /** Answers are read and decisions go on here: no fewer than those that can run at once. */
    private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    private static final int LATE_IN_A_ROW = 8;

    /** A question whose answer is too late for its decision still occupies a connection; so long at most. */
    private static final Duration CALL_LIMIT = Duration.ofSeconds(1);

    /** What the service said of itself last. */
    private record Known(@Nullable Fallback closed, Map<LaneName, SourceView> lanes) {}

    private final NamedEndpoints endpoints;
    private final KvIndexSource.Service settings;
    private final URI matchesUri;
    private final JsonMapper json = JsonMapper.shared();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger lateInARow = new AtomicInteger();
    private final ExecutorService callbacks = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("kv-index-service-", 0).factory());
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kv-index-service-poll").factory());
    private final HttpClient http;
    private volatile Known known = new Known(Fallback.NOT_READY, Map.of());

    ServiceSource(EngineEvents events, KvIndexSource.Service settings) {
        endpoints = new NamedEndpoints(events);
        this.settings = settings;
        matchesUri = at("/v1/prefix-matches?unit=keys");
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CALL_LIMIT)
                .executor(callbacks)
                .build();
        timer.scheduleWithFixedDelay(this::poll, 0, settings.pollInterval().toNanos(), TimeUnit.NANOSECONDS);
    }

    private URI at(String path) {
        String base = settings.url().toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    @Override
    public void follow(EndpointMetadata endpoint) {
        endpoints.follow(endpoint);
    }

    @Override
    public void forget(EndpointMetadata endpoint) {
        endpoints.forget(endpoint);
    }

    @Override
    public long root(String targetModel) {
        return endpoints.root(targetModel);
    }

    @Override
    public CompletableFuture<IndexAnswer> match(long[][] prompts, Candidates candidates) {
        Fallback closed = lateInARow.get() >= LATE_IN_A_ROW ? Fallback.LATE : known.closed();
        if (closed == null && calls.addAndGet(prompts.length) > settings.maxCalls()) {
            calls.addAndGet(-prompts.length);
            closed = Fallback.OVERLOADED;
        }
        if (closed != null) {
            return CompletableFuture.completedFuture(new IndexAnswer.Unavailable(closed));
        }
        List<CompletableFuture<HeldBlocks>> asked = new ArrayList<>(prompts.length);
        for (long[] keys : prompts) {
            asked.add(ask(keys).thenApply(answer -> held(answer, candidates)));
        }
        CompletableFuture<IndexAnswer> inTime = CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> failure == null
                        ? new IndexAnswer.Held(
                                asked.stream().map(CompletableFuture::join).toList())
                        : new IndexAnswer.Unavailable(Fallback.UNREACHABLE));
        // The decision goes on on a thread of ours and not on that of the timer which all deadlines of the process
        // share.
        return inTime.completeOnTimeout(
                        new IndexAnswer.Unavailable(Fallback.LATE),
                        settings.deadline().toNanos(),
                        TimeUnit.NANOSECONDS)
                .thenApplyAsync(this::counted, callbacks)
                // Once this is closed nothing runs on that thread.
                .exceptionally(failure -> new IndexAnswer.Unavailable(Fallback.UNREACHABLE));
    }

    private IndexAnswer counted(IndexAnswer answer) {
        if (answer instanceof IndexAnswer.Unavailable(Fallback reason) && reason == Fallback.LATE) {
            lateInARow.incrementAndGet();
        } else if (answer instanceof IndexAnswer.Held) {
            lateInARow.set(0);
        }
        return answer;
    }

    private CompletableFuture<PrefixMatches> ask(long[] keys) {
        if (keys.length == 0) {
            calls.decrementAndGet();
            return CompletableFuture.completedFuture(new PrefixMatches(endpoints.blockTokens(), 0, List.of()));
        }
        ByteBuffer body = ByteBuffer.allocate(keys.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        body.asLongBuffer().put(keys);
        HttpRequest request = HttpRequest.newBuilder(matchesUri)
                .timeout(CALL_LIMIT)
                .header("content-type", "application/octet-stream")
                .POST(BodyPublishers.ofByteArray(body.array()))
                .build();
        return send(request, bytes -> json.readValue(bytes, PrefixMatches.class))
                .whenComplete((answer, failure) -> calls.decrementAndGet());
    }

    private <T> CompletableFuture<T> send(HttpRequest request, Function<byte[], T> read) {
        CompletableFuture<HttpResponse<byte[]>> sent =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
        // The request's own limit ends with the head of the response.
        return sent.thenApply(response -> read.apply(body(response)))
                .orTimeout(CALL_LIMIT.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((answer, failure) -> sent.cancel(true));
    }

    private static byte[] body(HttpResponse<byte[]> response) {
        if (response.statusCode() != 200) {
            throw new IllegalStateException(
                    response.uri().getPath() + " answered " + response.statusCode() + " (expected: 200)");
        }
        return response.body();
    }

    private HeldBlocks held(PrefixMatches answer, Candidates candidates) {
        Map<LaneName, EndpointMatch> matches =
                byName(answer.endpoints(), match -> new LaneName(match.endpoint(), match.rank()), Function.identity());
        // A name that is not known, or stands for several lanes, may be that of an engine which is gone.
        Map<LaneName, SourceView> lanes = known.lanes();
        HeldBlocks held = new HeldBlocks(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            LaneName name = endpoints.name(candidates.get(i).id());
            EndpointMatch match = name == null || !lanes.containsKey(name) ? null : matches.get(name);
            if (match != null) {
                TierBlocks tiers = match.tiers();
                held.set(
                        i,
                        tiers.gpu(),
                        tiers.cpu(),
                        tiers.disk(),
                        tiers.storage(),
                        match.hostBlocks(),
                        match.reusableBlocks());
            }
        }
        return held;
    }

    /** Leaves out names that stand for several: a replaced engine and its successor, of which either may be meant. */
    private static <T, V> Map<LaneName, V> byName(List<T> all, Function<T, LaneName> name, Function<T, V> value) {
        Map<LaneName, V> result = HashMap.newHashMap(all.size());
        Set<LaneName> seen = HashSet.newHashSet(all.size());
        for (T each : all) {
            if (seen.add(name.apply(each))) {
                result.put(name.apply(each), value.apply(each));
            } else {
                result.remove(name.apply(each));
            }
        }
        return result;
    }

    private void poll() {
        try {
            HttpRequest.Builder get = HttpRequest.newBuilder().timeout(CALL_LIMIT);
            KvIndexStats stats = send(
                            get.uri(at("/v1/stats")).build(), bytes -> json.readValue(bytes, KvIndexStats.class))
                    .join();
            KvSources sources = send(
                            get.uri(at("/v1/sources")).build(), bytes -> json.readValue(bytes, KvSources.class))
                    .join();
            Map<LaneName, SourceView> lanes =
                    byName(sources.sources(), each -> new LaneName(each.endpoint(), each.rank()), ServiceSource::view);
            // First, for whoever sees the service ready may be late at once.
            lateInARow.set(0);
            become(new Known(stats.ready() && isAlike(stats) ? null : Fallback.NOT_READY, lanes), describe(stats));
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            become(new Known(Fallback.UNREACHABLE, Map.of()), cause.toString());
        }
    }

    private boolean isAlike(KvIndexStats stats) {
        return endpoints.isAlike(stats.blockTokens(), stats.keyMode());
    }

    private String describe(KvIndexStats stats) {
        return isAlike(stats)
                ? "not ready"
                : "keyMode, blockTokens: " + stats.keyMode() + ", " + stats.blockTokens() + " (expected: "
                        + endpoints.keyMode() + ", " + endpoints.blockTokens() + ")";
    }

    private void become(Known next, String reason) {
        boolean isChanged = known.closed() != next.closed();
        known = next;
        if (isChanged && next.closed() == null) {
            LOG.atInfo().log("the KV-cache index is asked");
        } else if (isChanged) {
            LOG.atWarn().addKeyValue("reason", reason).log("the KV-cache index is not asked, estimates stand in");
        }
    }

    private static SourceView view(KvSource source) {
        boolean isSilent = source.state().equals("silent");
        boolean isUnknown = isSilent && TimeUnit.MILLISECONDS.toNanos(source.lagMillis()) >= LaneStatus.UNKNOWN_NANOS;
        return new SourceView(
                !isSilent,
                SourceView.State.named(source.state()),
                source.complete(),
                source.lagBatches(),
                isUnknown ? 0 : isSilent ? 0.5 : 1);
    }

    @Override
    public Map<String, SourceView> views() {
        return endpoints.views(known.lanes()::get);
    }

    @Override
    public boolean answersAtOnce() {
        return false;
    }

    @Override
    public @Nullable IndexLane lane(String endpointId) {
        return null;
    }

    @Override
    public long blocks() {
        return 0;
    }

    @Override
    public long bytes() {
        return 0;
    }

    @Override
    public long evictedBlocks() {
        return 0;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        http.shutdownNow();
        callbacks.shutdown();
    }
}
