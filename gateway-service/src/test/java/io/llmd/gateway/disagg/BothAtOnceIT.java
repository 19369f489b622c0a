package io.llmd.gateway.disagg;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static io.llmd.gateway.disagg.SplitPool.CHAT;
import static io.llmd.gateway.disagg.SplitPool.FALLBACK;
import static io.llmd.gateway.disagg.SplitPool.header;
import static io.llmd.gateway.disagg.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Protocols whose legs are sent at the same time. */
class BothAtOnceIT {

    private static final Duration LONG = Duration.ofSeconds(20);

    private abstract static class InPool {

        SplitPool pool;
        FakeModelServer bootstrap;

        abstract String connector();

        int ranks() {
            return 1;
        }

        @BeforeAll
        void start() {
            bootstrap = FakeModelServer.start();
            pool = new SplitPool(
                    "gateway.timeouts.keep-alive-comment=100ms",
                    "gateway.disaggregation.data-parallel-size=" + ranks(),
                    "gateway.disaggregation.tensor-parallel-size=" + 2 * ranks(),
                    "gateway.endpoints.eject-after=1000",
                    "gateway.disaggregation.connector=" + connector(),
                    "gateway.disaggregation.on-prefill-failure="
                            + (connector().equals("mooncake") ? "fail" : "decode-only"),
                    "gateway.disaggregation.commit-timeout=250ms",
                    "gateway.disaggregation.bootstrap-port=" + bootstrap.port());
        }

        @AfterEach
        void nothingIsLeft() {
            pool.reset();
            assertThat(pool.gateway().context().getBean(Disaggregation.class).heldHandoffs())
                    .isZero();
        }

        @AfterAll
        void stop() {
            pool.close();
            bootstrap.close();
        }

        RawClient.Answer chat() {
            return pool.gateway().post(CHAT, BODY);
        }

        /** Lets the answer come when the prefill leg is under way, as it is with engines that wait for its blocks. */
        void decodeInItsTime() {
            for (FakeModelServer server : List.of(pool.decode(), pool.otherDecode())) {
                server.always(Reply.chat("Hello world").delay(Duration.ofMillis(150)));
            }
        }

        static JsonNode params(FakeModelServer server) {
            return json(server.lastRequest()).path("kv_transfer_params");
        }

