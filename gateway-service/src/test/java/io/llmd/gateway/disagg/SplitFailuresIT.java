package io.llmd.gateway.disagg;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static io.llmd.gateway.disagg.SplitPool.CHAT;
import static io.llmd.gateway.disagg.SplitPool.FALLBACK;
import static io.llmd.gateway.disagg.SplitPool.HANDOFF;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Prefill and decode endpoints that fail, and clients that leave. */
class SplitFailuresIT {

    private static SplitPool pool;

    @BeforeAll
    static void start() {
        pool = new SplitPool(
                "gateway.expose-endpoint=true",
                "gateway.endpoints.eject-after=1000",
                "gateway.timeouts.gap=2s",
                "gateway.disaggregation.prefill-timeout=1s",
                "gateway.disaggregation.decode-timeout=1s",
                "gateway.disaggregation.timeout-per-token=0ms",
                "gateway.disaggregation.prefill-retries=1",
                "gateway.disaggregation.retry-backoff=20ms",
                "gateway.disaggregation.handoff-lease=2s",
                "gateway.disaggregation.max-handoffs=2",
                "gateway.disaggregation.answer-size=64KB",
                "gateway.disaggregation.quarantine-after=2");
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @AfterEach
    void nothingIsLeft() {
        pool.reset();
    }

    private static RawClient.Answer chat() {
        return pool.gateway().post(CHAT, BODY);
    }

    private static void assertDecodeOnly(RawClient.Answer answer, String reason, double countBefore) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("Hello world");
        // T52
        assertThat(answer.header(FALLBACK)).isEqualTo(reason);
        assertThat(answer.header("x-prefiller-host-port")).isNull();
        assertThat(pool.fallbacks(reason)).isEqualTo(countBefore + 1);
        assertThat(pool.decode().requests()).hasSize(1);
        assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
    }

