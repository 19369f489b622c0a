package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Status;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer, as a proxy tells of them.
 *
 * <pre>
 * HEAD ──head──► BODY ──end of body──► SCHEDULING ──decision──► FORWARDED ──end of answer──► OVER
 *   └────head without body────────────────▲ └──rejection────────────┴──eviction, failure──────▲
 * </pre>
 *
 * Messages of the proxy, the decision, an eviction and the proxy's leaving come from several threads; all of them take
 * the lock of this object for a few instructions, and what is sent is sent under it. The next message is asked for when
 * the last one is done with and the proxy keeps up.
 */
final class ProcessingStream implements StreamObserver<ProcessingRequest> {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessingStream.class);
    private static final String DESTINATION = LlmdHeader.DESTINATION_ENDPOINT.wireName();

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
    private final long openedNanos;

    private Phase phase = Phase.HEAD;
    private BodyMode requestMode = BodyMode.DUPLEX;
    private BodyMode answerMode = BodyMode.DUPLEX;
    private @Nullable ProxiedRequest request;
    private boolean hasBody;
    private boolean endsWithTrailers;
    private boolean owesTrailers;
    private QueuePlace place = QueuePlace.NONE;
    private @Nullable ProxiedAttempt attempt;
    private PassingAnswer answer = PassingAnswer.unread();
    private boolean isAsking;

    ProcessingStream(ExternalProcessor owner, ServerCallStreamObserver<ProcessingResponse> proxy) {
        this.owner = owner;
        this.proxy = proxy;
        this.openedNanos = owner.now();
    }

    // ---- what the proxy says

    @Override
    public void onNext(ProcessingRequest message) {
        synchronized (this) {
            isAsking = false;
            if (phase == Phase.OVER) {
                return;
            }
            try {
                take(message);
            } catch (RuntimeException e) {
                failed(e);
            }
            ask();
        }
    }

    /** The proxy has room again, or the stream begins. */
    synchronized void ask() {
        if (!isAsking && phase != Phase.OVER && proxy.isReady()) {
            isAsking = true;
            proxy.request(1);
        }
    }

    private void take(ProcessingRequest message) {
        switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHead(message);
            case REQUEST_BODY -> requestBody(message);
            case REQUEST_TRAILERS -> requestTrailers();
            case RESPONSE_HEADERS -> answerHead(message.getResponseHeaders());
            case RESPONSE_BODY -> answerBody(message.getResponseBody());
            case RESPONSE_TRAILERS -> answerTrailers();
            case REQUEST_NOT_SET -> LOG.atDebug().log("message of a kind that is not known");
        }
    }

    private void requestHead(ProcessingRequest message) {
        if (phase != Phase.HEAD) {
            return;
        }
        if (message.hasProtocolConfig()) {
            requestMode = BodyMode.of(message.getProtocolConfig().getRequestBodyMode());
            answerMode = BodyMode.of(message.getProtocolConfig().getResponseBodyMode());
        }
        HttpHeaders head = message.getRequestHeaders();
        ProxiedRequest begun = ProxiedRequest.of(head.getHeaders());
        begun.metadata(message.getMetadataContext(), owner.settings());
        request = begun;
        phase = Phase.BODY;
        if (head.getEndOfStream() || requestMode == BodyMode.NONE) {
            schedule(begun, false);
        } else if (requestMode == BodyMode.PIECES) {
            refuse(
                    ErrorCode.INTERNAL_ERROR,
                    "request_body_mode: STREAMED (expected: FULL_DUPLEX_STREAMED, BUFFERED or NONE)");
        } else if (requestMode == BodyMode.WHOLE) {
            send(Messages.REQUEST_HEAD_AS_IT_IS);
        }
    }

    private void requestBody(ProcessingRequest message) {
        if (phase == Phase.HEAD) {
            request = ProxiedRequest.of(HeaderMap.getDefaultInstance());
            phase = Phase.BODY;
        }
        ProxiedRequest begun = request;
        if (phase != Phase.BODY || begun == null) {
            return;
        }
        begun.metadata(message.getMetadataContext(), owner.settings());
        HttpBody piece = message.getRequestBody();
        if ((long) begun.bodyBytes() + piece.getBody().size() > owner.settings().maxBodyBytes()) {
            refuse(
                    ErrorCode.PAYLOAD_TOO_LARGE,
                    "the body has more than " + owner.settings().maxBodyBytes() + " bytes");
            return;
        }
        begun.append(piece.getBody());
        if (piece.getEndOfStream()) {
            schedule(begun, true);
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
            send(Messages.REQUEST_TRAILERS);
        }
    }

    /** The proxy has closed its side, which it does when the exchange is over or the client has left. */
    @Override
    public void onCompleted() {
        if (left()) {
            proxy.onCompleted();
        }
    }

    @Override
    public void onError(Throwable failure) {
        left();
    }

    /** The stream is of no use any more. Returns whether it was before. */
    boolean left() {
        QueuePlace leaving;
        synchronized (this) {
            if (phase == Phase.OVER) {
                return false;
            }
            leaving = place;
            over(Cause.CLIENT_DISCONNECT);
        }
        leaving.leave();
        return true;
    }

    /** Ends the stream if the head of its request has been missing for too long. */
    synchronized void expire(long nowNanos) {
        if (phase == Phase.HEAD
                && nowNanos - openedNanos > owner.settings().headTimeout().toNanos()) {
            over(Cause.ERROR);
            proxy.onError(Status.DEADLINE_EXCEEDED
                    .withDescription("no request came within "
                            + owner.settings().headTimeout().toMillis() + " ms")
                    .asRuntimeException());
        }
    }

    // ---- the decision

    private void schedule(ProxiedRequest complete, boolean withBody) {
        hasBody = withBody;
        phase = Phase.SCHEDULING;
        QueuePlace waiting = owner.door().schedule(complete.question(withBody), this::decided);
        if (phase == Phase.SCHEDULING) {
            place = waiting;
        }
    }

    private synchronized void decided(ScheduleOutcome outcome) {
        try {
            switch (outcome) {
                case ScheduleDecision decision -> placed(decision);
                case ScheduleRejection rejection -> {
                    if (phase == Phase.SCHEDULING) {
                        send(Refusals.rejected(request, rejection));
                        close(Cause.NONE);
                    }
                }
            }
        } catch (RuntimeException e) {
            failed(e);
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
        forward(complete, decision);
        if (complete.path().endsWith(COUNT_TOKENS)) {
            begun.started();
            close(Cause.NATURAL);
        }
    }

    private void forward(ProxiedRequest complete, ScheduleDecision decision) {
        ByteString body = complete.body(decision);
        Struct metadata = Messages.metadata(
                owner.settings().destinationNamespace(), DESTINATION, ProxiedRequest.destination(decision));
        if (hasBody && requestMode == BodyMode.WHOLE) {
            // The proxy knows the length of a body that it holds.
            HeaderMutation changes = complete.headers(decision, 0);
            send(Messages.requestBodyWithHead(changes, metadata, complete.isAsItCame(body) ? null : body));
        } else {
            send(Messages.requestHead(complete.headers(decision, body.size()), metadata));
            if (hasBody) {
                Messages.requestBody(body, !endsWithTrailers, this::send);
            }
        }
        sendOwedTrailers();
    }

    // ---- the answer

    private void answerHead(HttpHeaders head) {
        Map<String, String> headers = ProxyHeaders.read(head.getHeaders());
        HeaderMutation.Builder changes =
                HeaderMutation.newBuilder().addSetHeaders(Messages.header("x-went-into-resp-headers", "true"));
        ProxiedAttempt running = attempt;
        if (running != null) {
            int status = status(headers.getOrDefault(":status", ""));
            running.answered(status);
            answer = answer(running.decision(), status, headers.getOrDefault("content-type", ""));
            running.decision()
                    .responseHeaders()
                    .forEach((name, value) -> changes.addSetHeaders(Messages.header(name, value)));
            if (answer.isRenaming()) {
                changes.addRemoveHeaders("content-length");
            }
        }
        send(Messages.responseHead(changes.build()));
        if (head.getEndOfStream()) {
            answered();
        }
    }

    private static int status(String text) {
        return text.length() == 3 && text.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(text) : 0;
    }

    private PassingAnswer answer(ScheduleDecision decision, int status, String contentType) {
        ProxiedRequest sent = request;
        if (sent == null || status >= 400 || sent.isGrpc()) {
            return PassingAnswer.unread();
        }
        ApiRoute route = ApiRoute.match(sent.path());
        boolean isStream = contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
        return PassingAnswer.of(
                route == null ? ApiRoute.CHAT_COMPLETIONS : route, isStream, sent.renamedModel(decision));
    }

    private void answerBody(HttpBody piece) {
        ProxiedAttempt running = attempt;
        if (running != null) {
            running.started();
        }
        ByteString out = answer.accept(piece.getBody());
        if (answerMode == BodyMode.DUPLEX) {
            Messages.responseBody(out, piece.getEndOfStream(), this::send);
        } else {
            send(Messages.responsePiece(out.equals(piece.getBody()) ? null : out));
        }
        if (piece.getEndOfStream()) {
            answered();
        }
    }

    private void answerTrailers() {
        send(Messages.RESPONSE_TRAILERS);
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
    synchronized void evicted() {
        ProxiedAttempt running = attempt;
        if (phase == Phase.FORWARDED && running != null && !running.isEnded()) {
            send(Refusals.evicted(request));
            close(Cause.EVICTED);
        }
    }

    private void failed(RuntimeException failure) {
        LOG.atWarn()
                .addKeyValue("reason", failure.toString())
                .setCause(LOG.isDebugEnabled() ? failure : null)
                .log("a proxied request failed");
        if (phase != Phase.OVER) {
            refuse(ErrorCode.INTERNAL_ERROR, "the scheduler failed");
        }
    }

    private void refuse(ErrorCode code, String message) {
        send(Refusals.refused(request, code, message));
        close(Cause.ERROR);
    }

    private void close(Cause cause) {
        over(cause);
        proxy.onCompleted();
    }

    private void over(Cause cause) {
        phase = Phase.OVER;
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

    private void send(ProcessingResponse message) {
        if (!proxy.isCancelled()) {
            proxy.onNext(message);
        }
    }
}
