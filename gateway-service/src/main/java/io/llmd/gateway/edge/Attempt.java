package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.gateway.disagg.FallbackReason;
import io.llmd.gateway.disagg.SplitListener;
import io.llmd.gateway.disagg.SplitRequest;
import io.llmd.gateway.disagg.SplitState;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.Lease;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamRequest;
import io.llmd.gateway.observe.RequestOutcome;
import io.llmd.gateway.observe.RequestTrace;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRequest;
import io.llmd.openai.BodyEdit;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.RejectionAnswer;
import io.llmd.openai.stream.BodyRelay;
import io.llmd.openai.stream.EventRelay;
import io.llmd.openai.stream.ModelRename;
import io.llmd.openai.stream.Relay;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One try of a request at one endpoint: reads the head of the answer, chooses how to relay, and ends its lease exactly
 * once, whatever happens. Runs on the event loop of the client's connection.
 */
final class Attempt implements SplitListener {

    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final Duration MAX_QUIET = Duration.ofMinutes(1);
    private static final int UNKNOWN_LENGTH = -1;

    private final Exchange exchange;
    private final EdgeServices services;
    private final ClientWriter client;
    private final Lease lease;
    private final ApiRequest request;
    private final RequestHead head;
    private final RequestTrace trace;
    private final @Nullable SplitState split;
    private final Consumer<ByteBuf> toClient = this::write;

    private @Nullable UpstreamCall call;
    private @Nullable Relay relay;
    private @Nullable ModelRename rename;
    private @Nullable ByteArrayOutputStream error;
    private Map<String, String> answerHeaders = Map.of();
    private String contentType = "";
    private long contentLength = UNKNOWN_LENGTH;
    private int status;
    private boolean begun;
    private boolean done;
    private TokenUsage usage = TokenUsage.UNKNOWN;

    Attempt(
            Exchange exchange,
            EdgeServices services,
            ClientWriter client,
            Lease lease,
            ApiRequest request,
            RequestHead head,
            RequestTrace trace,
            @Nullable SplitState split) {
        this.exchange = exchange;
        this.services = services;
        this.client = client;
        this.lease = lease;
        this.request = request;
        this.head = head;
        this.trace = trace;
        this.split = split;
    }

    String endpointId() {
        return lease.endpoint().id();
    }

    boolean isComplete() {
        return done;
    }

    TokenUsage usage() {
        return usage;
    }

    void send(byte[] body, int length, ScheduleDecision decision) {
        HttpHeaders headers = trace.attempt(head.headers(), endpointId());
        SplitState state = split;
        UpstreamCall sent = state == null
                ? sendWhole(headers, body, length, decision)
                : sendSplit(state, headers, body, length, decision);
        if (done) {
            sent.cancel();
        } else {
            call = sent;
        }
    }

    private UpstreamCall sendSplit(
            SplitState state, HttpHeaders headers, byte[] body, int length, ScheduleDecision decision) {
        SplitRequest parts =
                new SplitRequest(request, decision, head.requestId(), headers, body, length, exchange.nanosLeft());
        return services.disaggregation().send(Transport.of(exchange.channel()), parts, state, this);
    }

    private UpstreamCall sendWhole(HttpHeaders given, byte[] body, int length, ScheduleDecision decision) {
        HttpHeaders headers = given;
        if (!decision.requestHeaders().isEmpty()) {
            headers = headers.copy();
            for (Map.Entry<String, String> header : decision.requestHeaders().entrySet()) {
                if (header.getValue().isEmpty()) {
                    headers.remove(header.getKey());
                } else {
                    headers.set(header.getKey(), header.getValue());
                }
            }
        }
        List<BodyEdit> edits = decision.model().isEmpty() ? request.edits() : request.editsWithModel(decision.model());
        UpstreamRequest upstream = edits.isEmpty()
                ? upstream(headers, body, length)
                : upstream(headers, BodyEdits.apply(body, 0, length, edits));
        return services.upstream().send(Transport.of(exchange.channel()), lease.endpoint(), upstream, this);
    }