        static ObjectNode without(RecordedRequest request, String... members) {
            ObjectNode body = (ObjectNode) json(request);
            body.remove(List.of(members));
            return body;
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Sglang extends InPool {

        @Override
        String connector() {
            return "sglang";
        }

        @Test
        @Tag("pd-S5")
        @DisplayName("S5: both legs carry the client's request and one room at the prefill endpoint")
        void bothMeetInARoom() {
            pool.decode().always(Reply.stream("Hello", " world").delay(Duration.ofMillis(150)));

            RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).contains("Hello").endsWith("data: [DONE]\n\n");
            assertThat(answer.header(FALLBACK)).isNull();
            await().until(() -> pool.prefill().requests().size() == 1);
            JsonNode one = json(pool.prefill().lastRequest());
            JsonNode other = json(pool.decode().lastRequest());
            assertThat(one).isEqualTo(other);
            assertThat(one.path("bootstrap_host").asString())
                    .isEqualTo(pool.prefill().host());
            assertThat(one.path("bootstrap_port").asInt()).isEqualTo(bootstrap.port());
            assertThat(one.path("bootstrap_room").asLong()).isPositive();
            assertThat(without(pool.decode().lastRequest(), "bootstrap_host", "bootstrap_port", "bootstrap_room"))
                    .isEqualTo(SplitPool.JSON.readTree(STREAM));
            assertThat(header(pool.prefill().lastRequest(), "x-request-id"))
                    .isEqualTo(header(pool.decode().lastRequest(), "x-request-id"));
        }

        @Test
        @Tag("pd-T32")
        @DisplayName("T32: the client does not wait for the prefill endpoint's answer")
        void lateAnswerIsDropped() {
            pool.prefill().always(Reply.chat("late").delay(LONG));

            RawClient.Answer answer = chat();

            assertThat(answer.body()).contains("Hello world").doesNotContain("late");
        }

        @Test
        @Tag("pd-T33")
        @DisplayName("T33, F18: a refused connection cancels the decode leg and makes another pair with another room")
        void refusedConnection() {
            pool.prefill().refuseConnections();
            pool.decode().always(Reply.chat("Hello world").delay(Duration.ofMillis(300)));
            RawClient.Answer answer;
            try {
                answer = chat();
            } finally {
                pool.prefill().acceptConnections();
            }

            assertThat(answer.body()).contains("Hello world");
            assertThat(rooms(pool.otherPrefill()))
                    .containsExactly(rooms(pool.decode()).getLast());
        }

        @Test
        @Tag("pd-T33")
        @DisplayName("T33: so does a connection that breaks, and the first decode leg is closed")
        void brokenConnection() {
            pool.prefill().always(Reply.none(Reply.Cut.RESET).delay(Duration.ofMillis(200)));
            pool.decode().script(Reply.chat("never").delay(LONG), Reply.chat("Hello world"));

            RawClient.Answer answer = chat();

            assertThat(answer.body()).contains("Hello world");
            assertThat(rooms(pool.decode())).hasSize(2).doesNotHaveDuplicates();
            assertThat(rooms(pool.otherPrefill()))
                    .containsExactly(rooms(pool.decode()).getLast());
            await("the first decode leg's connection is closed")
                    .until(() -> pool.decode().openConnections() <= 1);
        }

        private static List<Long> rooms(FakeModelServer server) {
            return server.requests().stream()
                    .map(request -> json(request).path("bootstrap_room").asLong())
                    .toList();
        }

        @Test
        @DisplayName("F18: after two failed pairs the client gets an error, for decode endpoints cannot do without")
        void twoFailedPairs() {
            Stream.of(pool.prefill(), pool.otherPrefill()).forEach(server -> server.always(Reply.error(500, "x")));
            pool.decode().always(Reply.chat("never").delay(LONG));

            assertThat(chat().status()).isEqualTo(500);
            assertThat(rooms(pool.prefill())).hasSize(1);
            assertThat(rooms(pool.otherPrefill())).hasSize(1).isNotEqualTo(rooms(pool.prefill()));
        }

        @Test
        @DisplayName(
                "both endpoints get what other protocols could not split, and every request finds a prefill endpoint")
        void everythingIsSplit() {
            pool.gateway()
                    .scheduler()
                    .deciding(decision -> SplitPool.decide(decision, Map.of("x-prefiller-host-port", "10.9.9.9:1")));
            pool.decode().always(Reply.chat("Hello world").delay(Duration.ofMillis(150)));

            RawClient.Answer answer = pool.gateway().post(CHAT, BODY.replace("{\"model", "{\"n\":2,\"model"));

            assertThat(answer.body()).contains("Hello world");
            assertThat(rooms(pool.decode()))
                    .isEqualTo(Stream.concat(rooms(pool.prefill()).stream(), rooms(pool.otherPrefill()).stream())
                            .toList());
        }

        @Test
        @DisplayName(
                "a repeated pair that ends with a 4xx of the decode endpoint gives its place among the retries back")
        void refusedAfterARepetition() {
            pool.prefill().refuseConnections();
            pool.decode().always(Reply.error(400, "no").delay(Duration.ofMillis(300)));
            try {
                assertThat(chat().status()).isEqualTo(400);
            } finally {
                pool.prefill().acceptConnections();
            }
            // The fixture waits until no retry is held.
        }

        @Test
        @DisplayName("F2: a 4xx of the prefill endpoint is the answer")
        void clientError() {
            pool.prefill().always(Reply.error(400, "too long"));
            pool.decode().always(Reply.chat("never").delay(LONG));

            assertThat(chat().status()).isEqualTo(400);
        }

        @Test
        @DisplayName(
                "a refusal that comes when the head and a comment are with the client ends the stream with an error")
        void refusalAfterTheHead() {
            pool.prefill().always(Reply.error(400, "too long").delay(Duration.ofMillis(400)));
            pool.decode().always(Reply.stream(3).cutAfter(0, Reply.Cut.STALL));

            RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).startsWith(":").contains("\"code\":\"upstream_error\"");
            await("the decode leg is closed")
                    .until(() -> pool.decode().lastRequest().isAborted());
        }

