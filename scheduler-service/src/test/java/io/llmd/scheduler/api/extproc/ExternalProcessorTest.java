package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.Proxy.list;
import static io.llmd.scheduler.api.extproc.Proxy.set;
import static io.llmd.scheduler.api.extproc.Proxy.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse.ResponseCase;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleRejection.Reason;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExternalProcessorTest {

    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"Hi\"}";
    private static final int MAX_BODY = 300_000;
    private static final int MAX_HELD = 500_000;

    private final ScriptedDoor door = new ScriptedDoor();
    private final AtomicLong clock = new AtomicLong();
    private final ExternalProcessor processor =
            new ExternalProcessor(door, settings(true, true), Runnable::run, clock::get);
    private Server server;
    private ManagedChannel channel;

    private static ExtProcSettings settings(boolean trustsControl, boolean trustsTokens) {
        return new ExtProcSettings(
                "envoy.lb",
                "envoy.lb.subset_hint",
                false,
                trustsControl,
                trustsTokens,
                MAX_BODY,
                MAX_HELD,
                3,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10));
    }

    @BeforeEach
    void start() throws IOException {
        String name = UUID.randomUUID().toString();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(processor)
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    /** Every test ends its streams; nothing of them is left. */
    @AfterEach
    void stop() {
        assertThat(processor.open()).isZero();
        assertThat(processor.heldBytes()).isZero();
        channel.shutdownNow();
        server.shutdownNow();
    }

    private Proxy open() {
        return Proxy.open(channel);
    }

    private static CommonResponse head(ProcessingResponse answer) {
        assertThat(answer.getResponseCase()).isEqualTo(ResponseCase.REQUEST_HEADERS);
        return answer.getRequestHeaders().getResponse();
    }

    private static StreamedBodyResponse requestPiece(ProcessingResponse answer) {
        assertThat(answer.getResponseCase()).isEqualTo(ResponseCase.REQUEST_BODY);
        return answer.getRequestBody().getResponse().getBodyMutation().getStreamedResponse();
    }

    private static StreamedBodyResponse answerPiece(ProcessingResponse answer) {
        assertThat(answer.getResponseCase()).isEqualTo(ResponseCase.RESPONSE_BODY);
        return answer.getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
    }

    private static ImmediateResponse immediate(Proxy proxy) {
        List<ProcessingResponse> answers = proxy.answers();
        assertThat(answers).hasSize(1);
        assertThat(answers.getFirst().getResponseCase()).isEqualTo(ResponseCase.IMMEDIATE_RESPONSE);
        assertThat(proxy.isCompleted()).isTrue();
        return answers.getFirst().getImmediateResponse();
    }

    private static String body(ScheduleRequest question) {
        return StandardCharsets.UTF_8.decode(question.body().duplicate()).toString();
    }

    /** A request that was forwarded. */
    private Proxy forwarded(String path, String body) {
        Proxy proxy = open().post(path, "x-request-id", "r1").body(body, true);
        assertThat(proxy.answers()).isNotEmpty();
        return proxy;
    }

    private void assertEnded(Cause cause, int status, TokenUsage usage) {
        assertThat(door.reports.stream().filter(report -> report.phase() == Phase.ENDED))
                .singleElement()
                .satisfies(report -> {
                    assertThat(report.cause()).isEqualTo(cause);
                    assertThat(report.status()).isEqualTo(status);
                    assertThat(report.usage()).isEqualTo(usage);
                    assertThat(report.endpointId()).isEqualTo("ns/b");
                });
    }

    @Test
    @DisplayName("P1: head with the destination in header and metadata, then the body as it came")
    @Tag("ext-proc-P1")
    void forwards() {
        door.requestHeaders = Map.of("x-added", "1");
        Proxy proxy = open().post(PATH);
        assertThat(proxy.answers()).isEmpty();
        proxy.body(BODY, true);

        List<ProcessingResponse> answers = proxy.answers();
        assertThat(answers).hasSize(2);
        CommonResponse head = head(answers.getFirst());
        assertThat(head.getClearRouteCache()).isTrue();
        assertThat(set(head.getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "10.0.0.2:8000")
                .containsEntry("content-length", "" + BODY.length())
                .containsEntry("x-added", "1")
                .containsKey("x-request-id")
                .hasSize(4);
        assertThat(answers.getFirst()
                        .getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow("x-gateway-destination-endpoint")
                        .getStringValue())
                .isEqualTo("10.0.0.2:8000");
        assertThat(requestPiece(answers.getLast()).getBody().toStringUtf8()).isEqualTo(BODY);
        assertThat(requestPiece(answers.getLast()).getEndOfStream()).isTrue();
        ScheduleRequest question = door.questions.getFirst();
        assertThat(question.path()).isEqualTo(PATH);
        assertThat(body(question)).isEqualTo(BODY);
        assertThat(question.headers()).containsKey("x-request-id").doesNotContainKey(":path");
        proxy.cancel();
    }

    @Test
    @DisplayName("P2, P4: a body in pieces, and one whose end is an empty piece; nothing goes out before")
    @Tag("ext-proc-P2")
    @Tag("ext-proc-P4")
    void collectsPieces() {
        Proxy proxy = open().post(PATH).body(BODY.substring(0, 9), false);
        assertThat(proxy.answers()).isEmpty();
        proxy.body(BODY.substring(9), false);
        assertThat(proxy.answers()).isEmpty();
        proxy.body("", true);
        assertThat(proxy.answers()).hasSize(2);
        assertThat(body(door.questions.getFirst())).isEqualTo(BODY);
        proxy.cancel();
    }

    @Test
    @DisplayName("P3: large bodies go in pieces of 62,000 bytes")
    @Tag("ext-proc-P3")
    void cutsLargeBodies() {
        String prompt = "{\"model\":\"m\",\"prompt\":\"%s\"}".formatted("x".repeat(200_000 - 25));
        assertThat(prompt).hasSize(200_000);
        Proxy proxy = open().post(PATH).body(prompt, true);

        List<StreamedBodyResponse> pieces = proxy.answers().stream()
                .skip(1)
                .map(ExternalProcessorTest::requestPiece)
                .toList();
        assertThat(pieces).extracting(piece -> piece.getBody().size()).containsExactly(62_000, 62_000, 62_000, 14_000);
        assertThat(pieces).extracting(StreamedBodyResponse::getEndOfStream).containsExactly(false, false, false, true);
        proxy.cancel();
    }

    @Test
    @DisplayName("P5: trailers end a body, and are answered last")
    @Tag("ext-proc-P5")
    void trailersEndTheBody() {
        Proxy proxy = open().post(PATH).body(BODY, false).requestTrailers();

        List<ProcessingResponse> answers = proxy.answers();
        assertThat(answers).hasSize(3);
        head(answers.getFirst());
        assertThat(requestPiece(answers.get(1)).getEndOfStream()).isFalse();
        assertThat(answers.get(2).getResponseCase()).isEqualTo(ResponseCase.REQUEST_TRAILERS);
        proxy.cancel();
    }

    @Test
    void trailersAfterTheEndOfTheBodyAreAnsweredAfterTheDecision() {
        door.isQueueing = true;
        Proxy proxy = open().post(PATH).body(BODY, true).requestTrailers();
        assertThat(proxy.answers()).isEmpty();
        door.waiting.getFirst().accept(door.outcome(door.questions.getFirst()));
        assertThat(proxy.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(
                        ResponseCase.REQUEST_HEADERS, ResponseCase.REQUEST_BODY, ResponseCase.REQUEST_TRAILERS);
        proxy.cancel();
    }

    @ParameterizedTest
    @DisplayName("P6, P7, P9, P26: rejections become answers with status, reason and the client's dialect")
    @CsvSource(
            nullValues = "-",
            value = {
                "BAD_REQUEST,400,-,BadRequest",
                "NOT_CACHED,412,-,PreconditionFailed",
                "SATURATED,429,rejected-saturated,ResourceExhausted",
                "DENIED,429,rejected-saturated,ResourceExhausted",
                "TTL_EXPIRED,429,rejected-ttl-expired,ResourceExhausted",
                "NO_ENDPOINTS,503,rejected-no-endpoints,ServiceUnavailable",
                "SHUTTING_DOWN,503,rejected-shutting-down,ServiceUnavailable",
                "INTERNAL,500,-,Internal"
            })
    void rejects(Reason reason, int status, String dropped, String code) {
        door.rejection = reason;
        Proxy proxy = open().post(PATH, "x-request-id", "r1").body(BODY, true);

        ImmediateResponse answer = immediate(proxy);
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(status);
        Map<String, String> headers = set(answer.getHeaders());
        assertThat(headers.get("x-llm-d-request-dropped-reason")).isEqualTo(dropped);
        assertThat(headers).containsEntry("content-type", "application/json").containsEntry("x-request-id", "r1");
        assertThat(headers.containsKey("retry-after")).isEqualTo(status == 429 || status >= 500);
        assertThat(answer.getBody().toStringUtf8())
                .startsWith("{\"error\":{\"message\":\"inference error: " + code + " - ");
        assertThat(door.reports).isEmpty();
    }

    @Test
    void refusalsOfMessagesAreAnthropicsAndThoseOfGrpcCarryItsStatus() {
        door.rejection = Reason.NO_ENDPOINTS;
        assertThat(immediate(open().post("/v1/messages").body(BODY, true))
                        .getBody()
                        .toStringUtf8())
                .startsWith("{\"type\":\"error\",\"error\":{");
        Proxy grpc = open().send(Proxy.requestHead(
                        false, Proxy.headers(":path", "/vllm.Engine/Generate", "content-type", "application/grpc")))
                .body("..", true);
        assertThat(immediate(grpc).getGrpcStatus().getStatus()).isEqualTo(Status.Code.UNAVAILABLE.value());
    }

    @Test
    @DisplayName("P8: a request without a body is placed as well, and no body goes out")
    @Tag("ext-proc-P8")
    void placesRequestsWithoutBody() {
        Proxy proxy = open().send(Proxy.requestHead(true, Proxy.headers(":method", "GET", ":path", "/v1/models?a=b")));

        List<ProcessingResponse> answers = proxy.answers();
        assertThat(answers).hasSize(1);
        assertThat(set(head(answers.getFirst()).getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "10.0.0.2:8000")
                .doesNotContainKey("content-length");
        assertThat(door.questions.getFirst().hasBody()).isFalse();
        assertThat(door.questions.getFirst().path()).isEqualTo("/v1/models");
        proxy.cancel();
    }

    @Test
    @DisplayName("P10 to P14, P37: hints of the head and of the body reach the decision; the later one counts")
    void passesHintsOn() {
        Proxy proxy = open().send(Proxy.requestHead(false, Proxy.headers(":path", PATH))
                        .setMetadataContext(Proxy.hint(text("10.0.0.9"))))
                .send(Proxy.requestBody(ByteString.copyFromUtf8(BODY), true)
                        .setMetadataContext(Proxy.hint(list(text("10.0.0.1:8000"), text("[fd00::1]:8000,10.0.0.3")))));
        assertThat(door.questions.getFirst().headers())
                .containsEntry("x-gateway-destination-endpoint-subset", "10.0.0.1:8000,[fd00::1]:8000,10.0.0.3");
        proxy.cancel();
    }

    @Test
    @DisplayName("P12, B83: empty, mistyped, nested and endless hints allow nobody; none and foreign ones allow all")
    @Tag("ext-proc-P12")
    @Tag("bad-input-B83")
    void hintsThatAllowNobody() {
        Value[] many = Collections.nCopies(4097, text("10.0.0.1")).toArray(Value[]::new);
        Value deep = text("10.0.0.1");
        for (int i = 0; i < 200; i++) {
            deep = list(deep);
        }
        for (Value nobody : List.of(
                list(), Value.newBuilder().setNumberValue(1).build(), list(many), text("a,".repeat(5000)), deep)) {
            assertThat(SubsetHint.read(Proxy.hint(nobody), "envoy.lb.subset_hint"))
                    .isEmpty();
        }
        assertThat(SubsetHint.read(Proxy.hint(list(text("a"))), "other")).isNull();
        assertThat(SubsetHint.read(Proxy.hint(list(text("a"), list())), "envoy.lb.subset_hint"))
                .isEqualTo("a");
    }

    @Test
    @DisplayName("P15, P16: what clients must not say is overwritten, removed, and not heard")
    @Tag("ext-proc-P15")
    @Tag("ext-proc-P16")
    void removesForgedHeaders() {
        door.requestHeaders = Map.of("x-kv-cache-source-host-port", "10.0.0.3:8000", "x-gone", "");
        Proxy proxy = open().post(
                        PATH,
                        "x-gateway-destination-endpoint",
                        "1.2.3.4:80",
                        "x-prefiller-host-port",
                        "1.2.3.4:80",
                        "x-kv-cache-source-host-port",
                        "1.2.3.4:80",
                        "x-llmd-priority",
                        "100",
                        "x-gateway-destination-endpoint-subset",
                        "1.2.3.4:80",
                        "x-llm-d-inference-objective",
                        "premium",
                        "x-gone",
                        "1",
                        "x-kept",
                        "1")
                .body(BODY, true);

        CommonResponse head = head(proxy.answers().getFirst());
        assertThat(set(head.getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "10.0.0.2:8000")
                .containsEntry("x-kv-cache-source-host-port", "10.0.0.3:8000");
        assertThat(head.getHeaderMutation().getRemoveHeadersList())
                .contains(
                        "x-prefiller-host-port",
                        "x-llmd-priority",
                        "x-llm-d-inference-objective",
                        "x-gateway-destination-endpoint-subset",
                        "x-gone")
                .doesNotContain("x-kv-cache-source-host-port", "x-gateway-destination-endpoint", "x-kept");
        assertThat(door.questions.getFirst().headers())
                .containsEntry("x-llm-d-inference-objective", "premium")
                .containsEntry("x-kept", "1")
                .doesNotContainKeys(
                        "x-prefiller-host-port", "x-llmd-priority", "x-gateway-destination-endpoint-subset");
        proxy.cancel();
    }

    @Test
    @DisplayName("P17: of a body under another name nothing but the name changes")
    @Tag("ext-proc-P17")
    void renamesTheModelOfRequests() {
        door.model = "m2";
        String odd = "{ \"seed\" : 9007199254740993,\"model\":  \"m1\" ,\"prompt\":\"\\u0041 \\\"model\\\":1.0\"}";
        Proxy proxy = open().post(PATH).body(odd, true);

        List<ProcessingResponse> answers = proxy.answers();
        String expected = odd.replace("\"m1\"", "\"m2\"");
        assertThat(requestPiece(answers.get(1)).getBody().toStringUtf8()).isEqualTo(expected);
        assertThat(set(head(answers.getFirst()).getHeaderMutation()))
                .containsEntry("content-length", "" + expected.length());
        proxy.cancel();
    }

    @Test
    @DisplayName("token ids that a coordinator has put beside a chat are for the scheduler, and nothing else changes")
    void takesTheTokensOfChatsOut() {
        String chat = "{ \"model\":\"m\",\"tokens\":{\"token_ids\":[1, 2]},\"messages\":[ ] }";
        Proxy proxy = open().post("/v1/chat/completions").body(chat, true);

        List<ProcessingResponse> answers = proxy.answers();
        String expected = "{ \"model\":\"m\",\"messages\":[ ] }";
        assertThat(requestPiece(answers.get(1)).getBody().toStringUtf8()).isEqualTo(expected);
        assertThat(set(head(answers.getFirst()).getHeaderMutation()))
                .containsEntry("content-length", "" + expected.length());
        assertThat(body(door.questions.getFirst())).isEqualTo(chat);
        proxy.cancel();
    }

    @Test
    @DisplayName("P18: an answer in pieces comes back under the client's name and is counted once")
    @Tag("ext-proc-P18")
    void renamesTheModelOfAnswers() {
        door.model = "m2";
        door.responseHeaders = Map.of("x-session-token", "t");
        Proxy proxy = forwarded(PATH, "{\"model\":\"m1\"}").answerHead(200, "application/json", false);
        CommonResponse head = proxy.answers().getFirst().getResponseHeaders().getResponse();
        assertThat(set(head.getHeaderMutation()))
                .containsEntry("x-went-into-resp-headers", "true")
                .containsEntry("x-session-token", "t");
        assertThat(head.getHeaderMutation().getRemoveHeadersList()).containsExactly("content-length");
        clock.addAndGet(5_000_000);
        proxy.answerBody("{\"model\":\"m", false);
        clock.addAndGet(2_000_000);
        proxy.answerBody("2\",\"usage\":{\"prompt_tokens\":7,\"completion", false)
                .answerBody("_tokens\":3}}", true);

        List<StreamedBodyResponse> pieces =
                proxy.answers().stream().map(ExternalProcessorTest::answerPiece).toList();
        assertThat(pieces).extracting(StreamedBodyResponse::getEndOfStream).containsExactly(false, false, true);
        assertThat(joined(pieces))
                .isEqualTo("{\"model\":\"m1\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}");
        assertEnded(Cause.NATURAL, 200, new TokenUsage(7, 3, -1));
        assertThat(door.reports)
                .extracting(OutcomeReport::phase, OutcomeReport::timeToFirstTokenMicros, OutcomeReport::durationMicros)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Phase.STARTED, 5_000L, 0L),
                        org.assertj.core.groups.Tuple.tuple(Phase.ENDED, 5_000L, 7_000L));
        proxy.halfClose();
        assertThat(proxy.isCompleted()).isTrue();
    }

    private static String joined(List<StreamedBodyResponse> pieces) {
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(piece.getBody().toStringUtf8()));
        return text.toString();
    }

    @Test
    @DisplayName(
            "P19, P20: events go on piece by piece under the client's name; usage cut in two counts, beside [DONE]")
    @Tag("ext-proc-P19")
    @Tag("ext-proc-P20")
    void followsEvents() {
        door.model = "m2";
        Proxy proxy = forwarded("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}")
                .answerHead(200, "text/event-stream; charset=utf-8", false);
        proxy.answers();
        List<String> pieces = List.of(
                "data: {\"model\":\"m2\",\"choices\":[{\"delta\":{\"content\":\"m2\"}}]}\n\n",
                "data: {\"model\":\"m2\",\"choices\":[],\"usage\":{\"prompt_to",
                "kens\":11,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n");
        for (int i = 0; i < pieces.size(); i++) {
            boolean isLast = i == pieces.size() - 1;
            proxy.answerBody(pieces.get(i), isLast);
            List<ProcessingResponse> answers = proxy.answers();
            assertThat(answers).hasSize(1);
            StreamedBodyResponse passed = answerPiece(answers.getFirst());
            assertThat(passed.getBody().toStringUtf8())
                    .isEqualTo(pieces.get(i).replace("\"model\":\"m2\"", "\"model\":\"m\""));
            assertThat(passed.getEndOfStream()).isEqualTo(isLast);
        }
        assertEnded(Cause.NATURAL, 200, new TokenUsage(11, 2, -1));
        proxy.halfClose();
    }

    @Test
    @DisplayName("P21: an answer with trailers ends with them")
    @Tag("ext-proc-P21")
    void answersTrailers() {
        Proxy proxy = open().send(Proxy.requestHead(
                        false, Proxy.headers(":path", "/vllm.Engine/Generate", "content-type", "application/grpc")))
                .body("....", true);
        assertThat(set(head(proxy.answers().getFirst()).getHeaderMutation())).doesNotContainKey("content-length");
        proxy.answerHead(200, "application/grpc", false)
                .answerBody("....", false)
                .answerTrailers();

        List<ProcessingResponse> answers = proxy.answers();
        assertThat(answerPiece(answers.get(1)).getEndOfStream()).isFalse();
        assertThat(answers.get(2).getResponseCase()).isEqualTo(ResponseCase.RESPONSE_TRAILERS);
        assertEnded(Cause.NATURAL, 200, TokenUsage.UNKNOWN);
        proxy.halfClose();
    }

    @Test
    @DisplayName("P22: whoever leaves while waiting gives the place back, and hears nothing more")
    @Tag("ext-proc-P22")
    void leavesWhileWaiting() {
        door.isQueueing = true;
        Proxy proxy = open().post(PATH).body(BODY, true);
        proxy.cancel();
        assertThat(door.left).isEqualTo(1);

        door.waiting.getFirst().accept(door.outcome(door.questions.getFirst()));
        assertThat(proxy.answers()).isEmpty();
        assertEnded(Cause.CLIENT_DISCONNECT, 0, TokenUsage.UNKNOWN);
    }

    @Test
    @DisplayName("P23: whoever leaves in the middle of an answer ends the lease once, with what was counted")
    @Tag("ext-proc-P23")
    void leavesDuringTheAnswer() {
        Proxy proxy = forwarded(PATH, "{\"model\":\"m\",\"stream\":true}")
                .answerHead(200, "text/event-stream", false)
                .answerBody(
                        "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n",
                        false);
        proxy.cancel();
        assertEnded(Cause.CLIENT_DISCONNECT, 200, new TokenUsage(1, 1, -1));
    }

    @Test
    void halfClosingBeforeTheEndIsLeavingToo() {
        Proxy proxy = forwarded(PATH, BODY);
        proxy.halfClose();
        assertThat(proxy.isCompleted()).isTrue();
        assertEnded(Cause.CLIENT_DISCONNECT, 0, TokenUsage.UNKNOWN);
    }

    @Test
    @DisplayName("P24, P25, P32: an eviction ends its own request alone, and not one that is complete")
    @Tag("flow-control-F44")
    @Tag("ext-proc-P24")
    @Tag("ext-proc-P25")
    @Tag("ext-proc-P32")
    void evicts() {
        Proxy first = forwarded(PATH, BODY);
        Proxy second = forwarded(PATH, BODY);
        door.evict(1);
        ImmediateResponse answer = immediate(first);
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(429);
        assertThat(set(answer.getHeaders())).containsEntry("x-llm-d-request-dropped-reason", "evicted");
        assertEnded(Cause.EVICTED, 0, TokenUsage.UNKNOWN);

        second.answerHead(200, "application/json", true);
        second.answers();
        door.evict(2);
        assertThat(second.answers()).isEmpty();
        assertThat(door.reports)
                .last()
                .satisfies(report -> assertThat(report.cause()).isEqualTo(Cause.NATURAL));
        second.halfClose();
    }

    @Test
    @DisplayName("P29: where the answer tells nothing, the stream ends with the request")
    @Tag("ext-proc-P29")
    void leavesTokenCountsAlone() {
        Proxy proxy = open().post("/v1/messages/count_tokens").body(BODY, true);
        assertThat(proxy.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.REQUEST_HEADERS, ResponseCase.REQUEST_BODY);
        assertThat(proxy.isCompleted()).isTrue();
        assertEnded(Cause.NATURAL, 0, TokenUsage.UNKNOWN);
    }

    @Test
    @Tag("bad-input-B82")
    @DisplayName("P30, B82: a body beyond the limit is refused, and no more of it is kept")
    @Tag("ext-proc-P30")
    void refusesLargeBodies() {
        Proxy proxy = open().post(PATH);
        for (int i = 0; i < 4; i++) {
            proxy.body("x".repeat(100_000), false);
        }
        assertThat(immediate(proxy).getStatus().getCodeValue()).isEqualTo(413);
        assertThat(door.questions).isEmpty();
    }

    @Test
    @DisplayName("P31: an endpoint's error is reported as such, and its body is not read")
    @Tag("ext-proc-P31")
    void reportsErrorsOfEndpoints() {
        Proxy proxy = forwarded(PATH, BODY)
                .answerHead(500, "application/json", false)
                .answerBody("{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}", true);
        assertEnded(Cause.NATURAL, 500, TokenUsage.UNKNOWN);
        proxy.halfClose();
    }

    @Test
    @Tag("bad-input-B79")
    @DisplayName("P34: an answer without a request is answered")
    @Tag("ext-proc-P34")
    void toleratesAnswersAlone() {
        Proxy proxy = open().answerHead(200, "application/json", false)
                .answerBody("x", true)
                .answerTrailers();
        assertThat(proxy.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(
                        ResponseCase.RESPONSE_HEADERS, ResponseCase.RESPONSE_BODY, ResponseCase.RESPONSE_TRAILERS);
        assertThat(door.reports).isEmpty();
        proxy.halfClose();
    }

    @Test
    @DisplayName("P35: IPv6 is in brackets in both places, and all endpoints are named in order")
    @Tag("ext-proc-P35")
    void namesEndpoints() {
        door.endpoints =
                List.of(new TargetEndpoint("ns/b", "fd00::1", 8000), new TargetEndpoint("ns/c", "10.0.0.3", 1));
        Proxy proxy = open().post(PATH).body(BODY, true);
        ProcessingResponse answer = proxy.answers().getFirst();
        assertThat(set(head(answer).getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "[fd00::1]:8000,10.0.0.3:1");
        assertThat(answer.getDynamicMetadata().toString()).contains("[fd00::1]:8000,10.0.0.3:1");
        proxy.cancel();
    }

    @Test
    @DisplayName("P36: an answer without a body is complete with its head")
    @Tag("ext-proc-P36")
    void endsWithTheHead() {
        Proxy proxy = forwarded(PATH, BODY).answerHead(204, "", true);
        assertEnded(Cause.NATURAL, 204, TokenUsage.UNKNOWN);
        assertThat(door.reports).hasSize(2);
        proxy.halfClose();
    }

    private static ProcessingRequest.Builder head(BodySendMode mode, String... headers) {
        return Proxy.requestHead(false, Proxy.headers(headers))
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(mode)
                        .setResponseBodyMode(mode));
    }

    @Test
    @DisplayName("P38: a proxy that holds bodies gets its head answered first, and the destination with the body")
    @Tag("ext-proc-P38")
    void servesProxiesThatHoldBodies() {
        Proxy same = open().send(head(BodySendMode.BUFFERED, ":path", PATH));
        assertThat(head(same.answers().getFirst())).isEqualTo(CommonResponse.getDefaultInstance());
        same.body(BODY, true);
        CommonResponse answer = same.answers().getFirst().getRequestBody().getResponse();
        assertThat(set(answer.getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "10.0.0.2:8000")
                .doesNotContainKey("content-length");
        assertThat(answer.hasBodyMutation()).isFalse();
        same.answerHead(200, "application/json", false).answerBody("{\"model\":\"m\"}", true);
        assertThat(same.answers().getLast().getResponseBody().getResponse().hasBodyMutation())
                .isFalse();
        same.halfClose();

        door.model = "m2";
        Proxy changed = open().send(head(BodySendMode.BUFFERED, ":path", PATH)).body(BODY, true);
        assertThat(changed.answers()
                        .getLast()
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getBody()
                        .toStringUtf8())
                .isEqualTo(BODY.replace("\"m\"", "\"m2\""));
        changed.answerHead(200, "application/json", false).answerBody("{\"model\":\"m2\"}", true);
        assertThat(changed.answers()
                        .getLast()
                        .getResponseBody()
                        .getResponse()
                        .getBodyMutation()
                        .getBody()
                        .toStringUtf8())
                .isEqualTo("{\"model\":\"m\"}");
        changed.halfClose();
    }

    @Test
    void refusesAModeInWhichTheHeadHasToBeAnsweredBeforeTheBodyIsSeenAndSendsNoBodyWhereNoneComes() {
        assertThat(immediate(open().send(head(BodySendMode.STREAMED, ":path", PATH)))
                        .getBody()
                        .toStringUtf8())
                .contains("STREAMED (expected: FULL_DUPLEX_STREAMED, BUFFERED or NONE)");
        Proxy headOnly = open().send(head(BodySendMode.NONE, ":path", PATH));
        assertThat(headOnly.answers()).hasSize(1);
        headOnly.cancel();
    }

    @Test
    @Tag("bad-input-B79")
    @Tag("bad-input-B80")
    @DisplayName("B79, B80: messages out of turn change nothing")
    void ignoresWhatIsOutOfTurn() {
        Proxy bodyFirst = open().body(BODY, true);
        assertThat(bodyFirst.answers()).hasSize(2);
        assertThat(door.questions.getFirst().path()).isEqualTo("/");
        bodyFirst.post(PATH).body(BODY, true).body("", true);
        assertThat(bodyFirst.answers()).isEmpty();
        assertThat(door.questions).hasSize(1);
        bodyFirst.cancel();

        Proxy trailersOnly = open().requestTrailers();
        assertThat(trailersOnly.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.REQUEST_TRAILERS);
        Proxy nothing = trailersOnly.send(ProcessingRequest.newBuilder());
        assertThat(nothing.answers()).isEmpty();
        nothing.halfClose();
    }

    @Test
    @Tag("bad-input-B79")
    @DisplayName("B79: a stream on which no request comes ends after a while, and one that waits does not")
    void expires() {
        door.isQueueing = true;
        Proxy silent = open();
        Proxy waiting = open().post(PATH).body(BODY, true);
        clock.addAndGet(Duration.ofSeconds(31).toNanos());
        processor.expire();
        assertThat(Status.fromThrowable(silent.failure()).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(waiting.failure()).isNull();
        waiting.cancel();
    }

    @Test
    @Tag("bad-input-B81")
    @DisplayName("B81: names are lower case, raw values go before others, repeated headers are joined, bytes are kept")
    void readsHeaders() {
        HeaderMap headers = HeaderMap.newBuilder()
                .addHeaders(HeaderValue.newBuilder().setKey("").setValue("x"))
                .addHeaders(HeaderValue.newBuilder()
                        .setKey("X-A")
                        .setValue("text")
                        .setRawValue(ByteString.copyFromUtf8("raw")))
                .addHeaders(HeaderValue.newBuilder().setKey("x-a").setValue("second"))
                .addHeaders(
                        HeaderValue.newBuilder().setKey("x-b").setRawValue(ByteString.copyFrom(new byte[] {(byte) 0xe9
                        })))
                .build();
        assertThat(ProxyHeaders.read(headers)).isEqualTo(Map.of("x-a", "raw, second", "x-b", "é"));
    }

    @Test
    @Tag("bad-input-B86")
    @DisplayName("B86: streams beyond the limit are refused, and others are served")
    void refusesTooManyStreams() {
        Proxy first = open();
        Proxy second = open();
        Proxy third = open();
        Proxy fourth = open();
        assertThat(Status.fromThrowable(fourth.failure()).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        third.cancel();
        Proxy fifth = open().post(PATH).body(BODY, true);
        assertThat(fifth.answers()).hasSize(2);
        List.of(first, second, fifth).forEach(Proxy::cancel);
    }

    @Test
    @DisplayName("P38: a held body without end is whole when trailers follow, and not when the proxy's buffer is full")
    @Tag("ext-proc-P38")
    void servesHeldBodiesThatDoNotEnd() {
        Proxy trailers = open().send(head(BodySendMode.BUFFERED, ":path", PATH)).body(BODY, false);
        assertThat(trailers.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.REQUEST_HEADERS, ResponseCase.REQUEST_BODY);
        trailers.requestTrailers();
        assertThat(trailers.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.REQUEST_TRAILERS);
        trailers.answerHead(200, "application/json", false)
                .answerBody("{}", false)
                .answerTrailers();
        assertEnded(Cause.NATURAL, 200, TokenUsage.UNKNOWN);
        trailers.halfClose();

        Proxy tooLarge = open().send(head(BodySendMode.BUFFERED_PARTIAL, ":path", PATH));
        assertThat(tooLarge.answers()).hasSize(1);
        tooLarge.body("{\"model\":", false);
        assertThat(immediate(tooLarge).getStatus().getCodeValue()).isEqualTo(413);
    }

    @Test
    void whereTheProxyHidesTheEndOfAnswersItsCloseIsTheEnd() {
        Proxy proxy = open().send(Proxy.requestHead(false, Proxy.headers(":path", PATH))
                        .setProtocolConfig(ProtocolConfiguration.newBuilder()
                                .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                                .setResponseBodyMode(BodySendMode.NONE)))
                .body(BODY, true)
                .answerHead(200, "application/json", false);
        proxy.halfClose();
        assertThat(door.reports).extracting(OutcomeReport::phase).containsExactly(Phase.STARTED, Phase.ENDED);
        assertEnded(Cause.NATURAL, 200, TokenUsage.UNKNOWN);
    }

    @Test
    void whoTakesNoAnswersIsNotReadFromAndGetsThemInOrderLater() {
        Proxy proxy = Proxy.openWithoutReading(channel).post(PATH).body("x".repeat(200_000), true);
        assertThat(door.questions).isEmpty();
        proxy.take(1);
        assertThat(proxy.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.REQUEST_HEADERS);
        proxy.answerHead(200, "text/event-stream", false).answerBody("data: {}\n\n", false);
        assertThat(door.reports).as("of the answer nothing is read yet").isEmpty();
        proxy.take(100);
        assertThat(proxy.answers())
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(
                        ResponseCase.REQUEST_BODY,
                        ResponseCase.REQUEST_BODY,
                        ResponseCase.REQUEST_BODY,
                        ResponseCase.REQUEST_BODY,
                        ResponseCase.RESPONSE_HEADERS,
                        ResponseCase.RESPONSE_BODY);
        proxy.cancel();
    }

    @Test
    void bodiesOfAllRequestsAreBoundedUntilTheyAreForwarded() {
        door.isQueueing = true;
        Proxy first = open().post(PATH).body("x".repeat(300_000), true);
        Proxy second = open().post(PATH).body("x".repeat(200_000), false);
        Proxy third = open().post(PATH).body("x", false);
        assertThat(immediate(third).getStatus().getCodeValue()).isEqualTo(429);
        door.waiting.getFirst().accept(door.outcome(door.questions.getFirst()));
        assertThat(processor.heldBytes()).isEqualTo(200_000);
        second.cancel();
        assertThat(processor.heldBytes()).isZero();
        first.cancel();
    }

    @Test
    @DisplayName("T17: control headers of clients do not count where proxies do not take them off")
    void distrustsControlHeaders() {
        String[] headers = {"x-llm-d-inference-objective", "premium", "epp-profile", "decode", "x-slo-ttft-ms", "10"};
        ScheduleRequest distrusted =
                ProxiedRequest.of(Proxy.headers(headers), settings(false, true)).question(false);
        assertThat(distrusted.headers())
                .containsEntry("x-slo-ttft-ms", "10")
                .doesNotContainKeys("x-llm-d-inference-objective", "epp-profile");
        assertThat(ProxiedRequest.of(Proxy.headers(headers), settings(true, false))
                        .question(false)
                        .headers())
                .containsEntry("x-llm-d-inference-objective", "premium")
                .containsEntry("epp-profile", "decode");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, application/json",
        "/v1/chat/completions/?x=1, application/json",
        "/v1/chat/completions/render, application/json",
        "/v1/chat/completions, application/grpc"
    })
    @DisplayName("token ids of clients do not say where a chat goes, unless proxies are trusted to let none through")
    void distrustsTokens(String path, String type) {
        String chat =
                "{\"\\u0074okens\":{\"token_ids\":[7]},\"model\":\"m\",\"messages\":[],\"tokens\":{\"token_ids\":[1]}}";
        ProxiedRequest request =
                ProxiedRequest.of(Proxy.headers(":path", path, "content-type", type), settings(true, false));
        request.append(ByteString.copyFromUtf8(chat));

        assertThat(body(request.question(true))).isEqualTo("{\"model\":\"m\",\"messages\":[]}");
    }

    @Test
    void theEndpointThatServedIsTheOneThatTheProxyNames() {
        door.endpoints =
                List.of(new TargetEndpoint("ns/a", "10.0.0.1", 8000), new TargetEndpoint("ns/b", "10.0.0.2", 8000));
        door.responseHeaders = Map.of("x-gateway-destination-endpoint-served", "10.0.0.1:8000");
        Proxy proxy = forwarded(PATH, BODY)
                .send(ProcessingRequest.newBuilder()
                        .setResponseHeaders(HttpHeaders.newBuilder()
                                .setHeaders(Proxy.headers(":status", "200"))
                                .setEndOfStream(true))
                        .setMetadataContext(Metadata.newBuilder()
                                .putFilterMetadata(
                                        "envoy.lb",
                                        Struct.newBuilder()
                                                .putFields(
                                                        "x-gateway-destination-endpoint-served", text("10.0.0.2:8000"))
                                                .build())));
        assertThat(set(proxy.answers()
                        .getFirst()
                        .getResponseHeaders()
                        .getResponse()
                        .getHeaderMutation()))
                .containsEntry("x-conformance-test-served-endpoint", "10.0.0.2:8000");
        assertEnded(Cause.NATURAL, 200, TokenUsage.UNKNOWN);
        proxy.halfClose();
    }

    @Test
    void anEvictionThatComesBeforeTheDecisionIsNotLost() {
        door.isQueueing = true;
        Proxy proxy = open().post(PATH).body(BODY, true);
        door.evict(1);
        assertThat(proxy.answers()).isEmpty();
        door.waiting.getFirst().accept(door.outcome(door.questions.getFirst()));
        assertThat(proxy.answers())
                .last()
                .satisfies(answer -> assertThat(
                                answer.getImmediateResponse().getStatus().getCodeValue())
                        .isEqualTo(429));
        assertThat(proxy.isCompleted()).isTrue();
        assertEnded(Cause.EVICTED, 0, TokenUsage.UNKNOWN);
    }

    @Test
    void aStreamByTheClientsWishIsReadAsSuchUnlessTheAnswerIsJson() {
        Proxy proxy = forwarded("/v1/chat/completions", "{\"model\":\"m\", \"stream\": true}")
                .answerHead(200, "", false)
                .answerBody(
                        "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n", true);
        assertEnded(Cause.NATURAL, 200, new TokenUsage(5, 1, -1));
        proxy.halfClose();
    }

    @Test
    void aProxyThatOnlyWatchesIsLeftAlone() {
        Proxy proxy = open().send(
                        Proxy.requestHead(false, Proxy.headers(":path", PATH)).setObservabilityMode(true));
        assertThat(proxy.answers()).isEmpty();
        assertThat(proxy.isCompleted()).isTrue();
        assertThat(door.questions).isEmpty();
    }

    @Test
    void whenTheSchedulerStopsProxiesGoOnAloneWithWhatHasNoAnswerYet() {
        Proxy unanswered = forwarded(PATH, BODY);
        Proxy answered = forwarded(PATH, BODY).answerHead(200, "application/json", false);
        processor.abandon();
        assertThat(unanswered.isCompleted()).isTrue();
        assertThat(unanswered.failure()).isNull();
        assertEnded(Cause.NATURAL, 0, TokenUsage.UNKNOWN);
        assertThat(answered.isCompleted()).isFalse();
        answered.cancel();
    }

    @Test
    @Tag("bad-input-B79")
    @DisplayName("B79: bodies that stop coming and requests that never end do not stay")
    void expiresWhatIsUnderWay() {
        Proxy stopped = open().post(PATH).body("{", false);
        Proxy endless = forwarded(PATH, BODY);
        Proxy answerOnly = open().answerHead(200, "application/json", false);
        clock.addAndGet(Duration.ofSeconds(31).toNanos());
        processor.expire();
        assertThat(Status.fromThrowable(stopped.failure()).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(endless.failure()).isNull();
        clock.addAndGet(Duration.ofMinutes(10).toNanos());
        processor.expire();
        assertThat(Status.fromThrowable(endless.failure()).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertEnded(Cause.ERROR, 0, TokenUsage.UNKNOWN);
        answerOnly.cancel();
    }
}