    private UpstreamRequest upstream(HttpHeaders headers, byte[] edited) {
        return upstream(headers, edited, edited.length);
    }

    private UpstreamRequest upstream(HttpHeaders headers, byte[] body, int length) {
        return new UpstreamRequest("POST", head.route().path(), headers, body, length, request.namesTransfer());
    }

    // ---- what the endpoint says

    @Override
    public void onHead(int answerStatus, HttpHeaders headers) {
        error = null;
        status = answerStatus;
        contentType = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
        contentLength = headers.getInt(HttpHeaderNames.CONTENT_LENGTH, UNKNOWN_LENGTH);
        AttemptFailure failure = failureOf(answerStatus);
        if (failure == AttemptFailure.UNAVAILABLE) {
            honourRetryAfter(headers.get(HttpHeaderNames.RETRY_AFTER));
        }
        if (failure != null && !services.settings().relayEndpointErrors()) {
            giveUp(failure);
        } else if (answerStatus >= 400) {
            error = new ByteArrayOutputStream();
            answerHeaders = relayed(headers);
        } else if (answerStatus >= 300 || isEncoded(headers)) {
            giveUp(AttemptFailure.PROTOCOL);
        } else {
            answerHeaders = relayed(headers);
        }
    }

    private static @Nullable AttemptFailure failureOf(int status) {
        return switch (status) {
            case 429, 503 -> AttemptFailure.UNAVAILABLE;
            case 500, 502, 504 -> AttemptFailure.SERVER_ERROR;
            default -> status > 500 ? AttemptFailure.PROTOCOL : null;
        };
    }

    private void honourRetryAfter(@Nullable String retryAfter) {
        if (retryAfter == null || retryAfter.length() > 6 || !retryAfter.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return;
        }
        Duration wanted = Duration.ofSeconds(retryAfter.isEmpty() ? 0 : Long.parseLong(retryAfter));
        services.health().quiet(endpointId(), wanted.compareTo(MAX_QUIET) > 0 ? MAX_QUIET : wanted);
    }

    private static boolean isEncoded(HttpHeaders headers) {
        String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
        return encoding != null && !encoding.equalsIgnoreCase("identity");
    }

    private Map<String, String> relayed(HttpHeaders headers) {
        Map<String, String> allowed = new HashMap<>(lease.decision().responseHeaders());
        String retryAfter = headers.get(HttpHeaderNames.RETRY_AFTER);
        if (retryAfter != null) {
            allowed.put("retry-after", retryAfter);
        }
        if (services.settings().exposeEndpoint()) {
            allowed.put(
                    LlmdHeader.DESTINATION_ENDPOINT_SERVED.wireName(),
                    lease.endpoint().hostPort());
        }
        SplitState state = split;
        if (state != null) {
            nameParts(state, allowed);
        }
        return allowed;
    }

    private void nameParts(SplitState state, Map<String, String> allowed) {
        FallbackReason fallback = state.fallback();
        TargetEndpoint prefill = state.prefill();
        if (fallback != null) {
            allowed.put(LlmdHeader.DISAGGREGATION_FALLBACK.wireName(), fallback.wireName());
        } else if (prefill != null && services.settings().exposeEndpoint()) {
            allowed.put(LlmdHeader.PREFILLER_HOST_PORT.wireName(), prefill.hostPort());
        }
    }

    @Override
    public void onDecodeSent() {
        exchange.decodeSent();
    }

    @Override
    public void onRefused(int refusedStatus, byte[] body) {
        status = refusedStatus;
        answerHeaders = new HashMap<>(lease.decision().responseHeaders());
        if (refusedStatus == 429 || refusedStatus == 503) {
            answerHeaders.putAll(RejectionAnswer.retryAfter(1_000));
        }
        relayRefusal(body);
    }

