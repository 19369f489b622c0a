package io.llmd.gateway.dispatch;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeBatch;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Talks to the scheduler over HTTP. While the scheduler cannot be reached it places requests itself, by its own counts
 * of requests in flight among the endpoints it knows, for a bounded time.
 *
 * <p>Thread-safe; all I/O is on one event loop. Reports are sent in batches, one batch at a time and in order; a batch
 * that fails is sent again.
 */
public final class HttpSchedulerClient implements SchedulerClient {

    /**
     * @param url base URL of the scheduler
     * @param scheduleTimeout for one answer, queueing included
     * @param controlTimeout for reports and endpoint lists
     * @param fallbackFor how long requests are placed without the scheduler
     * @param probeInterval during an outage, how often the scheduler is tried
     * @param maxReports reports that may wait
     */
    public record Settings(
            URI url,
            Duration scheduleTimeout,
            Duration controlTimeout,
            Duration fallbackFor,
            Duration probeInterval,
            int maxReports) {}

    private static final Logger log = LoggerFactory.getLogger(HttpSchedulerClient.class);
    private static final int MAX_DECISION_BYTES = 1 << 20;
    private static final int MAX_LIST_BYTES = 16 << 20;
    private static final int BATCH = 512;
    private static final long BATCH_DELAY_MILLIS = 5;
    private static final long MAX_RETRY_MILLIS = 1_000;

    /**
     * The scheduler answers a withdrawn question at once, perhaps with a decision that crossed the withdrawal and is to be
     * given back; so long it has for that.
     */
    private static final long LATE_DECISION_MILLIS = 1_000;

    private static final byte[] NO_BODY = {};
    private static final HttpHeaders JSON =
            new DefaultHttpHeaders().add("content-type", "application/json").add("accept", "application/json");

    private final Settings settings;
    private final TargetEndpoint scheduler;
    private final String basePath;
    private final UpstreamClient client;
    private final ControlCalls calls;
    private final EndpointDirectory directory;
    private final LocalPicker picker;
    private final OutcomeQueue reports;
    private final Runnable reportDropped;
    private final Runnable fallbackPicked;
    private final LongSupplier nanoTime;
    private final AtomicBoolean sending = new AtomicBoolean();
    private final String ticketPrefix = UUID.randomUUID() + "-";
    private final AtomicLong ticketNumber = new AtomicLong();
    private final JsonMapper json = JsonMapper.builder()
            .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
            .build();
    /** Who waits for the last report; of the event loop. */
    private final List<CompletableFuture<@Nullable Void>> awaitingReports = new ArrayList<>(1);

    private volatile @Nullable Outage outage;

    /** Since when the scheduler has not answered, and when it is worth trying again. */
    private record Outage(long sinceNanos, long nextTryNanos) {}

    /**
     * @param transport event loop of all calls
     * @param fallbackPicked told of each request placed without the scheduler
     * @param reportDropped told of each report that found no place
     */
    public HttpSchedulerClient(
            Settings settings,
            UpstreamClient client,
            Transport transport,
            EndpointDirectory directory,
            InFlightRequests inFlight,
            Runnable fallbackPicked,
            Runnable reportDropped,
            LongSupplier nanoTime) {
        this.settings = settings;
        URI url = settings.url();
        int port = url.getPort() < 0 ? 80 : url.getPort();
        String host = url.getHost();
        this.scheduler = new TargetEndpoint(
                "scheduler", host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
        String path = url.getPath() == null ? "" : url.getPath();
        this.basePath = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        this.client = client;
        this.calls = new ControlCalls(client, transport);
        this.directory = directory;
        this.picker = new LocalPicker(inFlight::count, new CurrentThreadRandom());
        this.reports = new OutcomeQueue(settings.maxReports(), BATCH);
        this.fallbackPicked = fallbackPicked;
        this.reportDropped = reportDropped;
        this.nanoTime = nanoTime;
    }

    @Override
    public Cancellation schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        Outage known = outage;
        if (known != null && nanoTime.getAsLong() - known.nextTryNanos() < 0) {
            outcome.accept(pickLocally(request));
            return Cancellation.NONE;
        }
        Question question = new Question(ticketPrefix + ticketNumber.incrementAndGet());
        question.call = calls.send(
                scheduler,
                scheduleRequest(request, question.ticket),
                MAX_DECISION_BYTES,
                settings.scheduleTimeout(),
                answer -> {
                    question.done.set(true);
                    outcome.accept(outcomeOf(request, answer));
                });
        return question;
    }

    /** A question that can be taken back. */
    private final class Question implements Cancellation {
        private final String ticket;
        private final AtomicBoolean done = new AtomicBoolean();
        private Cancellation call = Cancellation.NONE;

        Question(String ticket) {
            this.ticket = ticket;
        }

