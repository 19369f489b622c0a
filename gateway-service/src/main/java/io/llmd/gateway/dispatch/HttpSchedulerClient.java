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
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
 * of requests in flight among the endpoints it knows, for a bounded time. How long a question may wait says nothing about
 * the scheduler; that it lives is seen from its lists of endpoints, which are asked for at an interval. A scheduler that
 * says that it goes down is asked once more over another connection.
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

    /** The scheduler, where clients tell whom they send to; endpoints have a slash in theirs. */
    public static final String SCHEDULER_ID = "scheduler";

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

    /** After so many endpoint lists in a row that did not come, the scheduler counts as lost. */
    private static final int MISSED_LISTS = 3;

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

    /** Questions without an answer. */
    private final Set<Question> open = ConcurrentHashMap.newKeySet();

    private volatile @Nullable Outage outage;

    /** Endpoint lists in a row that did not come; of the event loop. */
    private int missedLists;

    /**
     * Since when the scheduler has not answered, and when it is worth trying again. A silent scheduler takes questions and
     * would keep them, so that only its lists of endpoints tell when it is back.
     */
    private record Outage(long sinceNanos, long nextTryNanos, boolean isSilent) {}

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
        int port = url.getPort() > 0 ? url.getPort() : "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
        String host = url.getHost();
        this.scheduler = new TargetEndpoint(
                SCHEDULER_ID, host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
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
        if (known != null && (known.isSilent() || nanoTime.getAsLong() - known.nextTryNanos() < 0)) {
            outcome.accept(pickLocally(request));
            return Cancellation.NONE;
        }
        Question question = new Question(request, outcome, ticketPrefix + ticketNumber.incrementAndGet());
        open.add(question);
        question.ask();
        Outage meanwhile = outage;
        if (meanwhile != null && meanwhile.isSilent()) {
            calls.transport().loop().execute(question::giveUp);
        }
        return question;
    }

    /** A question that can be taken back. What is not said otherwise runs on the event loop. */
    private final class Question implements Cancellation {
        private final ScheduleRequest request;
        private final Consumer<ScheduleOutcome> receiver;
        private final String ticket;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile Cancellation call = Cancellation.NONE;
        private volatile boolean isGivenUp;
        private boolean isAskedAgain;

        Question(ScheduleRequest request, Consumer<ScheduleOutcome> receiver, String ticket) {
            this.request = request;
            this.receiver = receiver;
            this.ticket = ticket;
        }

        /** From any thread. */
        void ask() {
            Cancellation sent = calls.send(
                    scheduler,
                    scheduleRequest(request, ticket),
                    MAX_DECISION_BYTES,
                    settings.scheduleTimeout(),
                    this::answered);
            call = sent;
            if (isGivenUp) {
                sent.cancel();
            }
        }

        private void answered(BodyCollector.@Nullable Answer answer) {
            if (isGivenUp) {
                return;
            }
            ScheduleOutcome outcome = outcomeOf(request, answer);
            boolean isGoingDown = isGoingDown(outcome);
            if (isGoingDown && !isAskedAgain && !done.get()) {
                isAskedAgain = true;
                // A connection of its own may lead to another replica, those that are kept lead to the one that goes.
                calls.transport().loop().execute(() -> {
                    client.closeIdle(calls.transport(), scheduler);
                    ask();
                });
                return;
            }
            done.set(true);
            open.remove(this);
            receiver.accept(isGoingDown ? pickLocally(request) : outcome);
        }

        /** The scheduler says nothing any more. */
        void giveUp() {
            if (done.compareAndSet(false, true)) {
                isGivenUp = true;
                open.remove(this);
                call.cancel();
                receiver.accept(pickLocally(request));
            }
        }

        /** From any thread. */
        @Override
        public void cancel() {
            if (!done.compareAndSet(false, true)) {
                return;
            }
            open.remove(this);
            HttpHeaders headers = new DefaultHttpHeaders().add(LlmdHeader.SCHEDULE_TICKET.wireName(), ticket);
            UpstreamRequest withdrawal =
                    new UpstreamRequest("POST", basePath + "/v1/schedule:cancel", headers, NO_BODY, 0);
            calls.send(scheduler, withdrawal, MAX_DECISION_BYTES, settings.controlTimeout(), answer -> {});
            calls.transport().loop().schedule(() -> call.cancel(), LATE_DECISION_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean isGoingDown(ScheduleOutcome outcome) {
        return outcome instanceof ScheduleRejection rejection
                && rejection.reason() == ScheduleRejection.Reason.SHUTTING_DOWN;
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
        unreachable(false);
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
        return picker.pick(request.requestId(), "", directory.answering(), request.excludedEndpoints());
    }

    private void reachable() {
        missedLists = 0;
        if (outage != null) {
            outage = null;
            log.atInfo().log("scheduler is reachable again");
        }
    }

    private void listMissed() {
        missedLists++;
        if (missedLists < MISSED_LISTS) {
            return;
        }
        unreachable(true);
        List.copyOf(open).forEach(Question::giveUp);
    }

    private void unreachable(boolean isSilent) {
        Outage known = outage;
        long now = nanoTime.getAsLong();
        if (known == null) {
            log.atWarn().addKeyValue("endpoint", scheduler.hostPort()).log("scheduler cannot be reached");
        }
        outage = new Outage(
                known == null ? now : known.sinceNanos(),
                now + settings.probeInterval().toNanos(),
                isSilent || known != null && known.isSilent());
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
            if (answer == null) {
                listMissed();
                return;
            }
            missedLists = 0;
            if (answer.status() != 200) {
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
