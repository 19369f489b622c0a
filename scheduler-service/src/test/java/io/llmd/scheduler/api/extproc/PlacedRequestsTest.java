package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.DecidingDoor.told;
import static io.llmd.scheduler.api.extproc.Proxy.headers;
import static io.llmd.scheduler.api.extproc.Proxy.list;
import static io.llmd.scheduler.api.extproc.Proxy.set;
import static io.llmd.scheduler.api.extproc.Proxy.text;
import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse.ResponseCase;
import io.grpc.Status;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where requests of proxies go: from their messages through the whole pipeline to the destination. */
class PlacedRequestsTest {

    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"Hi\"}";
    private static final String OBJECTIVE = "x-llm-d-inference-objective";
    private static final String OLD_OBJECTIVE = "x-gateway-inference-objective";
    private static final String SHORTEST_QUEUE = "  - {type: queue-scorer}\n";

    private DecidingDoor door;

    @BeforeEach
    void start() throws IOException {
        door = new DecidingDoor();
        door.serve(SHORTEST_QUEUE);
    }

    @AfterEach
    void stop() {
        door.close();
    }

    /** A replica, or one of its ranks, with so many requests that wait. */
    private static Endpoint at(String host, int port, int waiting) {
        String id = "ns/" + host.replace(':', '-') + "-" + port;
        return new Endpoint(
                new EndpointMetadata(id, id, host, port, port, Map.of(), port % 8000),
                new EndpointMetrics(0, waiting, 0, 16, 1000, Map.of(), Map.of(), 0, 1),
                true);
    }

    private void overThree(int first, int second, int third) {
        door.over(at("10.0.0.1", 8000, first), at("10.0.0.2", 8000, second), at("10.0.0.3", 8000, third));
    }

    private String withHint(Value hint) {
        return told(door.postWithHint(PATH, hint).body(BODY, true).answers().getFirst());
    }

    private ImmediateResponse refusal(String path, String body) {
        List<ProcessingResponse> answers =
                door.open().post(path).body(body, true).answers();
        assertThat(answers)
                .extracting(ProcessingResponse::getResponseCase)
                .containsExactly(ResponseCase.IMMEDIATE_RESPONSE);
        return answers.getFirst().getImmediateResponse();
    }

    private static ProcessingRequest.Builder get() {
        return Proxy.requestHead(true, headers(":method", "GET", ":path", "/v1/models"));
    }

    @Test
    @Tag("ext-proc-P1")
    @Tag("ext-proc-P2")
    void theIdleOneOfThreeIsNamedInTheHeadAndInMetadataHoweverTheBodyIsCut() {
        overThree(5, 0, 5);
        List<ProcessingResponse> whole =
                door.open().post(PATH, "x-request-id", "r").body(BODY, true).answers();
        assertThat(told(whole.getFirst())).isEqualTo("to 10.0.0.2:8000");
        assertThat(whole.getFirst()
                        .getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .toString())
                .contains("10.0.0.2:8000");
        for (int cut = 0; cut <= BODY.length(); cut += 7) {
            Proxy proxy = door.open().post(PATH, "x-request-id", "r").body(BODY.substring(0, cut), false);
            assertThat(proxy.answers()).isEmpty();
            assertThat(proxy.body(BODY.substring(cut), true).answers()).isEqualTo(whole);
            proxy.cancel();
        }
    }

    @ParameterizedTest
    @Tag("ext-proc-P6")
    @Tag("ext-proc-P7")
    @ValueSource(strings = {"{\"model\"", "no json", "{\"prompt\":\"Hi\"}", "{\"model\":\"m\"}", "[]"})
    void whatCannotBeReadIs400AndNothingElse(String body) {
        overThree(0, 0, 0);
        ImmediateResponse refusal = refusal(PATH, body);
        assertThat(refusal.getStatus().getCodeValue()).isEqualTo(400);
        assertThat(refusal.getBody().toStringUtf8()).contains("\"type\":\"invalid_request_error\"");
    }

    @Test
    @Tag("ext-proc-P8")
    @Tag("ext-proc-P9")
    void aRequestWithoutABodyIsPlacedLikeOthersAndIs503WithoutEndpoints() {
        assertThat(told(door.open().send(get()).answers().getFirst())).isEqualTo("503 rejected-no-endpoints");
        door.over(at("10.0.0.1", 8000, 5), at("10.0.0.2", 8000, 0));
        List<ProcessingResponse> answers = door.open().send(get()).answers();
        assertThat(answers).hasSize(1);
        assertThat(told(answers.getFirst())).isEqualTo("to 10.0.0.2:8000");
    }