        @Test
        @DisplayName("a prefill endpoint that fails after the answer began changes nothing")
        void failureAfterTheAnswerBegan() {
            pool.prefill().always(Reply.error(500, "x").delay(Duration.ofMillis(200)));
            pool.decode().always(Reply.stream(10).gap(Duration.ofMillis(40)));

            RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

            assertThat(answer.body()).endsWith("data: [DONE]\n\n");
            assertThat(pool.decode().requests()).hasSize(1);
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Mooncake extends InPool {

        private static final String ENGINES = "{\"0\":{\"engine_id\":\"e-0\",\"x\":1}}";

        @Override
        String connector() {
            return "mooncake";
        }

        @Test
        @Tag("pd-S6")
        @Tag("pd-T37")
        @DisplayName(
                "S6, T37: engines are asked for once, failures are not remembered, and engines are after a failure not")
        void engines() {
            bootstrap.reset();
            bootstrap.always(Reply.error(500, "not yet"));
            RawClient.Answer unknown = chat();
            assertThat(unknown.status()).as(unknown.toString()).isEqualTo(502);
            assertThat(pool.prefill().requests()).isEmpty();

            bootstrap.always(Reply.json(200, ENGINES));
            decodeInItsTime();
            assertThat(chat().body()).contains("Hello world");
            assertThat(chat().body()).contains("Hello world");
            assertThat(bootstrap.requests()).hasSize(2);
            await().until(() -> pool.prefill().requests().size() == 2);
            JsonNode prefill = params(pool.prefill());
            JsonNode decode = params(pool.decode());
            assertThat(prefill.path("transfer_id").asString()).startsWith("xfer-");
            assertThat(decode.path("transfer_id")).isEqualTo(prefill.path("transfer_id"));
            assertThat(prefill.path("do_remote_decode").asBoolean()).isTrue();
            assertThat(prefill.path("do_remote_prefill").asBoolean()).isFalse();
            assertThat(decode.path("do_remote_decode").asBoolean()).isFalse();
            assertThat(decode.path("do_remote_prefill").asBoolean()).isTrue();
            assertThat(decode.path("remote_engine_id").asString()).isEqualTo("e-0");
            assertThat(decode.path("remote_bootstrap_addr").asString())
                    .isEqualTo("http://" + pool.prefill().host() + ":" + bootstrap.port());
            assertThat(header(pool.prefill().lastRequest(), "x-data-parallel-rank"))
                    .containsExactly("0");
            assertThat(json(pool.prefill().lastRequest()).path("max_tokens").asInt())
                    .isEqualTo(1);

            pool.decode().script(Reply.error(500, "unknown engine"));
            int asked = bootstrap.requests().size();
            assertThat(chat().header(FALLBACK)).isEqualTo("decode-failed");
            decodeInItsTime();
            assertThat(chat().body()).contains("Hello world");
            assertThat(bootstrap.requests()).hasSize(asked + 1);

            pool.prefill().always(Reply.error(500, "new engine"));
            pool.decode().always(Reply.chat("never").delay(LONG));
            assertThat(chat().status()).isEqualTo(500);
            pool.reset();
            bootstrap.always(Reply.json(200, ENGINES.replace("e-0", "e-1")));
            assertThat(chat().body()).contains("Hello world");
            assertThat(params(pool.decode()).path("remote_engine_id").asString())
                    .isEqualTo("e-1");
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Offloading extends InPool {

        @Override
        String connector() {
            return "offloading";
        }

        @Test
        @Tag("pd-S7")
        @DisplayName("S7: both legs name one id, and the decode leg the host to pull from")
        void oneId() {
            decodeInItsTime();
            assertThat(chat().body()).contains("Hello world");

            await().until(() -> pool.prefill().requests().size() == 1);
            JsonNode prefill = params(pool.prefill()).path("remote_decoder");
            JsonNode decode = params(pool.decode()).path("remote_prefiller");
            assertThat(prefill.path("kv_request_id").asString()).hasSize(36);
            assertThat(decode.path("kv_request_id")).isEqualTo(prefill.path("kv_request_id"));
            assertThat(decode.path("remote_host").asString())
                    .isEqualTo(pool.prefill().host());
            assertThat(decode.path("remote_port").asInt()).isEqualTo(7777);
            assertThat(json(pool.prefill().lastRequest()).path("max_tokens").asInt())
                    .isEqualTo(1);
        }

        @Test
        @Tag("pd-S8")
        @DisplayName("S8: blocks are pulled from the endpoint that the decision names, also without a prefill leg")
        void source() {
            String source = pool.otherDecode().hostPort();
            decodeInItsTime();
            pool.gateway()
                    .scheduler()
                    .deciding(decision -> SplitPool.decide(decision, Map.of("x-kv-cache-source-host-port", source)));

            RawClient.Answer answer = chat();

            assertThat(answer.body()).contains("Hello world");
            assertThat(answer.header(FALLBACK)).isNull();
            assertThat(pool.prefill().requests()).isEmpty();
            JsonNode pulled = params(pool.decode()).path("remote_kv_source");
            assertThat(pulled.path("kv_request_id").asString()).hasSize(36);
            assertThat(pulled.path("remote_host").asString())
                    .isEqualTo(pool.otherDecode().host());
            assertThat(pulled.path("remote_port").asInt()).isEqualTo(7777);
            assertThat(header(pool.decode().lastRequest(), "x-kv-cache-source-host-port"))
                    .isEmpty();

            pool.gateway()
                    .scheduler()
                    .deciding(decision -> SplitPool.decide(
                            decision,
                            Map.of(
                                    "x-prefiller-host-port",
                                    pool.prefill().hostPort(),
                                    "x-kv-cache-source-host-port",
                                    source)));
            assertThat(chat().body()).contains("Hello world");
            await().until(() -> pool.prefill().requests().size() == 1);
            assertThat(params(pool.prefill())
                            .path("remote_kv_source")
                            .path("remote_port")
                            .asInt())
                    .isEqualTo(7777);
            assertThat(params(pool.prefill()).path("remote_kv_source").path("kv_request_id"))
                    .isNotEqualTo(params(pool.prefill()).path("remote_decoder").path("kv_request_id"));
        }

        @Test
        @DisplayName("a source that is the endpoint itself, or none of the pool, is ignored")
        void uselessSource() {
            for (String source : List.of(pool.decode().hostPort(), "169.254.169.254:80", "nonsense")) {
                pool.gateway()
                        .scheduler()
                        .deciding(
                                decision -> SplitPool.decide(decision, Map.of("x-kv-cache-source-host-port", source)));
                assertThat(chat().body()).contains("Hello world");
                assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
            }
        }

        @Test
        @DisplayName("F18: after two failed pairs the decode endpoint computes the prompt")
        void decodesAlone() {
            Stream.of(pool.prefill(), pool.otherPrefill()).forEach(server -> server.always(Reply.error(500, "x")));
            pool.decode()
                    .script(
                            Reply.chat("never").delay(LONG),
                            Reply.chat("never").delay(LONG),
                            Reply.chat("Hello world"));

            RawClient.Answer answer = chat();

            assertThat(answer.body()).contains("Hello world");
            assertThat(answer.header(FALLBACK)).isEqualTo("prefill-failed");
            assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Moriio extends InPool {

        @Override
        String connector() {
            return "moriio";
        }

        @Test
        @Tag("pd-S4")
        @DisplayName("S4: each leg names the other endpoint, and the answer waits for the prefill endpoint's")
        void eachNamesTheOther() {
            pool.prefill().always(Reply.chat("x").delay(Duration.ofMillis(100)));

            assertThat(chat().body()).contains("Hello world");

            JsonNode prefill = params(pool.prefill());
            JsonNode decode = params(pool.decode());
            assertThat(prefill.path("transfer_id").asString()).startsWith("tx");
            assertThat(decode.path("transfer_id")).isEqualTo(prefill.path("transfer_id"));
            assertThat(prefill.path("remote_host").asString())
                    .isEqualTo(pool.decode().host());
            assertThat(decode.path("remote_host").asString())
                    .isEqualTo(pool.prefill().host());
            assertThat(decode.path("remote_engine_id").asString())
                    .isEqualTo(pool.prefill().host() + ":6301");
            assertThat(header(pool.prefill().lastRequest(), "x-data-parallel-rank"))
                    .isEmpty();
        }

        @Test
        @Tag("pd-T36")
        @DisplayName("T36: endpoints of one rank get no rank")
        void oneRank() {
            assertThat(pool.gateway().post(CHAT, BODY, "x-request-id: req-1").status())
                    .isEqualTo(200);

            assertThat(pool.prefill().lastRequest().hasHeader("x-data-parallel-rank"))
                    .isFalse();
            assertThat(pool.decode().lastRequest().hasHeader("x-data-parallel-rank"))
                    .isFalse();
            assertThat(params(pool.decode()).path("remote_dp_rank").asInt(-1)).isZero();
            assertThat(params(pool.decode()).path("remote_dp_size").asInt()).isEqualTo(1);
            assertThat(params(pool.decode()).path("tp_size").asInt()).isEqualTo(2);
        }

        @Test
        @Tag("pd-T34")
        @DisplayName("T34: a late failure of the prefill endpoint is the answer, although the other one said 200")
        void failureBeatsTheAnswer() {
            pool.prefill().always(Reply.error(500, "x").delay(Duration.ofMillis(100)));

            RawClient.Answer answer = pool.gateway().post(CHAT, STREAM);

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.body()).doesNotContain("Hello");
        }

        @Test
        @Tag("pd-T35")
        @DisplayName("T35: when both are silent the request ends after the commit timeout, and both legs with it")
        void bothSilent() {
            pool.prefill().always(Reply.chat("never").delay(LONG));
            pool.decode().always(Reply.chat("never").delay(LONG));

            assertThat(chat().status()).isEqualTo(504);
            await("connections closed")
                    .until(() ->
                            pool.prefill().openConnections() + pool.decode().openConnections() <= 2);
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class MoriioRanks extends InPool {

        @Override
        String connector() {
            return "moriio";
        }

        @Override
        int ranks() {
            return 8;
        }

        @Test
        @Tag("pd-T36")
        @DisplayName("T36: both legs go to the rank that follows from the id, in header and parameters")
        void rankOfTheId() {
            for (Map.Entry<String, Integer> rank : Map.of("req-1", 5, "abc", 2, "x".repeat(64), 7, "x".repeat(128), 4)
                    .entrySet()) {
                assertThat(pool.gateway()
                                .post(CHAT, BODY, "x-request-id: " + rank.getKey())
                                .status())
                        .isEqualTo(200);

                for (FakeModelServer server : List.of(pool.prefill(), pool.decode())) {
                    assertThat(header(server.lastRequest(), "x-data-parallel-rank"))
                            .containsExactly(rank.getValue().toString());
                    assertThat(params(server).path("remote_dp_rank").asInt()).isEqualTo(rank.getValue());
                    assertThat(params(server).path("remote_dp_size").asInt()).isEqualTo(8);
                    assertThat(params(server).path("tp_size").asInt()).isEqualTo(16);
                }
            }
        }
    }
}
