package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.openai.ApiRoute;
import io.llmd.scheduler.api.QueuePlace;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, as a proxy tells of them.
 *
 * <pre>
 * HEAD ──head──► BODY ──end of body──► SCHEDULING ──decision──► FORWARDED ──end of answer──► OVER
 *   └────head without body────────────────▲ └──rejection────────────┴──eviction, failure──────▲
 * </pre>
 *
 * Messages of the proxy, a decision after a wait, an eviction and the proxy's leaving come from several threads. All of
 * them are tasks of one queue, which runs them one after the other and without a lock on the thread that finds it idle.
 * The next message is asked for when the last one is done with and the proxy has taken what it was sent.
 */
final class ProcessingStream implements StreamObserver<ProcessingRequest> {

    private static final String DESTINATION = LlmdHeader.DESTINATION_ENDPOINT.wireName();
    private static final String SERVED = LlmdHeader.DESTINATION_ENDPOINT_SERVED.wireName();
    private static final String SERVED_IN_TESTS = "x-conformance-test-served-endpoint";

    /** Requests whose answers tell nothing that anybody here wants to know. */
    private static final String COUNT_TOKENS = "/messages/count_tokens";

    private enum Phase {
        HEAD,
        BODY,
        SCHEDULING,
        FORWARDED,
        OVER
    }

    private final ExternalProcessor owner;
    private final ServerCallStreamObserver<ProcessingResponse> proxy;
    private final Outbox outbox;
    private final SynchronizationContext tasks = new SynchronizationContext((thread, failure) -> failed(failure));

    /** The thread that asks for a decision, which may come before it is done asking. */
    private volatile @Nullable Thread asking;

    private Phase phase = Phase.HEAD;
    private long lastHeardNanos;
    private long begunNanos;
    private BodyMode requestMode = BodyMode.DUPLEX;
    private BodyMode answerMode = BodyMode.DUPLEX;
    private @Nullable ProxiedRequest request;
    private boolean hasBody;
    private boolean endsWithTrailers;
    private boolean owesTrailers;
    private int heldBytes;
    private QueuePlace place = QueuePlace.NONE;
    private @Nullable ProxiedAttempt attempt;
    private @Nullable String clientModel;
    private PassingAnswer answer = PassingAnswer.unread();
    private boolean isAnswerSeen;
    private boolean isReading;

    ProcessingStream(ExternalProcessor owner, ServerCallStreamObserver<ProcessingResponse> proxy) {
        this.owner = owner;
        this.proxy = proxy;
        this.outbox = new Outbox(proxy);
        this.lastHeardNanos = owner.now();
    }

    // ---- what the proxy says

    @Override
    public void onNext(ProcessingRequest message) {
        tasks.execute(() -> {
            isReading = false;
            if (phase != Phase.OVER) {
                lastHeardNanos = owner.now();
                take(message);
                read();
            }
        });
    }

    /** The stream begins, or the proxy has room again. */
    void goOn() {
        tasks.execute(this::read);
    }

    private void read() {
        if (outbox.flush() && !isReading && phase != Phase.OVER) {
            isReading = true;
            proxy.request(1);
        }
    }