    @Test
    @Tag("ext-proc-P10")
    @Tag("ext-proc-P11")
    @Tag("ext-proc-P12")
    @Tag("ext-proc-P13")
    void hintsNameWhoIsAllowedAsAListOrAsText() {
        overThree(3, 0, 9);
        assertThat(withHint(list(text("10.0.0.3:8000")))).isEqualTo("to 10.0.0.3:8000");
        assertThat(withHint(list(text("10.0.0.99:8000")))).isEqualTo("503 rejected-no-endpoints");
        assertThat(withHint(list())).isEqualTo("503 rejected-no-endpoints");
        assertThat(withHint(text(""))).isEqualTo("503 rejected-no-endpoints");
        assertThat(withHint(text("10.0.0.1:8000, 10.0.0.3:8000"))).isEqualTo("to 10.0.0.1:8000");
        assertThat(withHint(list(text("10.0.0.3:8000,10.0.0.1:8000")))).isEqualTo("to 10.0.0.1:8000");
    }

    @Test
    @Tag("ext-proc-P14")
    void ofTheRanksOfAPodTheOneThatIsNamedIsChosen() {
        door.over(at("10.0.0.1", 8000, 0), at("10.0.0.1", 8001, 9));
        assertThat(withHint(list(text("10.0.0.1:8001")))).isEqualTo("to 10.0.0.1:8001");
        assertThat(withHint(list(text("10.0.0.1")))).isEqualTo("to 10.0.0.1:8000");
    }

    @ParameterizedTest
    @DisplayName(
            "B84: an address without a port means all of its ports; ports that cannot be and unknown names mean nobody")
    @CsvSource({
        "10.0.0.1, to 10.0.0.1:8000",
        "10.0.0.1:0, 503 rejected-no-endpoints",
        "10.0.0.1:99999, 503 rejected-no-endpoints",
        "host, 503 rejected-no-endpoints",
        "'', 503 rejected-no-endpoints",
        "'10.0.0.1:99999,10.0.0.2', to 10.0.0.2:8000"
    })
    void entriesOfAHintThatNameNobodyAreLeftOut(String entry, String told) {
        overThree(0, 0, 0);
        assertThat(withHint(list(text(entry)))).isEqualTo(told);
    }

    @Test
    @DisplayName("B83: hints of another kind, deep or endless ones allow nobody")
    void hintsOfNoUseAllowNobody() {
        overThree(0, 0, 0);
        Value deep = text("10.0.0.1");
        for (int i = 0; i < 60; i++) {
            deep = Value.newBuilder()
                    .setListValue(ListValue.newBuilder().addValues(deep))
                    .build();
        }
        Value fields = Value.newBuilder()
                .setStructValue(Struct.newBuilder().putFields("a", text("10.0.0.1")))
                .build();
        List<Value> many = java.util.Collections.nCopies(10_000, text("10.0.0.1"));
        for (Value hint :
                List.of(deep, fields, Value.newBuilder().setNumberValue(1).build(), list(many.toArray(Value[]::new)))) {
            assertThat(withHint(hint)).isEqualTo("503 rejected-no-endpoints");
        }
    }

    @Test
    @Tag("ext-proc-P35")
    @Tag("ext-proc-P37")
    void anAddressOfVersionSixStandsInBracketsInHintsAndDestinations() {
        door.over(at("fd00::1", 8000, 9), at("10.0.0.2", 8000, 0));
        ProcessingResponse answer = door.postWithHint(PATH, list(text("[fd00::1]:8000")))
                .body(BODY, true)
                .answers()
                .getFirst();
        assertThat(told(answer)).isEqualTo("to [fd00::1]:8000");
        assertThat(answer.getDynamicMetadata().getFieldsOrThrow("envoy.lb").toString())
                .contains("[fd00::1]:8000");
    }

    @Test
    @Tag("ext-proc-P15")
    @Tag("ext-proc-P16")
    void whatClientsSayOfTheirDestinationIsNotHeard() {
        overThree(5, 0, 5);
        ProcessingResponse answer = door.open()
                .post(PATH, "x-gateway-destination-endpoint", "1.2.3.4:80", "x-prefiller-host-port", "1.2.3.4:80")
                .body(BODY, true)
                .answers()
                .getFirst();
        assertThat(told(answer)).isEqualTo("to 10.0.0.2:8000");
        assertThat(answer.getRequestHeaders().getResponse().getHeaderMutation().getRemoveHeadersList())
                .containsExactly("x-prefiller-host-port");
    }