    @Override
    public void onBody(ByteBuf bytes) {
        ByteArrayOutputStream errorBody = error;
        if (errorBody != null) {
            collect(errorBody, bytes);
            return;
        }
        begin(bytes);
        exchange.endpointProgress();
        Relay current = relay;
        if (current == null) {
            bytes.release();
            return;
        }
        ModelRename renaming = rename;
        current.accept(renaming == null ? bytes : renaming.apply(bytes), toClient);
        if (current.defect() != Relay.Defect.NONE) {
            services.health().failed(endpointId());
            exchange.fail(new ApiError(ErrorCode.UPSTREAM_ERROR, "the endpoint's answer makes no sense"));
        } else if (exchange.isClientBlocked()) {
            pause();
        }
    }

    private static void collect(ByteArrayOutputStream errorBody, ByteBuf bytes) {
        byte[] part = new byte[Math.min(bytes.readableBytes(), MAX_ERROR_BYTES - errorBody.size())];
        bytes.readBytes(part);
        bytes.release();
        errorBody.writeBytes(part);
    }

    private void begin(ByteBuf bytes) {
        if (begun) {
            return;
        }
        begun = true;
        if (relay == null) {
            relay = relayFor(bytes.getByte(bytes.readerIndex()));
        }
        String model = lease.decision().model();
        if (!model.isEmpty() && !model.equals(request.model())) {
            rename = ModelRename.to(request.modelAsJson(), relay instanceof EventRelay);
            contentLength = UNKNOWN_LENGTH;
        }
        noteFallback();
        trace.answered();
        lease.start(status);
        exchange.answerBegins();
    }

    private void noteFallback() {
        FallbackReason fallback = split == null ? null : split.fallback();
        if (fallback != null) {
            lease.fellBack(fallback.wireName());
        }
    }

    /** An answer is a stream when it says so, or when the client wants one and nothing speaks against it. */
    private Relay relayFor(byte firstByte) {
        String type = contentType.toLowerCase(Locale.ROOT);
        boolean events = type.startsWith("text/event-stream")
                || request.stream() && !type.startsWith("application/json") && firstByte != '{';
        EdgeSettings.Limits limits = services.settings().limits();
        return events ? new EventRelay(head.route()) : new BodyRelay(limits.heldAnswerBytes(), limits.answerBytes());
    }

    private void write(ByteBuf bytes) {
        if (!client.isHeadSent()) {
            sendHead(contentLength);
        }
        client.body(bytes);
    }

    private void sendHead(long length) {
        boolean events = relay instanceof EventRelay;
        String type = contentType.isEmpty() ? events ? "text/event-stream" : "application/json" : contentType;
        client.head(status, type, events ? UNKNOWN_LENGTH : length, events, answerHeaders, head.keepAlive());
    }

    @Override
    public void onPause() {
        if (client.isHeadSent()) {
            client.flush();
        }
    }

    @Override
    public void onEnd() {
        ByteArrayOutputStream errorBody = error;
        if (errorBody != null) {
            relayError(errorBody.toByteArray());
            return;
        }
        Relay current = relay;
        if (current == null) {
            giveUp(AttemptFailure.RESET);
            return;
        }
        endRelay(current);
    }

    private void endRelay(Relay current) {
        if (!client.isHeadSent()) {
            sendHead(current.heldBytes());
        }
        current.end(toClient);
        usage = current.usage();
        exchange.generated(current.contentEvents());
        boolean incomplete = current.defect() != Relay.Defect.NONE;
        boolean bad = incomplete || current.hasOwnError();
        close(bad ? Cause.ERROR : Cause.NATURAL, bad ? "incomplete" : "ok");
        if (bad) {
            services.health().failed(endpointId());
        } else {
            services.health().succeeded(endpointId());
        }
        if (incomplete && !current.hasOwnError()) {
            exchange.failAfterEnd(
                    this, new ApiError(ErrorCode.UPSTREAM_INCOMPLETE, "the endpoint ended its answer too early"));
            return;
        }
        boolean keep = client.end();
        exchange.relayEnded(
                this, bad ? RequestOutcome.ERROR : RequestOutcome.NATURAL, bad ? ErrorCode.UPSTREAM_ERROR : null, keep);
    }

    private void relayError(byte[] body) {
        if (status < 500) {
            services.health().succeeded(endpointId());
        } else {
            services.health().failed(endpointId());
        }
        relayRefusal(body);
    }