        @Override
        public void cancel() {
            if (!done.compareAndSet(false, true)) {
                return;
            }
            HttpHeaders headers = new DefaultHttpHeaders().add(LlmdHeader.SCHEDULE_TICKET.wireName(), ticket);
            UpstreamRequest withdrawal =
                    new UpstreamRequest("POST", basePath + "/v1/schedule:cancel", headers, NO_BODY, 0);
            calls.send(scheduler, withdrawal, MAX_DECISION_BYTES, settings.controlTimeout(), answer -> {});
            calls.transport().loop().schedule(call::cancel, LATE_DECISION_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private UpstreamRequest scheduleRequest(ScheduleRequest request, String ticket) {
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        request.headers().forEach(headers::add);
        headers.set(LlmdHeader.REQUEST_ID.wireName(), request.requestId());
        headers.set(LlmdHeader.ORIGINAL_PATH.wireName(), request.path());
        headers.set(LlmdHeader.SCHEDULE_TICKET.wireName(), ticket);
        if (!request.excludedEndpoints().isEmpty()) {
            headers.set(LlmdHeader.EXCLUDED_ENDPOINTS.wireName(), String.join(",", request.excludedEndpoints()));
        }
        ByteBuffer body = request.body();
        byte[] bytes = new byte[body.remaining()];
        body.duplicate().get(bytes);
        return new UpstreamRequest("POST", basePath + "/v1/schedule", headers, bytes, bytes.length);
    }

    private ScheduleOutcome outcomeOf(ScheduleRequest request, BodyCollector.@Nullable Answer answer) {
        if (answer != null && answer.status() == 200) {
            try {
                ScheduleOutcome outcome = json.readValue(answer.body(), ScheduleOutcome.class);
                reachable();
                return outcome;
            } catch (JacksonException | IllegalArgumentException e) {
                log.atWarn().addKeyValue("reason", e.getClass().getSimpleName()).log("scheduler answer makes no sense");
            }
        }
        if (answer != null && answer.status() / 100 == 4) {
            // The scheduler is there, it only does not take this request: no reason to do without it for others.
            log.atWarn().addKeyValue("status", answer.status()).log("scheduler does not take a request");
            return new ScheduleRejection(
                    request.requestId(), ScheduleRejection.Reason.INTERNAL, "the scheduler does not take it", 0);
        }
        unreachable();
        return pickLocally(request);
    }

    private ScheduleOutcome pickLocally(ScheduleRequest request) {
        Outage known = outage;
        long since = known == null ? nanoTime.getAsLong() : known.sinceNanos();
        if (nanoTime.getAsLong() - since > settings.fallbackFor().toNanos()) {
            return new ScheduleRejection(
                    request.requestId(),
                    ScheduleRejection.Reason.NO_ENDPOINTS,
                    "the scheduler cannot be reached",
                    settings.probeInterval().toMillis());
        }
        fallbackPicked.run();
        return picker.pick(request.requestId(), "", directory.endpoints(), request.excludedEndpoints());
    }

    private void reachable() {
        if (outage != null) {
            outage = null;
            log.atInfo().log("scheduler is reachable again");
        }
    }

    private void unreachable() {
        Outage known = outage;
        long now = nanoTime.getAsLong();
        if (known == null) {
            log.atWarn().addKeyValue("endpoint", scheduler.hostPort()).log("scheduler cannot be reached");
        }
        outage = new Outage(
                known == null ? now : known.sinceNanos(),
                now + settings.probeInterval().toNanos());
    }

    @Override
    public void report(OutcomeReport report) {
        if (report.leaseId() < 0) {
            return;
        }
        if (!reports.offer(report)) {
            reportDropped.run();
        }
        sendLater(BATCH_DELAY_MILLIS);
    }

    private void sendLater(long millis) {
        if (sending.compareAndSet(false, true)) {
            calls.transport().loop().schedule(this::sendBatch, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void sendBatch() {
        List<OutcomeReport> batch = reports.nextBatch();
        if (batch.isEmpty()) {
            batchDone();
            return;
        }
        send(json.writeValueAsBytes(new OutcomeBatch(batch)), 50, nanoTime.getAsLong());
    }

    private void send(byte[] body, long retryMillis, long firstTryNanos) {
        UpstreamRequest request = new UpstreamRequest("POST", basePath + "/v1/outcomes", JSON, body, body.length);
        calls.send(scheduler, request, MAX_DECISION_BYTES, settings.controlTimeout(), answer -> {
            if (answer != null && answer.status() < 500) {
                batchDone();
            } else if (nanoTime.getAsLong() - firstTryNanos
                    > settings.fallbackFor().toNanos()) {
                reportDropped.run();
                batchDone();
            } else {
                long next = Math.min(MAX_RETRY_MILLIS, retryMillis * 2);
                calls.transport()
                        .loop()
                        .schedule(() -> send(body, next, firstTryNanos), retryMillis, TimeUnit.MILLISECONDS);
            }
        });
    }

    private void batchDone() {
        sending.set(false);
        if (!reports.isEmpty()) {
            sendLater(0);
            return;
        }
        awaitingReports.forEach(waiter -> waiter.complete(null));
        awaitingReports.clear();
    }

    @Override
    public CompletionStage<?> reported() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        calls.transport().loop().execute(() -> {
            if (sending.get() || !reports.isEmpty()) {
                awaitingReports.add(done);
            } else {
                done.complete(null);
            }
        });
        return done;
    }

    @Override
    public Cancellation evictions(Consumer<Eviction> evicted) {
        EvictionFeed feed = new EvictionFeed(
                client, calls.transport(), scheduler, basePath + "/v1/evictions", settings.probeInterval(), event -> {
                    try {
                        evicted.accept(json.readValue(event, Eviction.class));
                    } catch (JacksonException e) {
                        log.atWarn().log("an eviction makes no sense");
                    }
                });
        feed.start();
        return feed::stop;
    }

    @Override
    public void endpoints(Consumer<EndpointList> endpoints) {
        UpstreamRequest request = UpstreamRequest.get(basePath + "/v1/endpoints", JSON);
        calls.send(scheduler, request, MAX_LIST_BYTES, settings.controlTimeout(), answer -> {
            if (answer == null || answer.status() != 200) {
                return;
            }
            try {
                EndpointList list = json.readValue(answer.body(), EndpointList.class);
                reachable();
                endpoints.accept(list);
            } catch (JacksonException | IllegalArgumentException e) {
                log.atWarn().addKeyValue("reason", e.getClass().getSimpleName()).log("endpoint list makes no sense");
            }
        });
    }

    /** Random numbers of whatever thread asks. */
    private static final class CurrentThreadRandom implements java.util.random.RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }
}
