package io.llmd.gateway;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.testsupport.FakeModelServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/** Places each request at the first endpoint that is not excluded, on a thread of its own, and keeps books. */
public final class FakeScheduler implements SchedulerClient, AutoCloseable {

    private final List<TargetEndpoint> endpoints = new CopyOnWriteArrayList<>();
    private final List<OutcomeReport> reports = new CopyOnWriteArrayList<>();
    private final List<Map<String, String>> headers = new CopyOnWriteArrayList<>();
    private final List<List<String>> exclusions = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<Consumer<Eviction>> followers = new CopyOnWriteArrayList<>();
    private final AtomicLong leases = new AtomicLong();
    private final AtomicInteger cancellations = new AtomicInteger();
    private final AtomicInteger waitsForReports = new AtomicInteger();
    private final ConcurrentLinkedQueue<Runnable> held = new ConcurrentLinkedQueue<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Map<String, Map<String, String>> labels = new ConcurrentHashMap<>();
    private volatile int waitingRequests;
    private volatile boolean holding;
    private volatile Function<ScheduleDecision, ScheduleOutcome> change = decision -> decision;

    /** Adds an endpoint under the id {@code default/sim-N}. */
    public FakeScheduler serve(FakeModelServer... servers) {
        for (FakeModelServer server : servers) {
            endpoints.add(new TargetEndpoint("default/sim-" + endpoints.size(), server.host(), server.port()));
        }
        return this;
    }

    /** The same for an endpoint that is no fake. */
    public FakeScheduler serve(String host, int port) {
        endpoints.add(new TargetEndpoint("default/sim-" + endpoints.size(), host, port));
        return this;
    }

    /** Forgets books and changes; open leases are an error of the test. */
    public void reset() {
        if (openLeases() != 0) {
            throw new IllegalStateException("open leases: " + openLeases());
        }
        leases.set(0);
        reports.clear();
        headers.clear();
        exclusions.clear();
        bodies.clear();
        cancellations.set(0);
        waitingRequests = 0;
        change = decision -> decision;
    }

    /** Gives an endpoint its labels. */
    public void label(int index, Map<String, String> values) {
        labels.put("default/sim-" + index, Map.copyOf(values));
    }

    /** What all endpoints are said to have in their queues. */
    public void waitingRequests(int count) {
        waitingRequests = count;
    }

    public void removeEndpoint(int index) {
        endpoints.remove(index);
    }

    /** Changes each decision, or replaces it. */
    public void deciding(Function<ScheduleDecision, ScheduleOutcome> newChange) {
        change = newChange;
    }

    /** Keeps all answers back until {@link #letGo()}. */
    public void hold() {
        holding = true;
    }

    public void letGo() {
        holding = false;
        for (Runnable answer = held.poll(); answer != null; answer = held.poll()) {
            thread.execute(answer);
        }
    }

    public int waiting() {
        return held.size();
    }

    public int cancellations() {
        return cancellations.get();
    }

    public long openLeases() {
        return leases.get() - ended().size();
    }

    public long leases() {
        return leases.get();
    }

    public List<OutcomeReport> ended() {
        return reports.stream()
                .filter(r -> r.phase() == OutcomeReport.Phase.ENDED)
                .toList();
    }

    public List<OutcomeReport> reports() {
        return List.copyOf(reports);
    }

    public List<Map<String, String>> headers() {
        return List.copyOf(headers);
    }

    /** Bodies that were shown, oldest first. */
    public List<String> bodies() {
        return List.copyOf(bodies);
    }

    public List<List<String>> exclusions() {
        return List.copyOf(exclusions);
    }

    @Override
    public Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        headers.add(Map.copyOf(request.headers()));
        exclusions.add(request.excludedEndpoints());
        bodies.add(StandardCharsets.UTF_8.decode(request.body().duplicate()).toString());
        Runnable answer = () -> outcome.accept(decide(request));
        if (holding) {
            held.add(answer);
        } else {
            thread.execute(answer);
        }
        return cancellations::incrementAndGet;
    }

    private ScheduleOutcome decide(ScheduleRequest request) {
        List<TargetEndpoint> left = new ArrayList<>(endpoints);
        left.removeIf(e -> request.excludedEndpoints().contains(e.id()));
        if (left.isEmpty()) {
            return new ScheduleRejection(
                    request.requestId(), ScheduleRejection.Reason.NO_ENDPOINTS, "no endpoint serves this pool", 1_000);
        }
        ScheduleOutcome outcome = change.apply(new ScheduleDecision(
                request.requestId(), 0, "sim-8b", "default", left, PrefixMatch.NONE, Map.of(), Map.of()));
        return outcome instanceof ScheduleDecision d
                ? new ScheduleDecision(
                        d.requestId(),
                        leases.incrementAndGet(),
                        d.model(),
                        d.profile(),
                        d.endpoints(),
                        d.prefix(),
                        d.requestHeaders(),
                        d.responseHeaders())
                : outcome;
    }

    @Override
    public void report(OutcomeReport report) {
        reports.add(report);
    }

    @Override
    public Cancellation evictions(Consumer<Eviction> evicted) {
        followers.add(evicted);
        return () -> followers.remove(evicted);
    }

    /** Ends the attempt with this lease. */
    public void evict(long leaseId) {
        followers.forEach(follower -> follower.accept(new Eviction(leaseId)));
    }

    @Override
    public CompletionStage<?> reported() {
        waitsForReports.incrementAndGet();
        return CompletableFuture.completedStage(null);
    }

    /** How often somebody waited for the last report. */
    public int waitsForReports() {
        return waitsForReports.get();
    }

    @Override
    public void endpoints(Consumer<EndpointList> list) {
        list.accept(new EndpointList(endpoints.stream()
                .map(e -> new EndpointStatus(
                        e, labels.getOrDefault(e.id(), Map.of()), true, 10, 1, waitingRequests, 0, 0, 0))
                .toList()));
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