    private void relayRefusal(byte[] body) {
        byte[] clean = EndpointErrors.clean(body, status, head.route());
        close(Cause.NATURAL, "status");
        if (clean == null || client.isHeadSent()) {
            String what = clean == null
                    ? "the endpoint refused the request without a reason"
                    : "the endpoint refused the request with status " + status + " after its answer had begun";
            exchange.failAfterEnd(this, new ApiError(ErrorCode.UPSTREAM_ERROR, what));
            return;
        }
        client.endpointError(status, clean, answerHeaders, head.keepAlive());
        exchange.relayEnded(this, RequestOutcome.ERROR, ErrorCode.UPSTREAM_ERROR, head.keepAlive());
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        if (begun || client.isHeadSent()) {
            services.health().failed(endpointId());
            boolean asEvents = relay instanceof EventRelay;
            exchange.fail(new ApiError(
                    asEvents ? ErrorCode.UPSTREAM_INCOMPLETE : ErrorCode.UPSTREAM_ERROR,
                    "the endpoint broke off in the middle of its answer"));
        } else {
            giveUp(failure);
        }
    }

    /** Nothing of the answer has gone to the client: the exchange decides about another endpoint. */
    private void giveUp(AttemptFailure failure) {
        if (done) {
            return;
        }
        stopCall();
        discardRelay();
        close(Cause.ERROR, failure.result());
        if (failure != AttemptFailure.ENDPOINT_REMOVED && failure != AttemptFailure.HANDOFF && status != 429) {
            services.health().failed(endpointId());
        }
        if (client.isHeadSent()) {
            exchange.fail(new ApiError(ErrorCode.UPSTREAM_INCOMPLETE, "the endpoint broke off before its answer"));
        } else {
            exchange.attemptFailed(this, failure, status);
        }
    }

    // ---- what the exchange says

    void timedOut(AttemptFailure failure) {
        giveUp(failure);
    }

    void pause() {
        UpstreamCall running = call;
        if (running != null && !done) {
            running.pause();
        }
    }

    void resume() {
        UpstreamCall running = call;
        if (running != null && !done) {
            running.resume();
        }
    }

    /** A comment into a stream whose head the endpoint has sent. */
    void keepAlive() {
        boolean awaited = request.stream()
                && status / 100 == 2
                && contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
        if (done || !awaited || exchange.isClientBlocked()) {
            return;
        }
        if (!client.isHeadSent()) {
            if (relay == null) {
                relay = new EventRelay(head.route());
            }
            sendHead(UNKNOWN_LENGTH);
            exchange.headBegins();
        }
        client.comment();
    }

    /** Aborts the endpoint's work and gives the lease back. Returns what was counted so far. */
    TokenUsage abandon(Cause cause) {
        stopCall();
        Relay current = relay;
        if (current != null) {
            usage = current.usage();
            exchange.generated(current.contentEvents());
        }
        discardRelay();
        close(cause, cause == Cause.CLIENT_DISCONNECT ? "cancelled" : "incomplete");
        return usage;
    }

    private void stopCall() {
        UpstreamCall running = call;
        call = null;
        if (running != null) {
            running.cancel();
        }
    }

    private void discardRelay() {
        Relay current = relay;
        if (current != null) {
            current.discard();
        }
    }

    private void close(Cause cause, String result) {
        if (done) {
            return;
        }
        done = true;
        noteFallback();
        lease.end(cause, status, usage);
        services.metrics().attempted(result, exchange.isRetried());
        trace.attemptEnded(result, status);
        exchange.attemptEnded(result);
        Relay current = relay;
        if (current != null) {
            countOddities(current);
        }
    }

    private void countOddities(Relay current) {
        if (request.stream() && current instanceof BodyRelay) {
            services.metrics().oddAnswer("mode");
        }
        if (current.skippedUsageMembers() > 0) {
            services.metrics().oddAnswer("usage");
        }
        if (current.invalidEvents() > 0) {
            services.metrics().oddAnswer("event");
        }
    }
}
