package io.llmd.gateway.disagg;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.disagg.SplitPool.CHAT;
import static io.llmd.gateway.disagg.SplitPool.FALLBACK;
import static io.llmd.gateway.disagg.SplitPool.HANDOFF;
import static io.llmd.gateway.disagg.SplitPool.JSON;
import static io.llmd.gateway.disagg.SplitPool.header;
import static io.llmd.gateway.disagg.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Media that are encoded ahead of the prompt, and what prefill and decode legs learn of it. */
class EncodeLegsIT {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static SplitPool pool;

    @BeforeAll
    static void start() {
        pool = new SplitPool(
                "gateway.expose-endpoint=true",
                "gateway.endpoints.eject-after=2",
                "gateway.endpoints.first-ejection=60s",
                "gateway.disaggregation.reuse-tokens=true",
                "gateway.disaggregation.override-loopback-host=true",
                "gateway.disaggregation.cached-tokens=of-prefill-if-told");
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @BeforeEach
    void encodersAnswer() {
        for (FakeModelServer server : List.of(pool.encoder(), pool.otherEncoder())) {
            server.answering(request -> encoded("h-" + url(request), server.host()));
        }
        encodeAt(pool.encoder().hostPort() + "," + pool.otherEncoder().hostPort(), false);
    }

    @AfterEach
    void nothingIsLeft() {
        pool.reset();
    }

    private static void encodeAt(String encoders, boolean withPrefill) {
        Map<String, String> headers = new HashMap<>(Map.of("x-encoder-hosts-ports", encoders));
        if (withPrefill) {
            headers.put("x-prefiller-host-port", pool.prefill().hostPort());
        }
        pool.gateway().scheduler().deciding(decision -> SplitPool.decide(decision, headers));
    }

    private static Reply encoded(String hash, String host) {
        return Reply.json(200, """
                {"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"length"}],\
                "ec_transfer_params":{"%s":{"peer_host":"%s","peer_port":5601,"size_bytes":1e2, "newer":[1.50]}}}\
                """.formatted(hash, host));
    }

    private static String url(RecordedRequest request) {
        return json(request)
                .path("messages")
                .path(0)
                .path("content")
                .path(0)
                .path("image_url")
                .path("url")
                .asString();
    }

    private static String image(String data) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + data + "\"}}";
    }

    private static String body(String... parts) {
        return "{\"model\":\"sim-8b\",\"mm_processor_kwargs\":{\"a\":1},\"temperature\":0.5,\"max_tokens\":9,\"messages\":"
                + "[{\"role\":\"system\",\"content\":\"look\"},{\"role\":\"user\",\"content\":["
                + String.join(",", parts)
                + ",{\"type\":\"text\",\"text\":\"what is it?\"}]}]}";
    }

    private static RawClient.Answer chat(String... parts) {
        return pool.gateway().post(CHAT, body(parts));
    }

