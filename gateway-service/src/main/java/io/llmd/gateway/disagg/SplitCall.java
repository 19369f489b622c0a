package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.llmd.gateway.dispatch.UpstreamRequest;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRequest;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.ErrorBody;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One disaggregated attempt, to the edge a request like any other: cancelling it ends whatever leg is under way. To a
 * {@link SplitFlow} it offers the steps: make a leg, send one whose answer is buffered, wait, and one of the three ends:
 * {@link #decode}, {@link #decodeOnly}, {@link #refuse}. Runs on the event loop of the client.
 */
final class SplitCall implements UpstreamCall {

    private static final Set<String> STEERING = Set.of(
            LlmdHeader.PREFILLER_HOST_PORT.wireName(),
            LlmdHeader.ENCODER_HOSTS_PORTS.wireName(),
            LlmdHeader.KV_CACHE_SOURCE_HOST_PORT.wireName());

    private static final List<String> TRACE = List.of("traceparent", "tracestate");

    /** Whether the blocks of a handoff may be fetched from a host. */
    enum TransferHost {
        FINE,
        /** A loopback address, to be replaced by the prefill endpoint's own. */
        OVERRIDE,
        LOOPBACK,
        FOREIGN
    }

    private final Disaggregation owner;
    private final KvConnector connector;
    private final Transport transport;
    private final SplitRequest split;
    private final SplitState state;
    private final SplitListener listener;
    private final List<BufferedLeg> legs = new ArrayList<>(1);
    private final List<ScheduledFuture<?>> timers = new ArrayList<>(0);
    private @Nullable TargetEndpoint prefill;
    private @Nullable DecodeLeg decodeLeg;
    private @Nullable JsonMembers body;
    private @Nullable Runnable handoffUnusable;
    private boolean holdsRetry;
    private boolean decodeBegan;
    private boolean isRewritten;
    private @Nullable CommitGate gate;
    private @Nullable CacheProbe probe;
    private final long beganNanos;
    private @Nullable Runnable wanted;
    private boolean paused;
    private boolean done;

    SplitCall(
            Disaggregation owner,
            KvConnector connector,
            Transport transport,
            SplitRequest split,
            SplitState state,
            SplitListener listener) {
        this.owner = owner;
        this.connector = connector;
        this.transport = transport;
        this.split = split;
        this.state = state;
        this.listener = listener;
        this.beganNanos = owner.now();
    }

    /** Sends the first leg. */
    void begin(PrefillChoice choice) {
        List<TargetEndpoint> encoders = isEncoded() ? List.of() : owner.encoders(split.decision());
        List<MediaParts.Part> media = encoders.isEmpty() || request().route() != ApiRoute.CHAT_COMPLETIONS
                ? List.of()
                : MediaParts.of(body(), EncodeLegs.MAX_MEDIA);
        if (media.isEmpty()) {
            beginWithPrompt(choice);
        } else {
            new EncodeLegs(this, encoders, media, () -> beginWithPrompt(choice)).start();
        }
    }

    private void beginWithPrompt(PrefillChoice choice) {
        switch (choice) {
            case PrefillChoice.No(FallbackReason why) -> {
                if (connector.decodesAlone()) {
                    decodeOnly(why);
                } else {
                    refuse(new ApiError(
                            ErrorCode.NO_ENDPOINTS,
                            "no prefill endpoint can be used (" + why.wireName()
                                    + "), and decode endpoints cannot compute prompts"));
                }
            }
            case PrefillChoice.Unwanted() -> beginAlone();
            case PrefillChoice.Yes(TargetEndpoint endpoint) -> {
                prefill = endpoint;
                connector.flow(this).start();
            }
        }
    }

    private void beginAlone() {
        int chunk = settings().chunkTokens();
        boolean isPlain = !isEncoded() && !(connector.pulls() && source(decode()) != null);
        if (isPlain && ChunkedDecode.suits(request(), chunk)) {
            new ChunkedDecode(this, chunk).start();
        } else {
            connector.alone(this).start();
        }
    }

    // ---- what a flow needs to know

    DisaggSettings settings() {
        return owner.settings();
    }

    ApiRequest request() {
        return split.request();
    }

    SplitState state() {
        return state;
    }

    /** The endpoint that the decision named for the prompt. */
    TargetEndpoint prefill() {
        TargetEndpoint endpoint = prefill;
        if (endpoint == null) {
            throw new IllegalStateException("no prefill endpoint");
        }
        return endpoint;
    }

    /** The endpoint that answers. */
    TargetEndpoint decode() {
        return split.decision().primary();
    }

    /** Value of a header of the decision, such as the hosts of encode endpoints; {@code null} when it has none. */
    @Nullable
    String steering(LlmdHeader header) {
        return split.decision().requestHeaders().get(header.wireName());
    }

    /** The endpoint to pull blocks from, if the decision names one of the pool that is none of {@code others}. */
    @Nullable
    TargetEndpoint source(TargetEndpoint... others) {
        return isEncoded() ? null : owner.source(split.decision(), others);
    }

    /** A prefill endpoint beside those that were tried, which can work with the decode endpoint; {@code null} for none. */
    @Nullable
    TargetEndpoint otherPrefill(Set<String> tried) {
        return owner.otherPrefill(decode(), tried);
    }

    long now() {
        return owner.now();
    }

    /** Time that a prefill leg may take. */
    Duration prefillTimeout() {
        return timeout(settings().prefillTimeout());
    }

    private Duration timeout(Duration base) {
        long wanted = base.toNanos()
                + settings().timeoutPerToken().toNanos() * split.request().promptTokens();
        return Duration.ofNanos(Math.min(wanted, Math.max(0, split.leftNanos())));
    }

    /** Whether blocks may be fetched from a host that a prefill endpoint named. */
    TransferHost transferHost(String host, TargetEndpoint from) {
        return owner.transferHost(host, from);
    }

    /** The data-parallel rank that an endpoint stands for; {@code null} when it is no rank. */
    @Nullable
    Integer pinnedRank(TargetEndpoint endpoint) {
        String rank = owner.rankOf(endpoint);
        return rank == null || !rank.matches("[0-9]{1,6}") ? null : Integer.valueOf(rank);
    }

    /** The same, 0 when it is none. */
    int rank(TargetEndpoint endpoint) {
        Integer rank = pinnedRank(endpoint);
        return rank == null ? 0 : rank;
    }

    // ---- making legs

    /**
     * A leg with the client's body and headers under the id of all legs; what steers is left out. One for another endpoint
     * than that which answers carries what is known of encoded media, because there the prompt is computed.
     */
    Leg leg(TargetEndpoint endpoint) {
        return leg(endpoint, !endpoint.equals(decode()));
    }

    /** The same for the endpoint that answers, which also computes the prompt. */
    Leg aloneLeg() {
        return leg(decode(), true);
    }

    private Leg leg(TargetEndpoint endpoint, boolean computesPrompt) {
        Leg leg = new Leg(request().route().path(), new JsonEditor(body()), headers(endpoint));
        EncodedMedia media = state.media();
        if (media != null) {
            CacheThreshold.set(leg.body(), request().route(), 0);
            byte[] params = media.params();
            if (computesPrompt && params != null) {
                setTransferParams(leg.body(), EncodedMedia.PARAMS, params);
            }
        }
        return leg;
    }

    /** A leg for one medium of the request, with an id of its own. */
    Leg encodeLeg(TargetEndpoint encoder, int number, String path, JsonEditor mediumBody) {
        Leg leg = legOf(encoder, path, mediumBody);
        leg.headers().set(LlmdHeader.REQUEST_ID.wireName(), state.legId() + "-enc-" + number);
        return leg;
    }

    /** A leg with a body of its own. */
    Leg legOf(TargetEndpoint endpoint, String path, JsonEditor legBody) {
        return new Leg(path, legBody, headers(endpoint));
    }

    /** A leg for a service beside the endpoints: what clients sent to prove who they are is none of its business. */
    Leg legBeside(String path, JsonEditor legBody) {
        HttpHeaders headers = new DefaultHttpHeaders()
                .set(LlmdHeader.REQUEST_ID.wireName(), state.legId())
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        for (String name : TRACE) {
            String value = split.headers().get(name);
            if (value != null) {
                headers.set(name, value);
            }
        }
        return new Leg(path, legBody, headers);
    }

    /** Whether encode endpoints have worked on the media of the request. */
    boolean isEncoded() {
        return state.media() != null;
    }

    private HttpHeaders headers(TargetEndpoint endpoint) {
        boolean isDecode = endpoint.equals(decode());
        HttpHeaders headers = split.headers().copy();
        headers.set(LlmdHeader.REQUEST_ID.wireName(), state.legId());
        Phases phases = owner.phases();
        if (phases != null) {
            phases.mark(headers, endpoint);
        }
        if (isDecode) {
            for (Map.Entry<String, String> header :
                    split.decision().requestHeaders().entrySet()) {
                if (STEERING.contains(header.getKey()) || header.getValue().isEmpty()) {
                    headers.remove(header.getKey());
                } else {
                    headers.set(header.getKey(), header.getValue());
                }
            }
        }
        String rank = owner.rankOf(endpoint);
        if (rank != null && !headers.contains(LlmdHeader.DATA_PARALLEL_RANK.wireName())) {
            headers.set(LlmdHeader.DATA_PARALLEL_RANK.wireName(), rank);
        }
        return headers;
    }

    /** Lets all further legs have another body than the client's. */
    void rewrite(JsonMembers changed) {
        body = changed;
        isRewritten = true;
    }

    /** The client's body without what clients may not set, under the model name of the decision. */
    JsonMembers body() {
        JsonMembers known = body;
        if (known != null) {
            return known;
        }
        String model = split.decision().model();
        var edits = model.isEmpty() ? request().edits() : request().editsWithModel(model);
        JsonMembers read = edits.isEmpty()
                ? JsonMembers.read(split.body(), 0, split.length())
                : JsonMembers.read(BodyEdits.apply(split.body(), 0, split.length(), edits));
        if (read == null) {
            throw new IllegalStateException("the checked body is no JSON object");
        }
        body = read;
        return read;
    }

    /** Puts transfer parameters where endpoints look for them on the request's route. */
    void setTransferParams(JsonEditor leg, String name, byte[] json) {
        leg.set(name, json);
        if (request().route() == ApiRoute.GENERATE && settings().generateExtraArgs()) {
            JsonEditor params = leg.nested("sampling_params");
            params.set("extra_args", params.nested("extra_args").set(name, json).toBytes());
            leg.set("sampling_params", params.toBytes());
        }
    }

    // ---- steps

    /** Sends a leg whose whole answer is wanted. */
    BufferedLeg send(
            TargetEndpoint endpoint, Leg leg, String phase, Duration timeout, BufferedLeg.Listener legListener) {
        return send(endpoint, post(leg), phase, timeout, legListener);
    }

    /** The same for a leg that names a transfer, which no endpoint may see twice. */
    BufferedLeg sendOnce(
            TargetEndpoint endpoint, Leg leg, String phase, Duration timeout, BufferedLeg.Listener legListener) {
        return send(endpoint, postOnce(leg), phase, timeout, legListener);
    }

    /** The same for an answer of another size than most, which takes of memory that requests share. */
    BufferedLeg send(
            TargetEndpoint endpoint,
            Leg leg,
            String phase,
            int maxBytes,
            BufferedLeg.Room room,
            Duration timeout,
            BufferedLeg.Listener legListener) {
        return send(endpoint, post(leg), phase, maxBytes, room, timeout, legListener);
    }

    private BufferedLeg send(
            TargetEndpoint endpoint,
            UpstreamRequest request,
            String phase,
            Duration timeout,
            BufferedLeg.Listener legListener) {
        return send(
                endpoint, request, phase, settings().maxAnswerBytes(), BufferedLeg.Room.ENOUGH, timeout, legListener);
    }

    private BufferedLeg send(
            TargetEndpoint endpoint,
            UpstreamRequest request,
            String phase,
            int maxBytes,
            BufferedLeg.Room room,
            Duration timeout,
            BufferedLeg.Listener legListener) {
        MeasuredLeg measured = new MeasuredLeg(owner, phase, endpoint, legListener);
        BufferedLeg sent = new BufferedLeg(maxBytes, room, measured);
        legs.add(sent);
        sent.sent(owner.upstream().send(transport, endpoint, request, sent), transport.loop(), timeout);
        return sent;
    }

    /**
     * Follows a request that somebody else sends.
     *
     * @param sender sends it on the attempt's event loop
     */
    void follow(
            Function<UpstreamListener, UpstreamCall> sender,
            String phase,
            int maxBytes,
            Duration timeout,
            BufferedLeg.Listener legListener) {
        BufferedLeg sent = new BufferedLeg(maxBytes, new MeasuredLeg(owner, phase, decode(), legListener));
        legs.add(sent);
        sent.sent(sender.apply(sent), transport.loop(), timeout);
    }

    /** Where requests of the attempt are sent from. */
    Transport transport() {
        return transport;
    }

    /** Asks another port of an endpoint. */
    void get(TargetEndpoint endpoint, String path, String phase, Duration timeout, BufferedLeg.Listener legListener) {
        BufferedLeg sent =
                new BufferedLeg(settings().maxAnswerBytes(), new MeasuredLeg(owner, phase, endpoint, legListener));
        legs.add(sent);
        UpstreamRequest request = UpstreamRequest.get(path, new DefaultHttpHeaders());
        sent.sent(owner.upstream().send(transport, endpoint, request, sent), transport.loop(), timeout);
    }

    private UpstreamRequest post(Leg leg) {
        byte[] bytes = leg.body().toBytes();
        return new UpstreamRequest(
                "POST",
                leg.path(),
                leg.headers(),
                bytes,
                bytes.length,
                request().namesTransfer());
    }

    private UpstreamRequest upstream(HttpHeaders headers, byte[] bytes, int length) {
        return new UpstreamRequest(
                "POST",
                request().route().path(),
                headers,
                bytes,
                length,
                request().namesTransfer());
    }

    /** A leg whose endpoint finds other endpoints' blocks by what it carries, which works once. */
    private UpstreamRequest postOnce(Leg leg) {
        byte[] bytes = leg.body().toBytes();
        return new UpstreamRequest("POST", leg.path(), leg.headers(), bytes, bytes.length, true);
    }

    /** Does something after a while, unless the attempt is over by then. */
    void later(Duration wait, Runnable step) {
        timers.add(transport
                .loop()
                .schedule(
                        () -> {
                            if (!done) {
                                step.run();
                            }
                        },
                        wait.toNanos(),
                        TimeUnit.NANOSECONDS));
    }

    /** Whether the retry budget allows another leg. */
    boolean acquireRetry() {
        holdsRetry = holdsRetry || owner.retries().tryAcquire();
        return holdsRetry;
    }

    void endpointWorked(TargetEndpoint endpoint) {
        owner.health().succeeded(endpoint.id());
    }

    void endpointFailed(TargetEndpoint endpoint) {
        owner.health().failed(endpoint.id());
    }

    void handoffIssued() {
        owner.meters().handoff("issued");
    }

    /** An encode endpoint did not say where its embeddings are, or named a host that must not be contacted. */
    void embeddingsMissing() {
        owner.meters().handoff("embeddings-missing");
    }

    void handoffReused() {
        owner.meters().handoff("reused");
    }

    // ---- an answer that is put together here

    /** The answer comes in pieces of the flow's own making. */
    void answering() {
        state.unsplit();
        listener.onDecodeSent();
    }

    /** Values of a header of the client. */
    List<String> clientHeaders(String name) {
        return split.headers().getAll(name);
    }

    /** Time that the whole request has left. */
    Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, split.leftNanos() - (now() - beganNanos)));
    }

    /** Passes on one event of a stream, with the head before the first. */
    void answerEvent(String data) {
        if (done) {
            return;
        }
        if (!decodeBegan) {
            decodeBegan = true;
            listener.onHead(
                    200,
                    new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8"));
        }
        listener.onBody(Unpooled.copiedBuffer("data: " + data + "\n\n", StandardCharsets.UTF_8));
        listener.onPause();
    }

    /** Ends a stream. */
    void answerEnd() {
        if (!done) {
            finish();
            listener.onEnd();
        }
    }

    /** Passes on an answer that is no stream. */
    void answerWhole(int status, byte[] body) {
        if (!done) {
            decodeBegan = true;
            listener.onHead(
                    status,
                    new DefaultHttpHeaders()
                            .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                            .setInt(HttpHeaderNames.CONTENT_LENGTH.toString(), body.length));
            if (!done && body.length > 0) {
                listener.onBody(Unpooled.wrappedBuffer(body));
            }
            answerEnd();
        }
    }

    /** There is no answer, or no more of it. */
    void answerFailed(AttemptFailure failure) {
        if (!done) {
            finish();
            listener.onFailure(failure);
        }
    }

    /** Goes on when the client takes more. */
    void whenWanted(Runnable step) {
        if (paused) {
            wanted = step;
        } else if (!done) {
            step.run();
        }
    }

    // ---- ends

    /** Terms of a decode leg that uses what a prefill endpoint has computed. */
    DecodeTerms termsWith(TargetEndpoint endpoint, PrefillAnswer answer) {
        int cached = switch (settings().cachedTokens()) {
            case OF_PREFILL -> Math.max(0, answer.cachedTokens());
            case OF_PREFILL_IF_TOLD -> answer.cachedTokens();
            case OF_DECODE -> PrefillAnswer.UNKNOWN;
        };
        return new DecodeTerms(endpoint, cached, answer.inputTokens());
    }

    /** Sends the leg whose answer goes to the client to an endpoint that pulls what it can from {@code source}. */
    void decodePulling(Leg leg, TargetEndpoint source) {
        state.unsplit();
        releaseRetry();
        sendDecode(postOnce(leg), DecodeTerms.with(source));
    }

    /** Sends the leg whose answer goes to the client. */
    void decode(Leg leg, DecodeTerms terms) {
        if (terms.prefill() != null) {
            state.spend();
            owner.meters().split();
        }
        releaseRetry();
        sendDecode(terms.prefill() == null ? post(leg) : postOnce(leg), terms);
    }

    /**
     * Sends the leg whose answer goes to the client while its prefill leg is under way.
     *
     * @param isHeld whether nothing of the answer is read before {@link #releaseDecode()}
     * @param decodesAlone whether another attempt may do without the prefill endpoint
     * @param onUnusable called when the endpoint could not use the blocks
     */
    void decodeMeanwhile(Leg leg, TargetEndpoint endpoint, boolean isHeld, boolean decodesAlone, Runnable onUnusable) {
        owner.meters().split();
        handoffUnusable = onUnusable;
        if (decodesAlone) {
            state.spend();
        }
        state.splitWith(endpoint);
        sendDecode(postOnce(leg), DecodeTerms.with(endpoint), sent -> {
            if (!isHeld) {
                return sent;
            }
            CommitGate closed = new CommitGate(sent);
            gate = closed;
            return closed;
        });
    }

    /** The answer may go to the client. */
    void releaseDecode() {
        CommitGate closed = gate;
        gate = null;
        if (closed != null) {
            closed.open();
        }
        if (!paused) {
            resume();
        }
    }

    /** Whether the client got something of the answer, or is about to. */
    boolean hasDecodeBegun() {
        return decodeBegan;
    }

    /** Ends the leg whose answer goes to the client; another one may follow. */
    void cancelDecode() {
        DecodeLeg leg = decodeLeg;
        decodeLeg = null;
        discardHeld();
        if (leg != null) {
            leg.cancel("cancelled");
        }
    }

    private void discardHeld() {
        CacheProbe asking = probe;
        probe = null;
        if (asking != null) {
            asking.discard();
        }
        CommitGate closed = gate;
        gate = null;
        if (closed != null) {
            closed.discard();
        }
    }

    /** No prefill endpoint is of use: ends as {@link DisaggSettings#onPrefillFailure()} says. */
    void prefillUnusable(FallbackReason why) {
        if (settings().onPrefillFailure() == DisaggSettings.OnPrefillFailure.FAIL) {
            refuse(new ApiError(ErrorCode.UPSTREAM_ERROR, "no prefill endpoint could serve the request"));
        } else {
            decodeOnly(why);
        }
    }

    /** Lets the decode endpoint do all of it: the client's body goes there as it is. */
    void decodeOnly(FallbackReason why) {
        state.fellBack(why);
        owner.meters().fellBack(why.wireName());
        owner.fallbackLog().fellBack(why, state.legId(), decode().id());
        connector.alone(this).start();
    }

    /** Sends a leg to the decode endpoint that leaves all of the work to it. */
    void decodeUnsplit(Leg leg) {
        state.unsplit();
        releaseRetry();
        sendDecode(post(leg), DecodeTerms.ALONE);
    }

    /**
     * Sends a leg to the decode endpoint whose answer goes to the client if the endpoint has enough of the prompt cached.
     *
     * @param onMiss called when it has not; the leg is over then, and nothing of it went to the client
     */
    void probe(Leg leg, Runnable onMiss) {
        state.unsplit();
        sendDecode(post(leg), DecodeTerms.ALONE, sent -> {
            CacheProbe asking = new CacheProbe(sent, request().route(), () -> {
                probe = null;
                decodeLeg = null;
                sent.cancel("miss");
                onMiss.run();
            });
            probe = asking;
            return asking;
        });
    }

    /**
     * Sends a leg to the decode endpoint whose answer goes to the client unless it is that the endpoint has nothing of the
     * prompt cached.
     *
     * @param onMiss called in that case; the leg is over then, and nothing of it went to the client
     */
    void decodeIfCached(Leg leg, Runnable onMiss) {
        state.unsplit();
        sendDecode(
                post(leg),
                DecodeTerms.ALONE,
                sent -> new CachedOnly(sent, () -> owner.meters().conditional("hit"), () -> {
                    owner.meters().conditional("miss");
                    decodeLeg = null;
                    sent.cancel("miss");
                    onMiss.run();
                }));
    }

    /** Sends the client's body to the decode endpoint as it is. */
    void decodeUnsplit() {
        if (isEncoded() || isRewritten) {
            decodeUnsplit(aloneLeg());
            return;
        }
        state.unsplit();
        HttpHeaders headers = headers(decode());
        String model = split.decision().model();
        var edits = model.isEmpty() ? request().edits() : request().editsWithModel(model);
        UpstreamRequest request;
        if (edits.isEmpty()) {
            request = upstream(headers, split.body(), split.length());
        } else {
            byte[] edited = BodyEdits.apply(split.body(), 0, split.length(), edits);
            request = upstream(headers, edited, edited.length);
        }
        releaseRetry();
        sendDecode(request, DecodeTerms.ALONE);
    }

    /** An answer that is no stream begins when all of it is there, and one that is held when the other leg is over. */
    private Duration decodeTimeout(DecodeTerms terms, boolean isHeld) {
        boolean isPrompt = request().stream() && terms.prefill() != null && !isHeld;
        return isPrompt ? timeout(settings().decodeTimeout()) : Duration.ofNanos(Math.max(0, split.leftNanos()));
    }

    private void sendDecode(UpstreamRequest request, DecodeTerms terms) {
        sendDecode(request, terms, leg -> leg);
    }

    /**
     * @param before makes what stands between the endpoint and the leg
     */
    private void sendDecode(UpstreamRequest request, DecodeTerms terms, Function<DecodeLeg, UpstreamListener> before) {
        if (done) {
            return;
        }
        listener.onDecodeSent();
        DecodeLeg leg = new DecodeLeg(this, listener, terms);
        decodeLeg = leg;
        gate = null;
        UpstreamListener first = before.apply(leg);
        boolean isHeld = gate != null;
        if (paused || isHeld) {
            leg.pause();
        }
        leg.sent(
                owner.upstream().send(transport, decode(), request, first),
                transport.loop(),
                decodeTimeout(terms, isHeld));
    }

    void refuse(ApiError error) {
        Phases phases = owner.phases();
        ApiError shown = phases == null ? error : Phases.shown(error);
        end(shown.code().status(), ErrorBody.toJson(shown));
    }

    /** Ends the attempt with an answer of the prefill side. */
    void refuse(int status, byte[] answer) {
        Phases phases = owner.phases();
        if (phases == null) {
            end(status, answer);
        } else {
            end(Phases.shownStatus(status), Phases.shownBody(status));
        }
    }

    private void end(int status, byte[] answer) {
        if (!done) {
            state.release();
            finish();
            listener.onRefused(status, answer);
        }
    }

    // ---- what the decode leg says

    boolean isFirstContact(TargetEndpoint from) {
        return owner.pairs().isNew(from.id(), decode().id());
    }

    /** The first bytes of the answer have come. */
    void decodeBegan(DecodeTerms terms, long nanos) {
        decodeBegan = true;
        releaseRetry();
        TargetEndpoint from = terms.prefill();
        if (from != null) {
            state.fetched();
            owner.pairs().worked(from.id(), decode().id());
        }
    }

    void decodeEnded(String result, long nanos, boolean isFirstContact) {
        // Of legs at the same time, nobody needs what the other one still has to say.
        endLegs();
        releaseRetry();
        owner.meters().leg(isFirstContact ? "decode-first-contact" : "decode", result, nanos);
        if (result.equals("ok") && !isFirstContact) {
            owner.decodeTimes().ended(decode().id(), nanos);
        }
    }

    /** The endpoint was not reached, so that a handoff is still good for another one. */
    void decodeUnreached(DecodeTerms terms) {
        if (terms.prefill() != null) {
            state.unspend();
        }
    }

    /** The endpoint could not use the blocks. */
    void handoffFailed(TargetEndpoint from) {
        owner.meters().handoff("failed");
        owner.pairs().failed(from.id(), decode().id());
        state.strand();
        Runnable unusable = handoffUnusable;
        if (unusable != null) {
            unusable.run();
        }
    }

    // ---- what the edge says

    @Override
    public void cancel() {
        if (done) {
            return;
        }
        finish();
        DecodeLeg leg = decodeLeg;
        if (leg != null) {
            leg.cancel("cancelled");
        }
    }

    private void finish() {
        done = true;
        discardHeld();
        endLegs();
        releaseRetry();
    }

    /** Ends what is under way beside the decode leg, and lets go of it. */
    private void endLegs() {
        legs.forEach(BufferedLeg::cancel);
        legs.clear();
        timers.forEach(timer -> timer.cancel(false));
        timers.clear();
    }

    private void releaseRetry() {
        if (holdsRetry) {
            holdsRetry = false;
            owner.retries().release();
        }
    }

    @Override
    public void pause() {
        paused = true;
        DecodeLeg leg = decodeLeg;
        if (leg != null) {
            leg.pause();
        }
    }

    @Override
    public void resume() {
        paused = false;
        DecodeLeg leg = decodeLeg;
        if (leg != null && gate == null) {
            leg.resume();
        }
        Runnable step = wanted;
        wanted = null;
        if (step != null && !done) {
            step.run();
        }
    }
}