    private void take(ProcessingRequest message) {
        switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHead(message);
            case REQUEST_BODY -> requestBody(message);
            case REQUEST_TRAILERS -> requestTrailers();
            case RESPONSE_HEADERS -> answerHead(message);
            case RESPONSE_BODY -> answerBody(message.getResponseBody());
            case RESPONSE_TRAILERS -> answerTrailers();
            case REQUEST_NOT_SET -> {
                // of a newer version
            }
        }
    }

    private void requestHead(ProcessingRequest message) {
        if (phase != Phase.HEAD) {
            return;
        }
        if (message.getObservabilityMode()) {
            // The proxy waits for nobody and sends the request where it likes.
            close(Cause.NONE);
            return;
        }
        if (message.hasProtocolConfig()) {
            requestMode = BodyMode.of(message.getProtocolConfig().getRequestBodyMode());
            answerMode = BodyMode.of(message.getProtocolConfig().getResponseBodyMode());
        }
        HttpHeaders head = message.getRequestHeaders();
        ProxiedRequest begun = begin(head.getHeaders());
        begun.metadata(message.getMetadataContext(), owner.settings());
        if (head.getEndOfStream() || requestMode == BodyMode.NONE) {
            schedule(begun, false);
        } else if (requestMode == BodyMode.PIECES) {
            refuse(
                    ErrorCode.INTERNAL_ERROR,
                    "request_body_mode: STREAMED (expected: FULL_DUPLEX_STREAMED, BUFFERED or NONE)");
        } else if (requestMode.isHeld()) {
            outbox.send(Messages.REQUEST_HEAD_AS_IT_IS);
        }
    }

    private ProxiedRequest begin(HeaderMap headers) {
        ProxiedRequest begun = ProxiedRequest.of(headers, owner.settings());
        request = begun;
        phase = Phase.BODY;
        begunNanos = owner.now();
        return begun;
    }

    private void requestBody(ProcessingRequest message) {
        ProxiedRequest begun = phase == Phase.HEAD ? begin(HeaderMap.getDefaultInstance()) : request;
        if (phase != Phase.BODY || begun == null) {
            return;
        }
        begun.metadata(message.getMetadataContext(), owner.settings());
        HttpBody piece = message.getRequestBody();
        int bytes = piece.getBody().size();
        if ((long) begun.bodyBytes() + bytes > owner.settings().maxBodyBytes()) {
            refuse(
                    ErrorCode.PAYLOAD_TOO_LARGE,
                    "the body has more than " + owner.settings().maxBodyBytes() + " bytes");
        } else if (!owner.holdBytes(bytes)) {
            refuse(ErrorCode.SERVER_OVERLOADED, "bodies of other requests fill the memory");
        } else if (!piece.getEndOfStream() && requestMode == BodyMode.PARTIAL) {
            owner.releaseBytes(bytes);
            refuse(ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than the buffer of the proxy (BUFFERED_PARTIAL)");
        } else {
            heldBytes += bytes;
            begun.append(piece.getBody());
            if (piece.getEndOfStream() || requestMode == BodyMode.WHOLE) {
                schedule(begun, true);
            }
        }
    }

    private void requestTrailers() {
        ProxiedRequest begun = request;
        owesTrailers = true;
        if (phase == Phase.BODY && begun != null) {
            endsWithTrailers = true;
            schedule(begun, true);
        } else if (phase != Phase.SCHEDULING) {
            sendOwedTrailers();
        }
    }

    private void sendOwedTrailers() {
        if (owesTrailers) {
            owesTrailers = false;
            outbox.send(Messages.REQUEST_TRAILERS);
        }
    }

    /** The proxy has closed its side, which it does when the exchange is over or the client has left. */
    @Override
    public void onCompleted() {
        tasks.execute(() -> {
            if (phase != Phase.OVER) {
                leave();
                outbox.clear();
                outbox.complete();
            }
        });
    }

    @Override
    public void onError(Throwable failure) {
        left();
    }

    /** The stream is of no use any more. */
    void left() {
        tasks.execute(() -> {
            outbox.clear();
            if (phase != Phase.OVER) {
                leave();
            }
        });
    }

    private void leave() {
        QueuePlace leaving = place;
        over(answerMode.mayHideTheEnd() && isAnswerSeen ? Cause.NATURAL : Cause.CLIENT_DISCONNECT);
        leaving.leave();
    }

    /** Ends the stream when the proxy has been silent for too long, or the request lasts for too long. */
    void expire(long nowNanos) {
        tasks.execute(() -> {
            boolean isIncomplete = phase == Phase.HEAD && request == null || phase == Phase.BODY;
            if (isIncomplete
                    && nowNanos - lastHeardNanos
                            > owner.settings().headTimeout().toNanos()) {
                fail("nothing came for " + owner.settings().headTimeout().toSeconds() + " s", Cause.NONE);
            } else if (phase == Phase.FORWARDED
                    && nowNanos - begunNanos > owner.settings().requestTimeout().toNanos()) {
                fail(
                        "the request lasts longer than "
                                + owner.settings().requestTimeout().toSeconds() + " s",
                        Cause.ERROR);
            }
        });
    }

    private void fail(String why, Cause cause) {
        over(cause);
        outbox.clear();
        proxy.onError(Status.DEADLINE_EXCEEDED.withDescription(why).asRuntimeException());
    }

    /** The scheduler stops: the proxy goes on alone where the answer has not begun, and what becomes of it is not known. */
    void abandon() {
        tasks.execute(() -> {
            ProxiedAttempt running = attempt;
            if (phase == Phase.FORWARDED && running != null && !isAnswerSeen) {
                endUnseen(running);
                close(Cause.NATURAL);
            }
        });
    }

    // ---- the decision

    private void schedule(ProxiedRequest complete, boolean withBody) {
        hasBody = withBody;
        phase = Phase.SCHEDULING;
        asking = Thread.currentThread();
        QueuePlace waiting;
        try {
            waiting = owner.door().schedule(complete.question(withBody), this::decided);
        } finally {
            asking = null;
        }
        place = waiting;
    }

    /** A decision at once follows what is under way; one after a wait must not cost the thread that brings it. */
    private void decided(ScheduleOutcome outcome) {
        if (Thread.currentThread().equals(asking)) {
            tasks.execute(() -> conclude(outcome));
        } else {
            owner.later(() -> tasks.execute(() -> conclude(outcome)));
        }
    }

    private void conclude(ScheduleOutcome outcome) {
        place = QueuePlace.NONE;
        switch (outcome) {
            case ScheduleDecision decision -> placed(decision);
            case ScheduleRejection rejection -> {
                if (phase == Phase.SCHEDULING) {
                    outbox.send(Refusals.rejected(request, rejection));
                    close(Cause.NONE);
                }
            }
        }
    }

    private void placed(ScheduleDecision decision) {
        ProxiedAttempt begun = new ProxiedAttempt(owner.door(), decision, owner::now);
        ProxiedRequest complete = request;
        if (phase != Phase.SCHEDULING || complete == null) {
            begun.end(Cause.CLIENT_DISCONNECT, TokenUsage.UNKNOWN);
            return;
        }
        attempt = begun;
        phase = Phase.FORWARDED;
        owner.runs(decision.leaseId(), this);
        clientModel = complete.renamedModel(decision);
        forward(complete, decision);
        complete.forget();
        releaseBody();
        if (complete.path().endsWith(COUNT_TOKENS)) {
            endUnseen(begun);
            close(Cause.NATURAL);
        }
    }

    private void forward(ProxiedRequest complete, ScheduleDecision decision) {
        ByteString body = complete.body(decision);
        Struct metadata = Messages.metadata(
                owner.settings().destinationNamespace(), DESTINATION, ProxiedRequest.destination(decision));
        if (hasBody && requestMode.isHeld()) {
            // The proxy knows the length of a body that it holds.
            HeaderMutation changes = complete.headers(decision, 0);
            outbox.send(Messages.requestBodyWithHead(changes, metadata, complete.isAsItCame(body) ? null : body));
        } else {
            outbox.send(Messages.requestHead(complete.headers(decision, body.size()), metadata));
            if (hasBody) {
                Messages.requestBody(body, !endsWithTrailers, outbox::send);
            }
        }
        sendOwedTrailers();
    }

    private void releaseBody() {
        owner.releaseBytes(heldBytes);
        heldBytes = 0;
    }

    // ---- the answer

    private void answerHead(ProcessingRequest message) {
        HttpHeaders head = message.getResponseHeaders();
        Map<String, String> headers = ProxyHeaders.read(head.getHeaders());
        HeaderMutation.Builder changes =
                HeaderMutation.newBuilder().addSetHeaders(Messages.header("x-went-into-resp-headers", "true"));
        isAnswerSeen = true;
        ProxiedAttempt running = attempt;
        if (running != null) {
            String served = served(message.getMetadataContext());
            int status = status(headers.getOrDefault(":status", ""));
            running.answered(status, served);
            answer = answer(status, headers.getOrDefault("content-type", ""));
            running.decision()
                    .responseHeaders()
                    .forEach((name, value) -> changes.addSetHeaders(
                            name.equals(SERVED)
                                    ? Messages.header(SERVED_IN_TESTS, served == null ? "fail: not told" : served)
                                    : Messages.header(name, value)));
            if (answer.isRenaming()) {
                changes.addRemoveHeaders("content-length");
            }
            if (answerMode.mayHideTheEnd()) {
                running.started();
            }
        }
        outbox.send(Messages.responseHead(changes.build()));
        if (head.getEndOfStream()) {
            answered();
        }
    }

    private @Nullable String served(Metadata metadata) {
        Struct fields = metadata.getFilterMetadataMap().get(owner.settings().destinationNamespace());
        Value value = fields == null ? null : fields.getFieldsMap().get(SERVED);
        return value == null || !value.hasStringValue() ? null : value.getStringValue();
    }

    private static int status(String text) {
        return text.length() == 3 && text.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(text) : 0;
    }

    /** An answer is a stream when it says so, or when the client wants one and nothing speaks against it. */
    private PassingAnswer answer(int status, String contentType) {
        ProxiedRequest sent = request;
        if (sent == null || status >= 400 || sent.isGrpc()) {
            return PassingAnswer.unread();
        }
        ApiRoute route = ApiRoute.match(sent.path());
        String type = contentType.toLowerCase(Locale.ROOT);
        boolean isStream =
                type.contains("text/event-stream") || sent.wantsStream() && !type.startsWith("application/json");
        return PassingAnswer.of(route == null ? ApiRoute.CHAT_COMPLETIONS : route, isStream, clientModel);
    }

    private void answerBody(HttpBody piece) {
        isAnswerSeen = true;
        ProxiedAttempt running = attempt;
        if (running != null) {
            running.started();
        }
        ByteString out = answer.accept(piece.getBody());
        if (answerMode == BodyMode.DUPLEX) {
            Messages.responseBody(out, piece.getEndOfStream(), outbox::send);
        } else {
            outbox.send(Messages.responsePiece(out.equals(piece.getBody()) ? null : out));
        }
        if (piece.getEndOfStream()) {
            answered();
        }
    }

    private void answerTrailers() {
        outbox.send(Messages.RESPONSE_TRAILERS);
        answered();
    }

    /** All of the answer went by; the proxy closes the stream. */
    private void answered() {
        ProxiedAttempt running = attempt;
        if (running != null) {
            running.started();
            end(running, Cause.NATURAL);
        }
    }

    // ---- ends

    /** The request has to end for a more important one. */
    void evicted() {
        owner.later(() -> tasks.execute(() -> {
            ProxiedAttempt running = attempt;
            if (phase == Phase.FORWARDED && running != null && !running.isEnded()) {
                outbox.send(Refusals.evicted(request));
                close(Cause.EVICTED);
            }
        }));
    }

    private void failed(Throwable failure) {
        owner.failed(failure);
        if (phase != Phase.OVER) {
            refuse(ErrorCode.INTERNAL_ERROR, "the scheduler failed");
        }
    }

    private void refuse(ErrorCode code, String message) {
        outbox.send(Refusals.refused(request, code, message));
        close(Cause.ERROR);
    }

    private void close(Cause cause) {
        over(cause);
        outbox.complete();
    }

    private void over(Cause cause) {
        phase = Phase.OVER;
        place = QueuePlace.NONE;
        releaseBody();
        ProxiedRequest known = request;
        if (known != null) {
            known.forget();
        }
        ProxiedAttempt running = attempt;
        if (running != null) {
            end(running, cause);
        }
        owner.over(this);
    }

    private void end(ProxiedAttempt running, Cause cause) {
        if (!running.isEnded()) {
            running.end(cause, answer.usage());
            owner.ended(running.decision().leaseId());
        }
    }

    private void endUnseen(ProxiedAttempt running) {
        running.endUnseen();
        owner.ended(running.decision().leaseId());
    }
}