    @Test
    @Tag("pd-T40")
    @DisplayName("T40: two equal images and another one make two legs, in turn, with ids of their own")
    void eachMediumOnce() {
        RawClient.Answer answer =
                pool.gateway().post(CHAT, body(image("AAAA"), image("AAAA"), image("BBBB")), "x-request-id: see");

        assertThat(answer.body()).contains("Hello world");
        assertThat(pool.encoder().requests()).hasSize(1);
        assertThat(pool.otherEncoder().requests()).hasSize(1);
        assertThat(header(pool.encoder().lastRequest(), "x-request-id")).containsExactly("see-enc-0");
        assertThat(header(pool.otherEncoder().lastRequest(), "x-request-id")).containsExactly("see-enc-1");
        assertThat(SplitPool.members(json(pool.encoder().lastRequest())))
                .isEqualTo(SplitPool.members(JSON.readTree(
                        "{\"model\":\"sim-8b\",\"mm_processor_kwargs\":{\"a\":1},\"stream\":false,\"max_tokens\":1,"
                                + "\"max_completion_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":["
                                + image("AAAA") + "]}]}")));
        assertThat(url(pool.otherEncoder().lastRequest())).endsWith("BBBB");
    }

    @Test
    @Tag("pd-S10")
    @DisplayName("S10: the decode leg gets what all encode endpoints say, byte for byte, and the client's body")
    void encodeThenDecode() {
        chat(image("AAAA"), image("BBBB"));

        ObjectNode decode = (ObjectNode) json(pool.decode().lastRequest());
        assertThat(pool.decode().lastRequest().text())
                .contains("{\"peer_host\":\"127.0.0.1\",\"peer_port\":5601,\"size_bytes\":1e2, \"newer\":[1.50]}");
        JsonNode params = decode.remove("ec_transfer_params");
        assertThat(params.propertyNames())
                .containsExactlyInAnyOrder("h-data:image/png;base64,AAAA", "h-data:image/png;base64,BBBB");
        assertThat(decode.remove("cache_hit_threshold").asInt(-1)).isZero();
        assertThat(decode).isEqualTo(JSON.readTree(body(image("AAAA"), image("BBBB"))));
        assertThat(pool.prefill().requests()).isEmpty();
    }

    @Test
    @Tag("pd-S11")
    @DisplayName("S11: with a prefill endpoint it is that one which is told of the embeddings")
    void encodeThenPrefillThenDecode() {
        encodeAt(pool.encoder().hostPort(), true);

        RawClient.Answer answer = chat(image("AAAA"));

        assertThat(answer.body()).contains("Hello world");
        assertThat(json(pool.prefill().lastRequest()).path("ec_transfer_params").size())
                .isEqualTo(1);
        assertThat(pool.decode().lastRequest().text())
                .contains("\"kv_transfer_params\":" + HANDOFF)
                .doesNotContain("ec_transfer_params");
        assertThat(Stream.of(pool.prefill(), pool.decode()))
                .allSatisfy(server -> assertThat(json(server.lastRequest())
                                .path("cache_hit_threshold")
                                .asInt(-1))
                        .isZero());
    }

    @Test
    @Tag("pd-S13")
    @DisplayName("S11, S13: when the prefill endpoint fails, the decode endpoint is told of the embeddings")
    void prefillFailsAfterEncoding() {
        encodeAt(pool.encoder().hostPort(), true);
        pool.prefill().always(Reply.error(500, "x"));

        RawClient.Answer answer = chat(image("AAAA"));

        assertThat(answer.header(FALLBACK)).isEqualTo("prefill-failed");
        assertThat(json(pool.decode().lastRequest()).path("ec_transfer_params").size())
                .isEqualTo(1);
        assertThat(pool.encoder().requests()).hasSize(1);
    }

    @Test
    @DisplayName("media are encoded once, however many decode endpoints are tried")
    void encodedOnce() {
        pool.decode().always(Reply.error(500, "x"));

        RawClient.Answer answer = chat(image("AAAA"));

        assertThat(answer.body()).contains("Hello world");
        assertThat(pool.encoder().requests()).hasSize(1);
        assertThat(json(pool.otherDecode().lastRequest())
                        .path("ec_transfer_params")
                        .size())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @Tag("pd-T41")
    @DisplayName("T41: when one leg fails the other one is closed, and the client gets 502")
    @ValueSource(strings = {"500", "429", "RESET"})
    void oneFails(String how) {
        pool.encoder().always(Reply.chat("never").delay(LONG));
        pool.otherEncoder()
                .always(
                        how.equals("RESET")
                                ? Reply.none(Reply.Cut.RESET).delay(Duration.ofMillis(50))
                                : Reply.error(Integer.parseInt(how), "x").delay(Duration.ofMillis(50)));

        RawClient.Answer answer = chat(image("AAAA"), image("BBBB"));

        assertThat(answer.status()).isEqualTo(502);
        await("the other leg is closed")
                .until(() -> pool.encoder().lastRequest().isAborted());
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @DisplayName("F2: a medium that an encode endpoint refuses is the client's mistake")
    void refusedMedium() {
        pool.encoder().always(Reply.error(400, "no image"));

        assertThat(chat(image("AAAA")).status()).isEqualTo(400);
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @DisplayName(
            "F22: endpoints that are none of the pool, or not for encoding, get no media; without any there is no leg")
    void unknownEncoders() {
        encodeAt("169.254.169.254:80," + pool.otherPrefill().hostPort(), false);

        assertThat(chat(image("AAAA")).body()).contains("Hello world");

        assertThat(pool.decode().lastRequest().text()).isEqualTo(body(image("AAAA")));
        assertThat(pool.otherPrefill().requests()).isEmpty();
    }

    @Test
    void textNeedsNoEncoding() {
        assertThat(pool.gateway().post(CHAT, BODY).body()).contains("Hello world");

        assertThat(pool.encoder().requests()).isEmpty();
        assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
    }

    @Test
    @DisplayName("F22: an answer that names a foreign host, or none at all, is done without")
    void uselessAnswers() {
        double before = missing();
        pool.encoder().always(encoded("h", "10.9.9.9"));
        pool.otherEncoder().always(Reply.chat("x"));

        assertThat(chat(image("AAAA"), image("BBBB")).body()).contains("Hello world");

        assertThat(pool.decode().lastRequest().text()).doesNotContain("ec_transfer_params", "10.9.9.9");
        assertThat(missing()).isEqualTo(before + 2);
    }

    private static double missing() {
        return pool.counter("gateway.disagg.handoffs", "event", "embeddings-missing");
    }

    @Test
    void contradictionIsAnError() {
        pool.encoder().always(encoded("h", pool.encoder().host()));
        pool.otherEncoder().always(encoded("h", "localhost"));

        assertThat(chat(image("AAAA"), image("BBBB")).status()).isEqualTo(502);
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @DisplayName("no more than eight legs of a request are under way")
    void manyMedia() {
        AtomicInteger most = new AtomicInteger();
        for (FakeModelServer server : List.of(pool.encoder(), pool.otherEncoder())) {
            server.answering(request -> {
                most.accumulateAndGet(underWay(pool.encoder()) + underWay(pool.otherEncoder()), Math::max);
                return encoded("h-" + url(request), server.host()).delay(Duration.ofMillis(100));
            });
        }
        String[] images = IntStream.range(0, 20)
                .mapToObj(i -> image("AA" + (char) ('A' + i) + "A"))
                .toArray(String[]::new);

        assertThat(chat(images).status()).isEqualTo(200);

        assertThat(json(pool.decode().lastRequest()).path("ec_transfer_params").size())
                .isEqualTo(20);
        assertThat(Stream.concat(pool.encoder().requests().stream(), pool.otherEncoder().requests().stream())
                        .map(request ->
                                header(request, "x-request-id").getFirst().split("-enc-")[1])
                        .collect(Collectors.toSet()))
                .hasSize(20);
        assertThat(most.get()).isBetween(4, 8);
    }

    private static int underWay(FakeModelServer server) {
        return (int) server.requests().stream()
                .filter(request -> !request.isAnswered())
                .count();
    }

    @Test
    void leavingClientEndsAllLegs() {
        pool.encoder().always(Reply.chat("never").delay(LONG));
        pool.otherEncoder().always(Reply.chat("never").delay(LONG));
        try (RawClient client = pool.gateway().connect()) {
            client.send(RawClient.post(CHAT, body(image("AAAA"), image("BBBB")), GatewayFixture.AUTH));
            await().until(() -> pool.encoder().requests().size()
                            + pool.otherEncoder().requests().size()
                    == 2);
        }

        await("both legs are closed")
                .until(() -> pool.encoder().lastRequest().isAborted()
                        && pool.otherEncoder().lastRequest().isAborted());
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @Tag("pd-T51")
    @DisplayName("T51: token ids of the prefill endpoint go to the decode endpoint of a chat, not with media")
    void tokensAreReused() {
        pool.gateway().scheduler().deciding(pool::decide);
        pool.prefill()
                .always(SplitPool.prefilled(
                        HANDOFF, "\"prompt_token_ids\":[1, 22,333],\"usage\":{\"prompt_tokens\":3}"));

        pool.gateway().post(CHAT, BODY);
        assertThat(json(pool.prefill().lastRequest()).path("return_token_ids").asBoolean())
                .isTrue();
        assertThat(json(pool.decode().lastRequest()).path("kv_transfer_params").path("prompt_token_ids"))
                .isEqualTo(JSON.readTree("[1,22,333]"));
        assertThat(json(pool.decode().lastRequest())
                        .path("kv_transfer_params")
                        .path("remote_engine_id")
                        .asString())
                .isEqualTo("e-1");
        assertThat(json(pool.decode().lastRequest()).has("return_token_ids")).isFalse();

        chat(image("AAAA"));
        assertThat(pool.prefill().lastRequest().text()).doesNotContain("return_token_ids");
        assertThat(pool.decode().lastRequest().text()).doesNotContain("prompt_token_ids");
    }

    @Test
    @Tag("pd-T31")
    @DisplayName("T31, F16: where that is wanted, the prefill endpoint's own address takes a loopback address's place")
    void loopbackHostIsReplaced() {
        pool.prefill().always(SplitPool.prefilled(HANDOFF.replace("127.0.0.1", "localhost")));
        try (SplitPool.Remote remote = pool.remotePrefill()) {
            pool.gateway()
                    .scheduler()
                    .deciding(d -> SplitPool.decide(d, Map.of("x-prefiller-host-port", remote.hostPort())));

            assertThat(pool.gateway().post(CHAT, BODY).header(FALLBACK)).isNull();

            assertThat(pool.decode().lastRequest().text())
                    .contains("\"kv_transfer_params\":" + HANDOFF.replace("127.0.0.1", "127.1"));
        }
    }

    @Test
    @Tag("pd-T18")
    @DisplayName("T18: where prefill endpoints tell no cached tokens, the decode endpoint's answer is untouched")
    void cachedTokensAreLeft() {
        pool.gateway().scheduler().deciding(pool::decide);
        String answer = "{\"id\":\"x\",\"usage\":{\"prompt_tokens\":7}}";
        pool.decode().always(Reply.json(200, answer));

        assertThat(pool.gateway().post(CHAT, BODY).body()).isEqualTo(answer);

        pool.prefill()
                .always(SplitPool.prefilled(HANDOFF, "\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":3}}"));
        assertThat(pool.gateway().post(CHAT, BODY).body())
                .isEqualTo(answer.replace(":7", ":7,\"prompt_tokens_details\":{\"cached_tokens\":3}"));
    }

    @Test
    @DisplayName("a prefill endpoint that is busy is not taken for one that fails")
    void busyIsNotBroken() {
        EndpointHealth health = pool.gateway().context().getBean(EndpointHealth.class);
        pool.gateway().scheduler().deciding(pool::decide);
        pool.prefill().always(Reply.error(429, "busy"));
        for (int i = 0; i < 4; i++) {
            assertThat(pool.gateway().post(CHAT, BODY).header(FALLBACK)).isEqualTo("prefill-failed");
        }
        assertThat(health.isOut("default/sim-2")).isFalse();

        pool.prefill().always(Reply.error(503, "broken"));
        for (int i = 0; i < 4; i++) {
            assertThat(pool.gateway().post(CHAT, BODY).header(FALLBACK)).isEqualTo("prefill-failed");
        }
        assertThat(health.isOut("default/sim-2")).isTrue();
    }
}