    @Test
    @Tag("ext-proc-P23")
    @Tag("ext-proc-P36")
    void whatRunsIsOnTheBooksUntilTheClientLeavesOrTheAnswerEnds() {
        overThree(0, 0, 0);
        Proxy left = door.open().post(PATH).body(BODY, true).answerHead(200, "text/event-stream", false);
        Proxy bodiless = door.open().post(PATH).body(BODY, true);
        assertThat(door.running()).isEqualTo(2);
        bodiless.answerHead(204, "", true);
        assertThat(door.running()).isEqualTo(1);
        left.answerBody("data: {}\n\n", false).cancel();
        assertThat(door.running()).isZero();
    }

    @Test
    @Tag("ext-proc-P26")
    @Tag("ext-proc-P27")
    void cachedDecodingAloneIsServedWhereItIsCachedAndIs412Elsewhere() {
        door.serve("  - {type: prefix-cache-scorer}\n");
        door.over(endpoint("a", 0, 0, 0));
        String prompt = "{\"model\":\"m\",\"prompt\":\"" + "x".repeat(12_000) + "\"}";
        String prefer = "respond-async, if-available; foo=bar";
        Proxy cold = door.open().post(PATH, "prefer", "if-available").body(prompt, true);
        assertThat(told(cold.answers().getFirst())).isEqualTo("412 null");
        door.open().post(PATH).body(prompt, true);
        assertThat(told(door.open()
                        .post(PATH, "prefer", prefer)
                        .body(prompt, true)
                        .answers()
                        .getFirst()))
                .isEqualTo("to 127.0.0.1:8000");
        assertThat(told(door.open()
                        .post(PATH, "prefer", prefer)
                        .body(prompt.replace('x', 'y'), true)
                        .answers()
                        .getFirst()))
                .isEqualTo("412 null");
    }

    @Test
    @Tag("ext-proc-P28")
    void theObjectiveOfTheCanonicalHeaderCounts() {
        overThree(9, 9, 9);
        Proxy canonical = door.open()
                .post(PATH, OLD_OBJECTIVE, "batch", OBJECTIVE, "premium")
                .body(BODY, true);
        assertThat(told(canonical.answers().getFirst())).startsWith("to ");
        Proxy other = door.open()
                .post(PATH, OLD_OBJECTIVE, "premium", OBJECTIVE, "batch")
                .body(BODY, true);
        assertThat(told(other.answers().getFirst())).isEqualTo("429 rejected-saturated");
        Proxy alone = door.open().post(PATH, OLD_OBJECTIVE, "batch").body(BODY, true);
        assertThat(told(alone.answers().getFirst())).isEqualTo("429 rejected-saturated");
    }

    @Test
    @Tag("inference-api-A32")
    void aCompressedFrameIs400AndInvalidForGrpc() {
        door.serve(SHORTEST_QUEUE
                + "  - {type: vllmgrpc-parser}\nrequestHandler: {parsers: [{pluginRef: vllmgrpc-parser}]}\n");
        overThree(0, 0, 0);
        ProcessingResponse answer = door.open()
                .send(Proxy.requestHead(
                        false,
                        headers(
                                ":method",
                                "POST",
                                ":path",
                                "/vllm.grpc.engine.VllmEngine/Generate",
                                "content-type",
                                "application/grpc")))
                .send(Proxy.requestBody(ByteString.copyFrom(new byte[] {1, 0, 0, 0, 4, 0x1a, 2, 'H', 'i'}), true))
                .answers()
                .getFirst();
        assertThat(told(answer)).isEqualTo("400 null");
        assertThat(answer.getImmediateResponse().getGrpcStatus().getStatus())
                .isEqualTo(Status.Code.INVALID_ARGUMENT.value());
        assertThat(answer.getImmediateResponse().getBody().toStringUtf8()).contains("compressed");
    }

    @Test
    @DisplayName("B81: a header whose bytes are no text, and one without a name, do no harm")
    void oddHeadersDoNoHarm() {
        overThree(5, 0, 5);
        HttpHeaders.Builder head = HttpHeaders.newBuilder()
                .setHeaders(headers(":method", "POST", ":path", PATH).toBuilder()
                        .addHeaders(HeaderValue.newBuilder().setValue("nameless"))
                        .addHeaders(HeaderValue.newBuilder()
                                .setKey("x-odd")
                                .setRawValue(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xfe}))));
        Proxy proxy = door.open()
                .send(ProcessingRequest.newBuilder().setRequestHeaders(head))
                .body(BODY, true);
        ProcessingResponse answer = proxy.answers().getFirst();
        assertThat(told(answer)).isEqualTo("to 10.0.0.2:8000");
        assertThat(set(answer.getRequestHeaders().getResponse().getHeaderMutation()))
                .doesNotContainKey("x-odd");
    }
}
