package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.KnownText;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.QuotaDecision;
import io.llmd.gateway.access.QuotaRefusal;
import io.llmd.gateway.access.Reservation;
import io.llmd.gateway.disagg.SplitState;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.Lease;
import io.llmd.gateway.dispatch.RetryState;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.gateway.observe.RequestListener;
import io.llmd.gateway.observe.RequestOutcome;
import io.llmd.gateway.observe.RequestRecord;
import io.llmd.gateway.observe.RequestTrace;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRequest;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.BodyEdit;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.ReadResult;
import io.llmd.openai.RejectionAnswer;
import io.llmd.openai.RequestReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a client, from its head to the last byte of its answer. Runs on the event loop of the client's
 * connection only, but for the methods that say otherwise.
 *
 * <pre>
 * READING ──► SCHEDULING ──► WAITING ──► RELAYING ──► FLUSHING ──► ENDED
 *    │             ▲            │            │            ▲
 *    │             └── retry ───┘            │            │
 *    └────────── refusal or error ───────────┴────────────┘
 * </pre>
 *
 * <p>{@link #endWith} is the only way to FLUSHING and {@link #terminate} the only way to ENDED. The first gives back what the
 * request holds at an endpoint, the second decides status, meters and log line and gives back everything else, so that
 * no path can do one without the other. Both happen once, whatever comes first: the end of the answer, a failure, a
 * deadline, the client leaving, or shutdown.
 */
final class Exchange {

    /** The connection that a request came on. */
    interface Conversation {

        /**
         * The answer is written, or will never be.
         *
         * @param reusable whether the connection may carry another request
         */
        void exchangeEnded(boolean reusable);
    }

    enum Phase {
        READING,
        SCHEDULING,
        WAITING,
        RELAYING,
        FLUSHING,
        ENDED
    }

    private static final Logger log = LoggerFactory.getLogger(Exchange.class);
    private static final int LARGE_BODY = 1 << 20;
    private static final ApiKey ANYBODY = ApiKey.unlimited("open", "default", Set.of(), null, 0);

    private final EdgeServices services;
    private final ChannelHandlerContext ctx;
    private final Conversation conversation;
    private final RequestHead head;
    private final ExchangeTimer timer;
    private final AtomicInteger inFlight;
    private final BodyBuffer body;
    private final long startNanos;
    private final ClientWriter client;
    private final RequestTrace trace;
    private final @Nullable RequestSteps steps;

    private Phase phase = Phase.READING;
    private ApiKey key = ANYBODY;
    private @Nullable ApiRequest request;
    private Reservation reservation = Reservation.NONE;
    private @Nullable RetryState retry;
    private Cancellation scheduling = Cancellation.NONE;
    private int scheduleNumber;
    private long scheduleNanos;
    private boolean ignoreHealth;
    private boolean excludedByHealth;
    private @Nullable Attempt attempt;
    private @Nullable SplitState split;
    private volatile long leaseId;
    private @Nullable AttemptFailure lastFailure;
    private int lastStatus;
    private RequestOutcome outcome = RequestOutcome.ERROR;
    private @Nullable ErrorCode code;
    private TokenUsage usage = TokenUsage.UNKNOWN;
    /** Whether an endpoint has computed something, whatever became of it. */
    private boolean isWorkedFor;

    private long generatedEvents;
    private boolean bodyComplete;
    private boolean reusable;

    Exchange(EdgeServices services, ChannelHandlerContext ctx, Conversation conversation, RequestHead head) {
        this.services = services;
        this.ctx = ctx;
        this.conversation = conversation;
        this.head = head;
        this.startNanos = services.nanoTime().getAsLong();
        this.steps = services.listener() == null ? null : new RequestSteps(services.nanoTime(), startNanos);
        this.inFlight = services.metrics().inFlight(routeName(head.route()));
        this.client = new ClientWriter(ctx, head, services.settings());
        this.trace = services.traces().begin(head.route().path(), head.requestId(), head.headers());
        this.timer = new ExchangeTimer(this, ctx.executor(), services);
        this.reusable = head.keepAlive();
        inFlight.incrementAndGet();
        services.retries().enter();
        services.active().add(this);
        this.body = new BodyBuffer(
                head.contentLength() > services.settings().limits().bodyBytes() ? 0 : head.contentLength(),
                services.settings().limits().bodyBytes(),
                services.metrics().heldBodyBytes());
    }

    // ---- reading

    /** Checks what the head alone can tell, before a byte of the body is kept. */
    void start() {
        ApiError refusal = refusalOfHead();
        if (refusal != null) {
            return;
        }
        if (!head.expect().isEmpty()) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
    }

    private @Nullable ApiError refusalOfHead() {
        if (services.active().isDraining()) {
            reusable = false;
            return refuse(
                    new ApiError(ErrorCode.SHUTTING_DOWN, "the gateway is shutting down"),
                    RejectionAnswer.retryAfter(1_000));
        }
        if (!services.settings().openAccess()) {
            Access access = services.access().check(head.authorization(), head.peer());
            if (access instanceof Access.Denied(Access.Reason reason)) {
                services.metrics().authFailed(reason.name().toLowerCase(Locale.ROOT));
                return refuse(Rejections.error(reason), Rejections.headers(reason));
            }
            if (access instanceof Access.Granted(ApiKey granted)) {
                key = granted;
            }
        }
        ApiError media = MediaTypes.refusal(head.contentType(), head.contentEncoding());
        if (media != null) {
            return refuse(media, Map.of());
        }
        if (!head.expect().isEmpty() && !head.expect().equalsIgnoreCase("100-continue")) {
            return refuse(new ApiError(ErrorCode.INVALID_HTTP, "expect: only 100-continue is understood"), Map.of());
        }
        ApiError steering = services.steering().refusal(head.schedulingHeaders());
        if (steering != null) {
            return refuse(steering, Map.of());
        }
        EdgeSettings.Limits limits = services.settings().limits();
        if (head.contentLength() > limits.bodyBytes()) {
            return refuse(tooLarge(), Map.of());
        }
        if (isTooMuch(head.contentLength())) {
            return outOfMemory();
        }
        if (services.metrics().heldBodyBytes().get() + Math.max(0, head.contentLength()) > limits.heldBodyBytes()) {
            return refuse(
                    new ApiError(ErrorCode.SERVER_OVERLOADED, "too many request bodies are held"),
                    RejectionAnswer.retryAfter(1_000));
        }
        return null;
    }

    /** Whether memory is too scarce for a body of so many bytes. */
    private boolean isTooMuch(long bytes) {
        return switch (services.memory().level()) {
            case NONE -> false;
            case HIGH -> bytes > LARGE_BODY;
            case CRITICAL -> true;
        };
    }

    private @Nullable ApiError outOfMemory() {
        reusable = false;
        return refuse(
                new ApiError(ErrorCode.SERVER_OVERLOADED, "the gateway is short of memory"),
                RejectionAnswer.retryAfter(1_000));
    }

    /** A part of the body; ownership stays with the caller. */
    void onContent(ByteBuf part, boolean last) {
        bodyComplete |= last;
        if (phase != Phase.READING) {
            return;
        }
        timer.bodyArrived(part.readableBytes());
        if (!body.append(part)) {
            refuse(tooLarge(), Map.of());
        } else if (body.length() > LARGE_BODY && isTooMuch(body.length())) {
            outOfMemory();
        } else if (services.metrics().heldBodyBytes().get()
                > services.settings().limits().heldBodyBytes()) {
            refuse(
                    new ApiError(ErrorCode.SERVER_OVERLOADED, "too many request bodies are held"),
                    RejectionAnswer.retryAfter(1_000));
        } else if (last) {
            read();
        }
    }

    /** All bytes that were there have been given to {@link #onContent}. */
    void onReadComplete() {
        if (phase == Phase.READING) {
            timer.arm();
        }
    }

    /** The framing of the body is broken. */
    void onMalformedBody() {
        reusable = false;
        refuse(new ApiError(ErrorCode.INVALID_HTTP, "the framing of the body is broken"), Map.of());
    }

    private ApiError tooLarge() {
        return new ApiError(
                ErrorCode.PAYLOAD_TOO_LARGE,
                "the body is larger than " + services.settings().limits().bodyBytes() + " bytes");
    }

    private void read() {
        long before = services.nanoTime().getAsLong();
        if (steps != null) {
            steps.received(body.length());
        }
        RequestReader reader = head.isTrusted() ? services.trustedReader() : services.reader();
        ReadResult result = reader.read(head.route(), body.array(), 0, body.length(), body.plainText());
        services.metrics().added(GatewayMetrics.Phase.PARSE, services.nanoTime().getAsLong() - before);
        switch (result) {
            case ReadResult.Refused(ApiError error) -> refuse(error, Map.of());
            case ReadResult.Accepted(ApiRequest accepted) -> accepted(accepted);
        }
    }

    private void accepted(ApiRequest accepted) {
        boolean known = services.models().isEmpty() || services.models().knows(accepted.model());
        if (!known || !key.mayUse(accepted.model())) {
            refuse(ApiError.modelNotFound(accepted.model()), Map.of());
            return;
        }
        if (accepted.hadTransferParams()) {
            services.metrics().strippedField();
            if (services.settings().refuseTransferParams()) {
                refuse(
                        new ApiError(
                                ErrorCode.PERMISSION_DENIED, "parameters of KV transfer may not be set by clients"),
                        Map.of());
                return;
            }
        }
        ApiRequest isolated = isolated(accepted);
        request = isolated;
        if (!isWithinLimits(isolated)) {
            return;
        }
        // A second endpoint could read what others have written by then where the blocks were.
        boolean repeatable = head.route() != ApiRoute.RESPONSES && !isolated.namesTransfer();
        retry = new RetryState(services.retries(), services.settings().maxFurtherEndpoints(), repeatable);
        schedule(isolated, retry);
    }

    private ApiRequest isolated(ApiRequest accepted) {
        String salt = accepted.route().takesCacheSalt()
                ? services.isolation().salt(key, accepted.salt().text())
                : null;
        return salt == null ? accepted : accepted.withCacheSalt(salt);
    }

    private boolean isWithinLimits(ApiRequest accepted) {
        // The body may have come so slowly that the limits have changed meanwhile.
        key = services.access().current(key);
        QuotaDecision decision = services.quotas().reserve(key, mostTokens(accepted));
        client.always(services.quotas().headers(key));
        return switch (decision) {
            case Reservation taken -> {
                reservation = taken;
                yield true;
            }
            case QuotaRefusal refusal -> {
                services.metrics().overLimit(refusal.limit().name().toLowerCase(Locale.ROOT));
                refuse(Rejections.error(refusal), Rejections.headers(refusal));
                yield false;
            }
        };
    }

    /** Tokens that a request may need: its prompts, as far as it can be told, and all its answers at their bound. */
    private long mostTokens(ApiRequest accepted) {
        long output = accepted.route().canStream()
                ? (long) accepted.outputBound().orElse(services.settings().assumedOutputTokens()) * accepted.sequences()
                : 0;
        return accepted.route().computesPrompt() ? accepted.promptTokens() + output : 0;
    }

    /** Tokens that a request that is over has cost; what its endpoint did not count is estimated. */
    private long usedTokens() {
        ApiRequest accepted = request;
        if (accepted == null || !isWorkedFor) {
            return 0;
        }
        long prompt = usage.promptTokens() < 0 ? accepted.promptTokens() : usage.promptTokens();
        return prompt + (usage.completionTokens() < 0 ? generatedEvents : usage.completionTokens());
    }

    /** An attempt's answer has, or had, so many events with content. */
    void generated(long contentEvents) {
        generatedEvents = contentEvents;
    }

    // ---- scheduling

    private void schedule(ApiRequest accepted, RetryState state) {
        phase = Phase.SCHEDULING;
        List<String> excluded = new ArrayList<>(state.excluded());
        if (!ignoreHealth) {
            for (String id : services.health().excluded()) {
                if (!excluded.contains(id)) {
                    excluded.add(id);
                }
            }
        }
        excludedByHealth = excluded.size() > state.excluded().size();
        int number = ++scheduleNumber;
        scheduleNanos = services.nanoTime().getAsLong();
        if (steps != null) {
            steps.asked();
        }
        ScheduleRequest question = question(accepted, excluded);
        timer.asked();
        Cancellation cancellation = services.scheduler().schedule(question, answer -> {
            if (ctx.executor().inEventLoop()) {
                scheduled(number, accepted, state, answer);
            } else {
                ctx.executor().execute(() -> scheduled(number, accepted, state, answer));
            }
        });
        if (phase == Phase.SCHEDULING && number == scheduleNumber) {
            scheduling = cancellation;
        }
    }

    /** With the body as it came, but for what clients may not tell the scheduler. */
    private ScheduleRequest question(ApiRequest accepted, List<String> excluded) {
        List<BodyEdit> edits = accepted.editsForScheduler();
        byte[] array = body.array();
        ByteBuffer given = edits.isEmpty()
                ? ByteBuffer.wrap(array, 0, body.length())
                : ByteBuffer.wrap(BodyEdits.apply(array, 0, body.length(), edits));
        KnownText known = edits.isEmpty() ? body.plainText() : KnownText.NONE;
        return new ScheduleRequest(head.requestId(), head.route().path(), scheduleHeaders(), given, excluded, known);
    }

    private Map<String, String> scheduleHeaders() {
        Map<String, String> headers = HeaderRules.toMap(head.headers());
        headers.putAll(head.schedulingHeaders());
        headers.put(LlmdHeader.KEY_ID.wireName(), key.id());
        headers.put(LlmdHeader.TENANT.wireName(), key.tenant());
        if (key.priority() != 0) {
            headers.put(LlmdHeader.PRIORITY.wireName(), Integer.toString(key.priority()));
        }
        trace.scheduling(headers);
        return headers;
    }

    private void scheduled(int number, ApiRequest accepted, RetryState state, ScheduleOutcome answer) {
        boolean late = phase != Phase.SCHEDULING || number != scheduleNumber;
        scheduling = late ? scheduling : Cancellation.NONE;
        switch (answer) {
            case ScheduleDecision decision -> {
                Lease lease = Lease.open(decision, services.scheduler(), services.inFlight(), services.nanoTime());
                if (late) {
                    lease.end(Cause.CLIENT_DISCONNECT, 0, TokenUsage.UNKNOWN);
                } else {
                    trace.scheduled(decision.primary().id());
                    send(accepted, decision, lease);
                }
            }
            case ScheduleRejection rejection -> {
                if (!late) {
                    trace.scheduled(rejection.reason().name());
                    rejected(accepted, state, rejection);
                }
            }
        }
    }

    private void rejected(ApiRequest accepted, RetryState state, ScheduleRejection rejection) {
        if (rejection.reason() == ScheduleRejection.Reason.NO_ENDPOINTS) {
            if (excludedByHealth) {
                ignoreHealth = true;
                schedule(accepted, state);
                return;
            }
            if (lastFailure == AttemptFailure.HANDOFF && state.forgive()) {
                schedule(accepted, state);
                return;
            }
            if (lastFailure != null) {
                failed(lastFailure, lastStatus);
                return;
            }
        }
        refuse(RejectionAnswer.error(rejection), RejectionAnswer.headers(rejection));
    }

    // ---- dispatch and relay

    private void send(ApiRequest accepted, ScheduleDecision decision, Lease lease) {
        services.metrics()
                .added(GatewayMetrics.Phase.SCHEDULE, services.nanoTime().getAsLong() - scheduleNanos);
        phase = Phase.WAITING;
        if (split == null && services.disaggregation().concerns(decision, accepted)) {
            split = services.disaggregation().open(head.requestId(), ctx.executor());
        }
        Attempt next = new Attempt(this, services, client, lease, accepted, head, trace, split);
        attempt = next;
        leaseId = decision.leaseId();
        timer.sent();
        if (steps != null) {
            steps.sent(lease.endpoint().id());
        }
        next.send(body.array(), body.length(), decision);
    }

    /** An attempt failed before anything of its answer went to the client. */
    void attemptFailed(Attempt failed, AttemptFailure failure, int status) {
        if (attempt != failed || phase != Phase.WAITING) {
            return;
        }
        attempt = null;
        isWorkedFor |= failure == AttemptFailure.FIRST_BYTE_TIMEOUT;
        RetryState state = retry;
        ApiRequest accepted = request;
        boolean timeLeft = !timer.isRequestOver();
        lastFailure = failure;
        lastStatus = status;
        if (state != null && accepted != null && timeLeft && state.tryAnother(failed.endpointId(), failure)) {
            schedule(accepted, state);
        } else {
            failed(failure, status);
        }
    }

    private void failed(AttemptFailure failure, int status) {
        ApiError error = switch (failure) {
            case FIRST_BYTE_TIMEOUT -> new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "no endpoint answered in time");
            case UNAVAILABLE ->
                status == 429
                        ? new ApiError(ErrorCode.SERVER_OVERLOADED, "all endpoints are busy")
                        : new ApiError(ErrorCode.UPSTREAM_ERROR, "no endpoint could serve the request");
            case PROTOCOL -> new ApiError(ErrorCode.UPSTREAM_ERROR, "the endpoint's answer makes no sense");
            case CONNECT, RESET, SERVER_ERROR, HANDOFF, ENDPOINT_REMOVED ->
                new ApiError(ErrorCode.UPSTREAM_ERROR, "no endpoint could serve the request");
        };
        fail(error);
    }

    /** The prompt is computed elsewhere, and the endpoint that answers was sent to just now. */
    void decodeSent() {
        timer.sent();
    }

    /** Time until the whole request has taken too long. */
    long nanosLeft() {
        return timer.nanosLeft();
    }

    /** The first bytes of an answer's body have come: there is no way back to another endpoint. */
    void answerBegins() {
        phase = Phase.RELAYING;
        isWorkedFor = true;
        timer.firstByte();
        timer.arm();
    }

    /** The client got a head before the first bytes of the body: the same, but the first byte is still awaited. */
    void headBegins() {
        phase = Phase.RELAYING;
        timer.headOnly();
    }

    /** Bytes have come from the endpoint. */
    void endpointProgress() {
        timer.endpointProgress();
    }

    /** The relay of an answer is complete; its last message is written. */
    void relayEnded(Attempt ended, RequestOutcome how, @Nullable ErrorCode why, boolean keep) {
        if (attempt == ended && phase.compareTo(Phase.FLUSHING) < 0) {
            endWith(how, why, keep && reusable);
        }
    }

    /** The endpoint's answer has ended, but not well. */
    void failAfterEnd(Attempt ended, ApiError error) {
        if (attempt == ended) {
            fail(error);
        }
    }

    /** The attempt under way is over. */
    void attemptEnded(String result) {
        if (steps != null) {
            steps.ended(result);
        }
    }

    boolean isRetried() {
        RetryState state = retry;
        return state != null && state.isRetried();
    }

    Channel channel() {
        return ctx.channel();
    }

    /**
     * Ends the request with an error: as an answer, or inside of the stream that has begun. A coordinator tells its clients of
     * everything that fails behind it in one way.
     */
    void fail(ApiError error) {
        boolean isHidden = error.code() == ErrorCode.UPSTREAM_TIMEOUT
                && services.settings().place() == Place.COORDINATOR;
        failAs(isHidden ? new ApiError(ErrorCode.UPSTREAM_ERROR, error.message()) : error);
    }

    private void failAs(ApiError error) {
        if (phase.compareTo(Phase.FLUSHING) >= 0) {
            return;
        }
        Attempt running = attempt;
        if (running != null && !running.isComplete()) {
            isWorkedFor = true;
            usage = running.abandon(Cause.ERROR);
        }
        boolean again = error.code() == ErrorCode.SERVER_OVERLOADED || error.code() == ErrorCode.SHUTTING_DOWN;
        end(RequestOutcome.ERROR, error, again ? RejectionAnswer.retryAfter(1_000) : Map.of());
    }

    private void end(RequestOutcome how, ApiError error, Map<String, String> headers) {
        boolean intact = client.error(error, headers, reusableAfterAnswer());
        endWith(how, error.code(), intact && reusableAfterAnswer());
    }

    private @Nullable ApiError refuse(ApiError error, Map<String, String> headers) {
        if (phase.compareTo(Phase.FLUSHING) < 0) {
            services.metrics().refused(error.code());
            boolean keep = reusableAfterAnswer();
            client.error(error, headers, keep);
            endWith(RequestOutcome.REFUSED, error.code(), keep);
        }
        return error;
    }

    /**
     * A connection whose request was not read to its end can only be used further when little is left of it, and when it
     * is certain that it comes: who expected to be asked for it may send its next request instead.
     */
    private boolean reusableAfterAnswer() {
        return reusable
                && (bodyComplete
                        || head.expect().isEmpty()
                                && head.contentLength() >= 0
                                && head.contentLength() <= EdgeHandler.MAX_DISCARDED_BYTES);
    }

    // ---- the client's side

    /** The connection can take more bytes, or not. */
    void onWritabilityChanged() {
        Attempt running = attempt;
        if (ctx.channel().isWritable()) {
            timer.clientProgress();
            if (running != null) {
                running.resume();
            }
        } else {
            timer.clientBlocked();
            timer.arm();
        }
    }

    boolean isClientBlocked() {
        return !ctx.channel().isWritable();
    }

    long pendingClientBytes() {
        var buffer = ctx.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
    }

    /** The connection is gone. */
    void onClientGone() {
        leave(RequestOutcome.CLIENT_DISCONNECT);
    }

    private void leave(RequestOutcome how) {
        if (phase == Phase.ENDED) {
            return;
        }
        if (phase != Phase.FLUSHING) {
            outcome = how;
            letGoOfEndpoint(Cause.CLIENT_DISCONNECT);
        } else if (outcome == RequestOutcome.NATURAL) {
            outcome = how;
        }
        terminate(false);
    }

    // ---- deadlines, see ExchangeTimer

    Phase phase() {
        return phase;
    }

    void bodyTooSlow() {
        reusable = false;
        refuse(new ApiError(ErrorCode.REQUEST_TIMEOUT, "the request did not arrive in time"), Map.of());
    }

    void queuedTooLong() {
        boolean isPoolEmpty = services.directory().endpoints().isEmpty();
        refuse(Rejections.queuedTooLong(isPoolEmpty), Rejections.queuedTooLongHeaders(isPoolEmpty));
    }

    void firstByteTooLate() {
        Attempt running = attempt;
        if (running != null) {
            running.timedOut(AttemptFailure.FIRST_BYTE_TIMEOUT);
        }
    }

    void endpointTooSlow() {
        fail(new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "the endpoint stopped in the middle of its answer"));
    }

    void clientTooSlow() {
        leave(RequestOutcome.CLIENT_SLOW);
        ctx.close();
    }

    void requestTooLong() {
        fail(new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "the request took longer than allowed"));
    }

    /** Keeps proxies on the way to the client from giving up. */
    void silence() {
        Attempt running = attempt;
        if (running != null) {
            running.keepAlive();
        }
    }

    // ---- from other threads

    /** The lease of the attempt under way, 0 when there is none. Safe from any thread. */
    long leaseId() {
        return leaseId;
    }

    /** The scheduler ends the attempt with this lease for a more important request. Safe from any thread. */
    void evict(long lease) {
        ctx.executor().execute(() -> {
            Attempt running = attempt;
            if (running == null || leaseId != lease || running.isComplete() || phase.compareTo(Phase.FLUSHING) >= 0) {
                return;
            }
            isWorkedFor = true;
            usage = running.abandon(Cause.EVICTED);
            end(RequestOutcome.EVICTED, RejectionAnswer.evicted(), RejectionAnswer.evictedHeaders());
        });
    }

    /** The process ends. Safe from any thread. */
    void abortForShutdown() {
        ctx.executor().execute(() -> {
            reusable = false;
            fail(new ApiError(ErrorCode.SHUTTING_DOWN, "the gateway is shutting down"));
        });
    }

    /** Endpoints have left the pool. Safe from any thread. */
    void endpointsLeft(Set<String> remainingIds) {
        ctx.executor().execute(() -> {
            Attempt running = attempt;
            if (running != null && phase == Phase.WAITING && !remainingIds.contains(running.endpointId())) {
                running.timedOut(AttemptFailure.ENDPOINT_REMOVED);
            }
        });
    }

    // ---- the end

    private void endWith(RequestOutcome how, @Nullable ErrorCode why, boolean keep) {
        phase = Phase.FLUSHING;
        outcome = how;
        code = why;
        Attempt running = attempt;
        if (running != null && running.isComplete()) {
            usage = running.usage();
        }
        letGoOfEndpoint(Cause.ERROR);
        timer.flushing();
        client.whenWritten(written -> {
            if (!written && outcome == RequestOutcome.NATURAL) {
                outcome = RequestOutcome.CLIENT_DISCONNECT;
            }
            terminate(written && keep);
        });
        if (phase == Phase.FLUSHING) {
            timer.arm();
        }
    }

    /** Gives back what the request holds outside of this process; once per attempt, by the lease's own rule. */
    private void letGoOfEndpoint(Cause cause) {
        scheduling.cancel();
        scheduling = Cancellation.NONE;
        Attempt running = attempt;
        attempt = null;
        if (running != null && !running.isComplete()) {
            isWorkedFor = true;
            usage = running.abandon(cause);
        }
        RetryState state = retry;
        if (state != null) {
            state.release();
        }
        SplitState parts = split;
        if (parts != null) {
            parts.close();
        }
        body.release();
    }

    private void terminate(boolean keep) {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        timer.stop();
        client.discard();
        services.active().remove(this);
        services.retries().leave();
        inFlight.decrementAndGet();
        long usedTokens = usedTokens();
        services.quotas().settle(reservation, usedTokens);
        services.metrics().tenantUsed(key.tenant(), usedTokens);
        long now = services.nanoTime().getAsLong();
        ErrorCode why = code;
        trace.ended(modelTag(), outcome, why == null ? "none" : why.wireName(), usage);
        services.metrics()
                .ended(new GatewayMetrics.EndedRequest(
                        routeName(head.route()),
                        modelTag(),
                        request != null && request.stream(),
                        outcome,
                        why == null ? "none" : why.wireName(),
                        now - startNanos,
                        timer.firstByteNanos() == 0 ? 0 : timer.firstByteNanos() - startNanos,
                        usage));
        tell(why == null ? "none" : why.wireName(), now);
        if (log.isDebugEnabled()) {
            log.atDebug()
                    .addKeyValue("requestId", head.requestId())
                    .addKeyValue("model", modelTag())
                    .addKeyValue("tenant", key.tenant())
                    .addKeyValue("reason", why == null ? outcome.tagValue() : why.wireName())
                    .addKeyValue("durationMs", (now - startNanos) / 1_000_000)
                    .log("request is over");
        }
        conversation.exchangeEnded(keep);
    }

    private void tell(String errorCode, long now) {
        RequestListener listener = services.listener();
        RequestSteps noted = steps;
        if (listener == null || noted == null) {
            return;
        }
        listener.ended(new RequestRecord(
                head.requestId(),
                routeName(head.route()),
                modelTag(),
                request != null && request.stream(),
                key.id(),
                key.tenant(),
                key.priority(),
                outcome.tagValue(),
                errorCode,
                noted.bodyBytes(),
                usage.promptTokens(),
                usage.cachedTokens(),
                outputTokens(),
                noted.receivedMicros(),
                noted.attempts(),
                timer.firstByteNanos() == 0 ? 0 : (timer.firstByteNanos() - startNanos) / 1_000,
                (now - startNanos) / 1_000));
    }

    /** As the endpoint counted them, else the events with content, else -1. */
    private int outputTokens() {
        return usage.completionTokens() < 0 && generatedEvents > 0
                ? (int) Math.min(Integer.MAX_VALUE, generatedEvents)
                : usage.completionTokens();
    }

    private String modelTag() {
        ApiRequest accepted = request;
        return accepted != null && services.models().knows(accepted.model()) ? accepted.model() : "unknown";
    }

    static String routeName(ApiRoute route) {
        return ROUTE_NAMES[route.ordinal()];
    }

    private static final String[] ROUTE_NAMES = names();

    private static String[] names() {
        String[] names = new String[ApiRoute.values().length];
        for (ApiRoute route : ApiRoute.values()) {
            names[route.ordinal()] = route.name().toLowerCase(Locale.ROOT);
        }
        return names;
    }
}
