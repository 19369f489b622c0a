package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.gateway.GatewayFixture;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Endpoints that fail, before and after the first byte of their answer. */
class FailureIT {

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(
                2,
                "gateway.timeouts.first-byte=1s",
                "gateway.timeouts.gap=800ms",
                "gateway.timeouts.keep-alive-comment=100ms",
                "gateway.endpoints.eject-after=1000");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.awaitQuiet();
        gateway.reset();
    }

    @Test
    @Tag("fault-F9")
    void clientsHardlyNoticeAnEndpointThatFailsNowAndThen() {
        try (GatewayFixture eight = new GatewayFixture(8)) {
            AtomicInteger asked = new AtomicInteger();
            eight.endpoint(5)
                    .answering(request ->
                            asked.getAndIncrement() % 10 % 3 == 1 ? Reply.error(500, "broken") : Reply.chat("fine"));
            AtomicInteger decided = new AtomicInteger();
            eight.scheduler()
                    .deciding(d -> at(
                            d.endpoints()
                                    .get(decided.getAndIncrement()
                                            % d.endpoints().size()),
                            d));
            EndpointHealth health = eight.context().getBean(EndpointHealth.class);

            int failed = 0;
            boolean wasOut = false;
            for (int i = 0; i < 1_000; i++) {
                failed += eight.chat().status() == 200 ? 0 : 1;
                wasOut |= health.isOut("default/sim-5");
            }

            assertThat(failed).isLessThanOrEqualTo(1);
            assertThat(wasOut).isTrue();
            eight.awaitQuiet();
        }
    }

    @Test
    @Tag("fault-F1")
    @Tag("fault-F45")
    void refusedConnectionGoesToTheOtherEndpoint() {
        gateway.endpoint(0).refuseConnections();

        RawClient.Answer answer = gateway.chat();
        gateway.endpoint(0).acceptConnections();

        assertThat(answer.status()).isEqualTo(200);
        assertThat(gateway.endpoint(1).requests()).hasSize(1);
        assertThat(gateway.scheduler().exclusions().getLast()).containsExactly("default/sim-0");
        assertThat(gateway.scheduler().ended())
                .extracting(OutcomeReport::endpointId, OutcomeReport::cause)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("default/sim-0", Cause.ERROR),
                        org.assertj.core.groups.Tuple.tuple("default/sim-1", Cause.NATURAL));
    }

    @Test
    @Tag("fault-F1")
    void refusedConnectionCostsLittleTime() {
        gateway.endpoint(0).refuseConnections();
        long little = TimeUnit.MILLISECONDS.toNanos(50);
        long least = Long.MAX_VALUE;
        // A machine that is busy may be late, and not each time.
        for (int i = 0; i < 50 && least >= little; i++) {
            long begin = System.nanoTime();
            assertThat(gateway.chat().status()).isEqualTo(200);
            least = Math.min(least, System.nanoTime() - begin);
        }
        gateway.endpoint(0).acceptConnections();

        assertThat(least).isLessThan(little);
    }

    @Test
    @Tag("fault-F2")
    void endpointWhoseConnectionsAreNeverEstablishedIsLeftAfterASecond() throws IOException {
        List<Socket> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                GatewayFixture own = new GatewayFixture(1)) {
            assertThat(isFull(full, waiting))
                    .as("a queue of connections that takes no more")
                    .isTrue();
            TargetEndpoint silent = new TargetEndpoint("default/silent", "127.0.0.1", full.getLocalPort());
            AtomicInteger decisions = new AtomicInteger();
            own.scheduler().deciding(d -> decisions.getAndIncrement() > 0 ? d : at(silent, d));
            long begin = System.nanoTime();

            RawClient.Answer answer = own.chat();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(900), Duration.ofSeconds(5));
            assertThat(own.scheduler().exclusions().getLast()).containsExactly("default/silent");
            assertThat(attempts(own, "connect")).isEqualTo(1);
            own.awaitQuiet();
        } finally {
            for (Socket socket : waiting) {
                socket.close();
            }
        }
    }

    private static ScheduleDecision at(TargetEndpoint endpoint, ScheduleDecision d) {
        return new ScheduleDecision(
                d.requestId(), 0, d.model(), d.profile(), List.of(endpoint), d.prefix(), Map.of(), Map.of());
    }

    /** Fills the queue of a socket that accepts nothing, so that the kernel drops further attempts. */
    private static boolean isFull(ServerSocket server, List<Socket> waiting) throws IOException {
        for (int i = 0; i < 10; i++) {
            Socket socket = new Socket();
            waiting.add(socket);
            try {
                socket.connect(server.getLocalSocketAddress(), 200);
            } catch (SocketTimeoutException e) {
                return true;
            }
        }
        return false;
    }

    @Test
    @Tag("fault-F3")
    void resetBeforeTheHeadGoesToTheOtherEndpointOnce() {
        double before = attempts(gateway, "reset");
        gateway.endpoint(0).script(Reply.none(Reply.Cut.RESET));

        assertThat(gateway.chat().status()).isEqualTo(200);
        assertThat(gateway.endpoint(0).requests()).hasSize(1);
        assertThat(gateway.endpoint(1).requests()).hasSize(1);
        assertThat(attempts(gateway, "reset")).isEqualTo(before + 1);
    }

    private static double attempts(GatewayFixture of, String result) {
        return of.meters().find("gateway.attempts").tag("result", result).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    @Test
    void secondResetEndsTheRequestAs502() {
        gateway.endpoint(0).script(Reply.none(Reply.Cut.RESET));
        gateway.endpoint(1).script(Reply.none(Reply.Cut.RESET));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.body()).contains("\"code\":\"upstream_error\"");
    }

    @ParameterizedTest
    @CsvSource({"500", "502", "504", "503", "429"})
    void failingStatusGoesToTheOtherEndpoint(int status) {
        gateway.endpoint(0).script(Reply.error(status, "busy"));

        assertThat(gateway.chat().status()).isEqualTo(200);
        assertThat(gateway.endpoint(1).requests()).hasSize(1);
    }

    @Test
    void whenAllEndpointsAreBusyTheAnswerSaysWhenToComeBack() {
        gateway.endpoint(0).script(Reply.error(429, "busy"));
        gateway.endpoint(1).script(Reply.error(429, "busy"));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.body()).contains("server_overloaded");
        assertThat(answer.header("retry-after")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"400", "404", "413", "422"})
    void refusalOfTheEndpointIsNotTriedAgain(int status) {
        gateway.endpoint(0).script(Reply.error(status, "bad"));

        assertThat(gateway.chat().status()).isEqualTo(status);
        assertThat(gateway.endpoint(1).requests()).isEmpty();
    }

    @Test
    @Tag("fault-F6")
    void endpointThatAskedForAPauseGetsOne() {
        gateway.endpoint(0).script(Reply.error(503, "busy").header("retry-after", "7"));
        assertThat(gateway.chat().status()).isEqualTo(200);
        int before = gateway.endpoint(0).requests().size();

        gateway.chat();

        assertThat(gateway.endpoint(0).requests()).hasSize(before);
    }

    @Test
    @Tag("fault-F7")
    void allEndpointsFailingIs502() {
        gateway.endpoint(0).script(Reply.error(500, "x"));
        gateway.endpoint(1).script(Reply.error(500, "x"));

        assertThat(gateway.chat().status()).isEqualTo(502);
    }

    @Test
    @Tag("fault-F7")
    void endpointsThatFailAllOfTheTimeAreLeftOutUntilTooManyDoAndThenTriedAgain() {
        try (GatewayFixture four = new GatewayFixture(4, "gateway.endpoints.first-ejection=60s")) {
            EndpointHealth health = four.context().getBean(EndpointHealth.class);
            for (int broken = 0; broken < 2; broken++) {
                four.endpoint(broken).answering(request -> Reply.error(500, "broken"));
                for (int i = 0; i < 4; i++) {
                    assertThat(four.chat().status()).isEqualTo(200);
                }
            }
            assertThat(health.excluded()).containsExactlyInAnyOrder("default/sim-0", "default/sim-1");

            four.endpoint(2).answering(request -> Reply.error(500, "broken"));
            four.endpoint(3).answering(request -> Reply.error(500, "broken"));
            for (int i = 0; i < 4; i++) {
                assertThat(four.chat().status()).isEqualTo(502);
            }
            assertThat(health.excluded()).as("all are tried again").isEmpty();
            assertThat(health.isPanic()).isTrue();

            AtomicInteger decided = new AtomicInteger();
            four.scheduler()
                    .deciding(d -> at(
                            d.endpoints()
                                    .get(decided.getAndIncrement()
                                            % d.endpoints().size()),
                            d));
            for (int i = 0; i < 4; i++) {
                four.endpoint(i).answering(request -> Reply.chat("fine"));
            }
            for (int i = 0; i < 8; i++) {
                assertThat(four.chat().status()).isEqualTo(200);
            }
            assertThat(health.isPanic()).isFalse();
            four.awaitQuiet();
        }
    }

    @Test
    @Tag("fault-F4")
    void silentEndpointIsLeftForAnotherAndSeesTheAbort() {
        gateway.endpoint(0).script(Reply.none(Reply.Cut.STALL));

        assertThat(gateway.chat().status()).isEqualTo(200);
        org.awaitility.Awaitility.await("abort seen")
                .until(() -> gateway.endpoint(0).lastRequest().isAborted());
    }

    @Test
    @Tag("fault-F5")
    void onlySilentEndpointsAre504() {
        gateway.endpoint(0).script(Reply.none(Reply.Cut.STALL));
        gateway.endpoint(1).script(Reply.none(Reply.Cut.STALL));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.body()).contains("\"code\":\"upstream_timeout\"");
        org.awaitility.Awaitility.await("aborts seen")
                .until(() -> gateway.endpoint(0).lastRequest().isAborted()
                        && gateway.endpoint(1).lastRequest().isAborted());
    }

    @Test
    @Tag("fault-F11")
    void idleConnectionClosedByTheEndpointIsReplacedSilently() {
        gateway.endpoint(0).script(Reply.chat("one"), Reply.none(Reply.Cut.CLOSE), Reply.chat("two"));
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, BODY, GatewayFixture.AUTH)).receive();

            RawClient.Answer answer =
                    client.send(RawClient.post(CHAT, BODY, GatewayFixture.AUTH)).receive();

            assertThat(answer.body()).contains("two");
        }
        assertThat(gateway.endpoint(1).requests()).isEmpty();
        assertThat(gateway.scheduler().leases()).isEqualTo(2);
    }

    @Test
    void responsesAreNotSentTwice() {
        gateway.endpoint(0).script(Reply.error(500, "x"));

        RawClient.Answer answer = gateway.post("/v1/responses", "{\"model\":\"sim-8b\",\"input\":\"hi\"}");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(gateway.endpoint(1).requests()).isEmpty();
    }

    @ParameterizedTest
    @Tag("fault-F14")
    @Tag("fault-F15")
    @CsvSource({"RESET", "CLOSE", "END"})
    void streamThatBreaksOffEndsWithAnErrorEvent(Reply.Cut cut) {
        gateway.endpoint(0).script(Reply.stream(5).gap(Duration.ofMillis(5)).cutAfter(2, cut));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body())
                .contains("\"content\":\"t1 \"", "data: {\"error\":", "\"code\":\"upstream_incomplete\"")
                .doesNotContain("[DONE]");
        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.ERROR));
        assertThat(gateway.endpoint(1).requests()).isEmpty();
    }

    @ParameterizedTest
    @Tag("fault-F14")
    @Tag("fault-F15")
    @CsvSource({"RESET", "CLOSE", "END"})
    void tokensOfAStreamThatBreaksOffAreReported(Reply.Cut cut) {
        gateway.endpoint(0)
                .script(Reply.events(
                                5,
                                i -> ("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":"
                                                + (i + 1) + "}}\n\n")
                                        .getBytes(StandardCharsets.UTF_8))
                        .gap(Duration.ofMillis(5))
                        .cutAfter(2, cut));

        gateway.post(CHAT, STREAM);

        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.usage()).isEqualTo(new TokenUsage(7, 2, -1)));
    }

    @Test
    @Tag("fault-F17")
    @Tag("fault-F27")
    void streamThatComesByteByByteArrivesAsItIs() {
        String stream = "data: {\"choices\":[{\"delta\":{\"content\":\"ü€😀\"}}]}\n\ndata: [DONE]\n\n";
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        gateway.endpoint(0)
                .script(Reply.events(bytes.length, i -> new byte[] {bytes[i]}).gap(Duration.ofMillis(10)));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body().replace(": keep-alive\n\n", "")).isEqualTo(stream);
        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.NATURAL));
    }

    @ParameterizedTest
    @Tag("fault-F18")
    @Tag("bad-input-B74")
    @CsvSource({"endless line", "broken events", "event of 2 MiB"})
    void garbageInAStreamEndsItWithAnErrorEvent(String what) {
        byte[] good = "data: {\"a\":1}\n\n".getBytes(StandardCharsets.UTF_8);
        byte[] garbage = switch (what) {
            case "endless line" -> "\0\1x".repeat(20_000).getBytes(StandardCharsets.UTF_8);
            case "broken events" -> "data: {\"b\":\n\n".getBytes(StandardCharsets.UTF_8);
            default -> ("data: {\"b\":\"" + "y".repeat(2 << 20) + "\"}\n\n").getBytes(StandardCharsets.UTF_8);
        };
        gateway.endpoint(0)
                .script(Reply.events(1_000, i -> i == 0 ? good : garbage).gap(Duration.ofMillis(2)));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body()).contains("{\"a\":1}", "data: {\"error\":{").doesNotContain("[DONE]");
        org.awaitility.Awaitility.await("abort seen")
                .until(() -> gateway.endpoint(0).lastRequest().isAborted());
        org.awaitility.Awaitility.await("lease ended")
                .untilAsserted(() -> assertThat(gateway.scheduler().ended())
                        .singleElement()
                        .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.ERROR)));
        assertThat(gateway.context().getBean(EndpointHealth.class).watched()).contains("default/sim-0");
    }

    @Test
    void halfAnEventIsNotRelayed() {
        gateway.endpoint(0)
                .script(Reply.events(2, i -> i == 0 ? "data: {\"a\":1}\n\n".getBytes() : "data: {\"b\":".getBytes())
                        .gap(Duration.ofMillis(5))
                        .cutAfter(2, Reply.Cut.CLOSE));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body()).contains("{\"a\":1}").doesNotContain("\"b\"").contains("upstream_incomplete");
    }

    @Test
    void halfAnEventAtTheProperEndIsNotRelayedEither() {
        gateway.endpoint(0)
                .script(Reply.events(2, i -> i == 0 ? "data: {\"a\":1}\n\n".getBytes() : "data: {\"b\":".getBytes()));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body()).contains("{\"a\":1}").doesNotContain("\"b\"").contains("upstream_incomplete");
    }

    @Test
    @Tag("bad-input-B74")
    void endMarkerWithoutItsBlankLineIsTheEnd() {
        gateway.endpoint(0)
                .script(Reply.events(2, i -> i == 0 ? "data: {\"a\":1}\n\n".getBytes() : "data: [DONE]\n".getBytes()));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body()).isEqualTo("data: {\"a\":1}\n\ndata: [DONE]\n");
        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.NATURAL));
    }

    @Test
    @Tag("fault-F16")
    void stalledStreamEndsWithATimeoutEvent() {
        gateway.endpoint(0).script(Reply.stream(5).cutAfter(2, Reply.Cut.STALL));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body()).contains(": keep-alive", "\"code\":\"upstream_timeout\"");
        org.awaitility.Awaitility.await("abort seen")
                .until(() -> gateway.endpoint(0).lastRequest().isAborted());
    }

    @Test
    @Tag("fault-F28")
    void errorEventOfTheEndpointIsNotFollowedByASecondOne() {
        gateway.endpoint(0)
                .script(Reply.events(
                        "{\"choices\":[]}", "{\"error\":{\"message\":\"x\",\"type\":\"y\",\"code\":500}}"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body().split("\"error\"", -1)).hasSize(2);
        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.ERROR));
    }

    @Test
    @Tag("fault-F19")
    void shortBodyOfAPlainAnswerIs502() {
        gateway.endpoint(0)
                .script(Reply.chat("x").header("content-length", "5000").closing());

        assertThat(gateway.chat().status()).isEqualTo(502);
    }

    @Test
    @Tag("fault-F19")
    void shortBodyOfALargeAnswerIsLeftIncomplete() {
        gateway.endpoint(0)
                .script(Reply.chat("x".repeat(400_000))
                        .header("content-length", "900000")
                        .closing());

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.complete()).isFalse();
        assertThat(gateway.scheduler().ended())
                .singleElement()
                .satisfies(r -> assertThat(r.cause()).isEqualTo(Cause.ERROR));
    }

    @Test
    @Tag("fault-F20")
    void surplusAfterAPlainAnswerIsDroppedAndTheConnectionNotReused() {
        gateway.endpoint(0)
                .script(Reply.raw(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}surplus"));

        try (RawClient client = gateway.connect()) {
            String request = RawClient.post(CHAT, BODY, GatewayFixture.AUTH);

            assertThat(client.send(request).receive().body()).isEqualTo("{}");
            assertThat(client.send(request).receive().status()).isEqualTo(200);
        }
        assertThat(gateway.endpoint(0).lastRequest().connection())
                .isNotEqualTo(gateway.endpoint(0).requests().getFirst().connection());
    }

    @ParameterizedTest
    @Tag("bad-input-B76")
    @CsvSource({"HTTP/1.1 999 X", "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 302 Found"})
    void strangeStatusIs502(String statusLine) {
        gateway.endpoint(0).script(Reply.raw(statusLine + "\r\ncontent-length: 0\r\n\r\n"));

        assertThat(gateway.chat().status()).isEqualTo(502);
    }

    @Test
    @Tag("fault-F12")
    @Tag("bad-input-B76")
    void hugeHeadOfAnAnswerIs502() {
        gateway.endpoint(0).script(Reply.chat("x").header("x-huge", "h".repeat(70_000)));

        try (RawClient client = gateway.connect()) {
            String request = RawClient.post(CHAT, BODY, GatewayFixture.AUTH);

            assertThat(client.send(request).receive().status()).isEqualTo(502);
            assertThat(client.send(request).receive().status()).isEqualTo(200);
        }
        assertThat(gateway.endpoint(0).requests()).hasSize(2);
        assertThat(gateway.endpoint(0).lastRequest().connection())
                .isNotEqualTo(gateway.endpoint(0).requests().getFirst().connection());
    }

    @Test
    @Tag("bad-input-B76")
    void lineBreakInAHeaderOfAnAnswerIs502() {
        gateway.endpoint(0).script(Reply.raw("HTTP/1.1 200 OK\r\nx-a: b\rc\r\ncontent-length: 2\r\n\r\n{}"));

        assertThat(gateway.chat().status()).isEqualTo(502);
    }

    @Test
    @Tag("bad-input-B78")
    void compressedAnswerIs502() {
        gateway.endpoint(0).script(Reply.chat("x").header("content-encoding", "gzip"));

        assertThat(gateway.chat().status()).isEqualTo(502);
    }

    @ParameterizedTest
    @CsvSource({
        "SATURATED,429,server_overloaded,rejected-saturated",
        "NO_ENDPOINTS,503,no_endpoints,rejected-no-endpoints",
        "TTL_EXPIRED,429,server_overloaded,rejected-ttl-expired",
        "BAD_REQUEST,400,invalid_value,",
        "NOT_CACHED,412,not_cached,",
        "DENIED,429,server_overloaded,rejected-saturated",
        "CANCELLED,503,shutting_down,rejected-context-cancelled",
        "SHUTTING_DOWN,503,shutting_down,rejected-shutting-down",
        "INTERNAL,500,internal_error,",
        "UNKNOWN,500,internal_error,"
    })
    @Tag("scheduling-51")
    @Tag("scheduling-75")
    @Tag("scheduling-76")
    void rejectionOfTheSchedulerHasItsStatusAndReason(
            ScheduleRejection.Reason reason, int status, String code, String dropped) {
        gateway.scheduler().deciding(d -> new ScheduleRejection(d.requestId(), reason, "why", 2_500));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
        assertThat(answer.header("x-llm-d-request-dropped-reason")).isEqualTo(dropped);
        assertThat(answer.header("retry-after")).isEqualTo(status == 429 || status >= 500 ? "3" : null);
        gateway.scheduler().deciding(d -> d);
    }

    @Test
    @Tag("fault-F13")
    void endpointThatLeavesThePoolIsNotWaitedFor() {
        List<RawClient> clients = new ArrayList<>();
        try (GatewayFixture own = new GatewayFixture(2)) {
            own.endpoint(0).always(Reply.none(Reply.Cut.STALL));
            for (int i = 0; i < 20; i++) {
                clients.add(own.connect().send(RawClient.post(CHAT, BODY, GatewayFixture.AUTH)));
            }
            org.awaitility.Awaitility.await("requests arrived")
                    .until(() -> own.endpoint(0).requests().size() == 20);
            own.scheduler().removeEndpoint(0);

            for (RawClient client : clients) {
                assertThat(client.receive().body()).contains("Hello world");
            }
            org.awaitility.Awaitility.await("aborts seen")
                    .until(() -> own.endpoint(0).requests().stream().allMatch(RecordedRequest::isAborted));
            own.awaitQuiet();
        } finally {
            clients.forEach(RawClient::close);
        }
    }
}