    @ParameterizedTest
    @Tag("pd-T9")
    @DisplayName("T9, F2: a 4xx of the prefill endpoint is the answer, and the decode endpoint sees nothing")
    @ValueSource(ints = {400, 404, 422})
    void clientErrorIsRelayed(int status) {
        pool.prefill()
                .always(Reply.json(
                        status,
                        "{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\",\"param\":null,"
                                + "\"code\":" + status + "}"));

        RawClient.Answer answer = chat();

        assertThat(answer.status()).isEqualTo(status);
        // F25: a flat error becomes the nested one
        assertThat(answer.body())
                .isEqualTo("{\"error\":{\"message\":\"too long\",\"type\":\"BadRequestError\",\"param\":null,\"code\":"
                        + status + "}}");
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @Tag("pd-T10")
    @Tag("pd-T52")
    @Tag("pd-S13")
    @DisplayName("T10, F3, S13: two 503 with one retry make two prefill legs, then decode-only")
    void unavailablePrefill() {
        double before = pool.fallbacks("prefill-failed");
        pool.prefill().always(Reply.error(503, "x"));
        pool.otherPrefill().always(Reply.error(503, "x"));

        long begin = System.nanoTime();
        RawClient.Answer answer = chat();
        Duration taken = Duration.ofNanos(System.nanoTime() - begin);

        assertDecodeOnly(answer, "prefill-failed", before);
        assertThat(pool.prefill().requests().size()
                        + pool.otherPrefill().requests().size())
                .isEqualTo(2);
        assertThat(taken).as("with a pause between them").isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }

    @Test
    void retryGoesToAnotherPrefillEndpoint() {
        pool.prefill().always(Reply.error(503, "x"));

        RawClient.Answer answer = chat();

        assertThat(answer.header("x-prefiller-host-port"))
                .isEqualTo(pool.otherPrefill().hostPort());
        assertThat(pool.decode().lastRequest().text()).contains(HANDOFF);
    }

    @ParameterizedTest
    @Tag("fault-F30")
    @DisplayName("F3: an error or a break of the prefill endpoint is decode-only at once")
    @ValueSource(strings = {"500", "RESET", "CLOSE"})
    void failedPrefill(String how) {
        double before = pool.fallbacks("prefill-failed");
        pool.prefill().always(how.equals("500") ? Reply.error(500, "x") : Reply.none(Reply.Cut.valueOf(how)));

        assertDecodeOnly(chat(), "prefill-failed", before);
    }

    @Test
    @DisplayName("a decode endpoint that breaks off gets the handoff once, also on a connection that was used before")
    void handoffGoesOutOnce() {
        assertThat(chat().status()).isEqualTo(200);
        pool.gateway().awaitQuiet();
        pool.decode().reset();
        pool.decode().always(Reply.none(Reply.Cut.RESET));
        pool.otherDecode().always(Reply.chat("Hello world"));

        RawClient.Answer answer = chat();

        assertThat(answer.body()).contains("Hello world");
        assertThat(answer.header(FALLBACK)).isEqualTo("decode-failed");
        assertThat(pool.decode().requests()).hasSize(1);
        assertThat(pool.decode().lastRequest().text()).contains(HANDOFF);
        assertThat(pool.otherDecode().lastRequest().text()).isEqualTo(BODY);
    }

    @Test
    @DisplayName("an answer that is no stream may take longer than the first token of one")
    void wholeAnswersMayTakeLong() {
        pool.decode().always(Reply.chat("Hello world").delay(Duration.ofMillis(1_400)));

        RawClient.Answer answer = chat();

        assertThat(answer.body()).contains("Hello world");
        assertThat(answer.header(FALLBACK)).isNull();
        assertThat(pool.decode().requests()).hasSize(1);
    }

    @Test
    @DisplayName("F1: a refused connection goes to another prefill endpoint, and without one to decode-only")
    void refusedConnection() {
        pool.prefill().refuseConnections();
        try {
            RawClient.Answer moved = chat();
            assertThat(moved.header("x-prefiller-host-port"))
                    .isEqualTo(pool.otherPrefill().hostPort());
            pool.gateway().awaitQuiet();
            pool.decode().reset();

            double before = pool.fallbacks("prefill-unreachable");
            pool.otherPrefill().refuseConnections();
            assertDecodeOnly(chat(), "prefill-unreachable", before);
        } finally {
            pool.prefill().acceptConnections();
            pool.otherPrefill().acceptConnections();
        }
    }

    @Test
    @Tag("pd-T12")
    @DisplayName("T12: a prefill endpoint that hangs is left, which it sees, and decode does it alone")
    void hangingPrefill() {
        double before = pool.fallbacks("prefill-timeout");
        pool.prefill().always(Reply.none(Reply.Cut.STALL));

        assertDecodeOnly(chat(), "prefill-timeout", before);

        await("abort seen").until(() -> pool.prefill().lastRequest().isAborted());
    }

    @ParameterizedTest
    @Tag("pd-T13")
    @Tag("pd-T52")
    @DisplayName("T13, F4, F5: without a handoff decode does it alone")
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"id\":\"x\"};handoff-missing",
                "{\"kv_transfer_params\":null};handoff-missing",
                "{\"kv_transfer_params\":{}};handoff-missing",
                "{\"kv_transfer_params\":\"x\"};handoff-missing",
                "{\"kv_transfer_params\":{\"a\":1};handoff-unreadable",
                "<html>;handoff-unreadable",
                "[];handoff-unreadable"
            })
    void missingHandoff(String body, String reason) {
        double before = pool.fallbacks(reason);
        pool.prefill().always(Reply.json(200, body));

        assertDecodeOnly(chat(), reason, before);
    }

    @Test
    void hugeAnswerIsOfNoUse() {
        double before = pool.fallbacks("handoff-too-large");
        pool.prefill().always(Reply.json(200, "{\"a\":\"" + "x".repeat(100_000) + "\"}"));

        assertDecodeOnly(chat(), "handoff-too-large", before);
    }

    @Test
    @DisplayName("a handoff that names a host outside of the pool is not passed on")
    void foreignHost() {
        double before = pool.fallbacks("handoff-foreign");
        pool.prefill().always(SplitPool.prefilled(HANDOFF.replace("127.0.0.1", "169.254.169.254")));

        assertDecodeOnly(chat(), "handoff-foreign", before);
    }

    @Test
    @Tag("pd-T31")
    @DisplayName("T31, F16: a handoff that leads a decode endpoint to itself is done without")
    void loopbackHost() {
        double before = pool.fallbacks("handoff-loopback");
        pool.prefill().always(SplitPool.prefilled(HANDOFF.replace("127.0.0.1", "localhost")));
        try (SplitPool.Remote remote = pool.remotePrefill()) {
            pool.gateway()
                    .scheduler()
                    .deciding(d -> SplitPool.decide(d, Map.of("x-prefiller-host-port", remote.hostPort())));

            assertDecodeOnly(chat(), "handoff-loopback", before);

            assertThat(pool.prefill().requests()).hasSize(1);
        }
    }

    @Test
    @Tag("pd-T30")
    @DisplayName("T30, F15: endpoints of different versions do not work together")
    void versions() {
        double before = pool.fallbacks("no-compatible-prefill");
        pool.labels("v1", "v2");

        RawClient.Answer answer = chat();
        pool.labels("v1", "v1");

        assertDecodeOnly(answer, "no-compatible-prefill", before);
        assertThat(pool.prefill().requests()).isEmpty();
    }

    @Test
    @DisplayName("F22: a prefill endpoint that is none of the pool, or has another role, is not contacted")
    void unknownPrefill() {
        double before = pool.fallbacks("prefill-unknown");
        pool.gateway()
                .scheduler()
                .deciding(d -> SplitPool.decide(d, Map.of("x-prefiller-host-port", "169.254.169.254:80")));
        assertDecodeOnly(chat(), "prefill-unknown", before);
        pool.decode().reset();

        pool.gateway()
                .scheduler()
                .deciding(d -> SplitPool.decide(
                        d, Map.of("x-prefiller-host-port", pool.otherDecode().hostPort())));
        assertDecodeOnly(chat(), "prefill-unknown", before + 1);
        assertThat(pool.otherDecode().requests()).isEmpty();
    }

    @Test
    @Tag("pd-T20")
    @DisplayName("T20, F6: a decode endpoint that is not reached leaves the handoff for the other one")
    void unreachedDecode() {
        double before = pool.counter("gateway.disagg.handoffs", "event", "reused");
        pool.decode().refuseConnections();
        try {
            RawClient.Answer answer = chat();

            assertThat(answer.status()).isEqualTo(200);
        } finally {
            pool.decode().acceptConnections();
        }
        assertThat(pool.prefill().requests()).hasSize(1);
        assertThat(pool.otherDecode().lastRequest().text()).contains("\"kv_transfer_params\":" + HANDOFF);
        assertThat(pool.counter("gateway.disagg.handoffs", "event", "reused")).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @Tag("pd-T21")
    @DisplayName("T21, F7, F8: after a decode endpoint failed with the blocks, another one does without")
    @ValueSource(strings = {"500", "RESET", "STALL", "event"})
    void failedDecode(String how) {
        double before = pool.fallbacks("decode-failed");
        pool.decode()
                .always(
                        switch (how) {
                            case "500" -> Reply.error(500, "x");
                            case "event" ->
                                Reply.events("{\"error\":{\"message\":\"KV load failed\",\"code\":500}}", "[DONE]");
                            default -> Reply.none(Reply.Cut.valueOf(how));
                        });

        RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

        pool.decode().always(Reply.chat("Hello world"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("Hello").doesNotContain("error");
        assertThat(answer.header(FALLBACK)).isEqualTo("decode-failed");
        assertThat(pool.decode().requests()).hasSize(1);
        assertThat(pool.otherDecode().lastRequest().text()).isEqualTo(STREAM);
        assertThat(pool.prefill().requests()).hasSize(1);
        assertThat(pool.fallbacks("decode-failed")).isEqualTo(before + 1);
    }

    @Test
    @DisplayName("F8: without another decode endpoint the same one does without")
    void failedDecodeAlone() {
        pool.otherDecode().refuseConnections();
        pool.decode().script(Reply.error(500, "x"), Reply.chat("Hello world"));
        pool.gateway()
                .scheduler()
                .deciding(d -> d.endpoints().getFirst().id().endsWith("0")
                        ? pool.decide(d)
                        : new io.llmd.contracts.schedule.ScheduleRejection(
                                d.requestId(),
                                io.llmd.contracts.schedule.ScheduleRejection.Reason.NO_ENDPOINTS,
                                "none",
                                1_000));
        try {
            RawClient.Answer answer = chat();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(pool.decode().requests()).hasSize(2);
            assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
        } finally {
            pool.otherDecode().acceptConnections();
        }
    }

    @Test
    @DisplayName("F15: two endpoints that fail together are kept apart")
    void quarantine() {
        pool.decode()
                .answering(request -> request.text().contains("kv_transfer_params")
                        ? Reply.error(500, "x")
                        : Reply.chat("Hello world"));
        chat();
        chat();
        pool.gateway().awaitQuiet();
        double before = pool.fallbacks("pair-quarantined");
        pool.decode().reset();
        pool.prefill().reset();

        RawClient.Answer answer = chat();
        pool.decode().always(Reply.chat("Hello world"));

        assertDecodeOnly(answer, "pair-quarantined", before);
        assertThat(pool.prefill().requests()).isEmpty();
    }

    @Test
    @Tag("pd-T22")
    @DisplayName("T22, F9: a stream that breaks off ends with an error event, and nobody else is asked")
    void brokenStream() {
        pool.decode().always(Reply.stream(5).gap(Duration.ofMillis(5)).cutAfter(2, Reply.Cut.RESET));

        RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

        pool.decode().always(Reply.chat("Hello world"));
        assertThat(answer.complete()).isTrue();
        assertThat(answer.body()).contains("t0", "t1", "\"code\":\"upstream_incomplete\"");
        // No end marker, unlike the row: docs/errors.md, "inside a stream".
        assertThat(answer.body()).doesNotContain("[DONE]");
        assertThat(pool.otherDecode().requests()).isEmpty();
        assertThat(pool.prefill().requests()).hasSize(1);
    }

    @Test
    @Tag("pd-T14")
    @DisplayName("T14, F10: a client that leaves during the prefill leg ends it")
    void leavingDuringPrefill() throws Exception {
        pool.prefill().always(Reply.none(Reply.Cut.STALL));
        // A machine that is busy may be late once, even later than the leg's time is over, and not each time.
        boolean isSeen = false;
        for (int i = 0; i < 5 && !isSeen; i++) {
            pool.decode().reset();
            long millis = millisUntilPrefillAborted();
            pool.gateway().awaitQuiet();
            isSeen = millis <= 100 && pool.decode().requests().isEmpty();
        }

        assertThat(isSeen).as("within 100 ms, and no decode endpoint asked").isTrue();
    }

    /** From the moment that a client leaves during its prefill leg until the endpoint sees it. */
    private static long millisUntilPrefillAborted() throws Exception {
        int legs = pool.prefill().requests().size();
        RawClient client = pool.gateway().connect().send(RawClient.post(CHAT, BODY, AUTH));
        await("prefill leg under way")
                .pollInterval(Duration.ofMillis(2))
                .until(() -> pool.prefill().requests().size() == legs + 1);
        return millisUntilAborted(pool.prefill(), client::close);
    }

    private static long millisUntilAborted(FakeModelServer endpoint, Runnable leave) {
        long left = System.nanoTime();
        leave.run();
        await("abort seen")
                .pollInterval(Duration.ofMillis(2))
                .until(() -> endpoint.lastRequest().isAborted());
        return Duration.ofNanos(System.nanoTime() - left).toMillis();
    }

    @Test
    @Tag("pd-T15")
    @DisplayName("T15, F12: a client that leaves during the stream ends the decode leg")
    void leavingDuringDecode() throws Exception {
        pool.decode().always(Reply.stream(1_000).gap(Duration.ofMillis(10)));
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        root.addAppender(logged);
        // A machine that is busy may be late once, and not each time.
        boolean isSeen = false;
        try {
            for (int i = 0; i < 5 && !isSeen; i++) {
                isSeen = millisUntilDecodeAborted() <= 1_000;
                pool.gateway().awaitQuiet();
            }
        } finally {
            root.detachAppender(logged);
        }
        assertThat(isSeen).as("within a second").isTrue();
        assertThat(logged.list).extracting(ILoggingEvent::getLevel).doesNotContain(Level.ERROR);
        pool.decode().always(Reply.chat("Hello world"));
    }

    /** From the moment that a client leaves its stream, some lines on, until the endpoint sees it. */
    private static long millisUntilDecodeAborted() throws Exception {
        RawClient client = pool.gateway().connect().send(RawClient.post(CHAT, STREAM, AUTH));
        client.receiveHead();
        for (int i = 0; i < 6; i++) {
            client.line();
        }
        return millisUntilAborted(pool.decode(), client::reset);
    }

    @Test
    @DisplayName("F11: handoffs that nobody fetches take places until the lease of the prefill endpoint is over")
    void strandedHandoffs() {
        double orphaned = pool.counter("gateway.disagg.handoffs", "event", "orphaned");
        double busy = pool.fallbacks("prefill-busy");
        pool.prefill().always(SplitPool.prefilled(HANDOFF.replace("127.0.0.1", "10.9.8.7")));
        chat();
        chat();
        pool.decode().reset();

        assertDecodeOnly(chat(), "prefill-busy", busy);

        assertThat(pool.prefill().requests()).hasSize(2);
        assertThat(pool.counter("gateway.disagg.handoffs", "event", "orphaned")).isEqualTo(orphaned + 2);
        pool.gateway().awaitQuiet();
        assertThat(pool.gateway()
                        .meters()
                        .get("gateway.disagg.held.handoffs")
                        .gauge()
                        .value())
                .isZero();
        assertThat(pool.gateway()
                        .meters()
                        .get("gateway.disagg.held.tokens")
                        .gauge()
                        .value())
                .isZero();
    }

    @Test
    @Tag("pd-T50")
    @DisplayName("T50: a prefill leg goes on when its endpoint leaves the pool, and no new one goes there")
    void prefillEndpointLeaves() {
        try (SplitPool own = new SplitPool()) {
            own.prefill().script(SplitPool.prefilled(HANDOFF).delay(Duration.ofMillis(1_500)));
            try (RawClient client = own.gateway().connect()) {
                client.send(RawClient.post(CHAT, BODY, AUTH));
                await("prefill leg under way")
                        .until(() -> !own.prefill().requests().isEmpty());
                own.gateway().scheduler().removeEndpoint(2);
                await("gateway knows")
                        .until(() -> own.gateway()
                                        .context()
                                        .getBean(io.llmd.gateway.dispatch.EndpointDirectory.class)
                                        .at(own.prefill().hostPort())
                                == null);

                assertThat(client.receive().header(FALLBACK)).isNull();
            }
            assertThat(own.decode().lastRequest().text()).contains(HANDOFF);

            assertThat(own.gateway().post(CHAT, BODY).header(FALLBACK)).isEqualTo("prefill-unknown");
            assertThat(own.prefill().requests()).hasSize(1);
            own.gateway().awaitQuiet();
        }
    }

    @Test
    @Tag("pd-T11")
    @Tag("fault-F30")
    @DisplayName("T11: with policy fail the client gets the prefill endpoint's failure")
    void failPolicy() {
        try (SplitPool own = new SplitPool(
                "gateway.disaggregation.on-prefill-failure=fail",
                "gateway.access.transfer-params=refuse",
                "gateway.disaggregation.prefill-timeout=1s")) {
            own.prefill()
                    .script(Reply.error(500, "internal"), Reply.none(Reply.Cut.STALL), Reply.none(Reply.Cut.RESET));

            RawClient.Answer failed = own.gateway().post(CHAT, BODY);
            RawClient.Answer hanging = own.gateway().post(CHAT, BODY);
            RawClient.Answer broken = own.gateway().post(CHAT, BODY);

            assertThat(failed.status()).isEqualTo(500);
            assertThat(failed.body()).contains("\"message\":\"scripted\"", "\"code\":\"internal\"");
            assertThat(hanging.status()).isEqualTo(504);
            assertThat(broken.status()).isEqualTo(502);
            assertThat(own.decode().requests()).isEmpty();
            // T25 with the stricter setting
            assertThat(own.gateway()
                            .post(CHAT, BODY.replace("{\"model\"", "{\"kv_transfer_params\":{},\"model\""))
                            .status())
                    .isEqualTo(403);
            own.gateway().awaitQuiet();
        }
    }
}
