package io.llmd.gateway.disagg;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static io.llmd.gateway.disagg.SplitPool.CHAT;
import static io.llmd.gateway.disagg.SplitPool.FALLBACK;
import static io.llmd.gateway.disagg.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Endpoints with a storage of blocks in common: the decode endpoint is asked first. */
class SharedStorageIT {

    private static final Reply MISS_STREAM = Reply.events(
            "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"cache_threshold\"}]}",
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":0,\"total_tokens\":7}}",
            "[DONE]");
    private static final Reply MISS = Reply.json(200, """
            {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"sim-8b","choices":[{"index":0,\
            "message":{"role":"assistant","content":""},"finish_reason":"cache_threshold"}],\
            "usage":{"prompt_tokens":7,"completion_tokens":0,"total_tokens":7}}""");

    private static SplitPool pool;

    @BeforeAll
    static void start() {
        pool = new SplitPool(
                "gateway.expose-endpoint=true",
                "gateway.endpoints.eject-after=1000",
                "gateway.disaggregation.connector=shared-storage",
                "gateway.disaggregation.encode-connector=ec-example");
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @AfterEach
    void nothingIsLeft() {
        pool.reset();
    }

    private static String asking(String body) {
        return body.replace("{\"model", "{\"cache_hit_threshold\":0.8,\"model");
    }

    private static List<Double> thresholds(List<RecordedRequest> requests) {
        return requests.stream()
                .map(request -> json(request).path("cache_hit_threshold").asDouble(-1))
                .toList();
    }

    @Test
    @Tag("pd-T38")
    @Tag("pd-S9")
    @DisplayName(
            "T38, S9: a stream that ends for want of cache is not seen; prefill and decode follow without a threshold")
    void missInAStream() {
        pool.decode().script(MISS_STREAM);

        RawClient.Answer answer = pool.gateway().post(CHAT, asking(STREAM));

        assertThat(answer.body())
                .contains("Hello", "world")
                .doesNotContain("cache_threshold", "assistant")
                .endsWith("data: [DONE]\n\n");
        assertThat(answer.header(FALLBACK)).isNull();
        assertThat(answer.header("x-prefiller-host-port"))
                .isEqualTo(pool.prefill().hostPort());
        assertThat(thresholds(pool.decode().requests())).containsExactly(0.8, 0.0);
        assertThat(thresholds(pool.prefill().requests())).containsExactly(0.0);
        assertThat(json(pool.prefill().lastRequest()).path("max_tokens").asInt())
                .isEqualTo(1);
        assertThat(json(pool.prefill().lastRequest()).path("stream").asBoolean())
                .isFalse();
        assertThat(pool.prefill().lastRequest().text()
                        + pool.decode().lastRequest().text())
                .doesNotContain("kv_transfer_params");
        pool.gateway().awaitQuiet();
        assertThat(pool.gateway().scheduler().ended()).hasSize(1);
    }

    @Test
    @Tag("pd-T38")
    @DisplayName("T38: the same for an answer that is no stream")
    void missInAWholeAnswer() {
        pool.decode().script(MISS);

        RawClient.Answer answer = pool.gateway().post(CHAT, asking(BODY));

        assertThat(answer.body()).contains("Hello world");
        assertThat(thresholds(pool.decode().requests())).containsExactly(0.8, 0.0);
        assertThat(pool.prefill().requests()).hasSize(1);
    }

    @Test
    @Tag("pd-T39")
    @DisplayName("T39: with enough in the cache there is one decode leg, and its stream goes on from its first byte")
    void hit() {
        String body = asking(STREAM);
        pool.decode().always(Reply.stream("one", "two"));

        RawClient.Answer answer = pool.gateway().post(CHAT, body);

        assertThat(answer.body()).startsWith("data: {").contains("one", "two").endsWith("data: [DONE]\n\n");
        assertThat(pool.decode().requests()).hasSize(1);
        assertThat(pool.decode().lastRequest().text()).isEqualTo(body);
        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(answer.header("x-prefiller-host-port")).isNull();
        assertThat(pool.gateway().post(CHAT, asking(BODY)).body()).contains("one");
        assertThat(pool.prefill().requests()).isEmpty();
    }

    @Test
    @DisplayName("a request that asks for nothing is one leg")
    void noThreshold() {
        assertThat(pool.gateway().post(CHAT, BODY).status()).isEqualTo(200);

        assertThat(pool.decode().lastRequest().text()).isEqualTo(BODY);
        assertThat(pool.prefill().requests()).isEmpty();
    }

    @Test
    @Tag("pd-S13")
    @DisplayName("S13: without a prefill endpoint the decode endpoint computes the rest, whatever it has cached")
    void failedPrefill() {
        pool.decode().script(MISS);
        pool.prefill().always(Reply.error(500, "x"));

        RawClient.Answer answer = pool.gateway().post(CHAT, asking(BODY));

        assertThat(answer.body()).contains("Hello world");
        assertThat(answer.header(FALLBACK)).isEqualTo("prefill-failed");
        assertThat(thresholds(pool.decode().requests())).containsExactly(0.8, 0.0);
    }

    @Test
    @DisplayName("what is not split is not asked about its cache either, for nobody else would compute the rest")
    void notSplittable() {
        RawClient.Answer answer = pool.gateway().post(CHAT, asking(BODY).replace("{\"cache", "{\"n\":2,\"cache"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(thresholds(pool.decode().requests())).containsExactly(0.0);
    }

    @Test
    @DisplayName("a decode endpoint that fails while it is asked is left for another one, which is asked too")
    void failureWhileAsked() {
        pool.decode().always(Reply.error(500, "x"));
        pool.otherDecode().script(MISS, Reply.chat("Hello world"));

        RawClient.Answer answer = pool.gateway().post(CHAT, asking(BODY));

        assertThat(answer.body()).contains("Hello world");
        assertThat(thresholds(pool.otherDecode().requests())).containsExactly(0.8, 0.0);
        assertThat(pool.prefill().requests()).hasSize(1);
    }

    @Test
    @Tag("pd-S10")
    @DisplayName(
            "S10: with ec-example nothing of what encode endpoints answer goes on, and nobody is asked about the cache")
    void embeddingsInAStorage() {
        pool.gateway()
                .scheduler()
                .deciding(decision -> SplitPool.decide(
                        decision, Map.of("x-encoder-hosts-ports", pool.encoder().hostPort())));
        pool.encoder().always(Reply.json(200, "{\"choices\":[],\"ec_transfer_params\":{\"h\":{\"peer_port\":1}}}"));

        RawClient.Answer answer = pool.gateway()
                .post(
                        CHAT,
                        asking("{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                                + "\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}]}"));

        assertThat(answer.body()).contains("Hello world");
        assertThat(pool.encoder().requests()).hasSize(1);
        assertThat(pool.decode().lastRequest().text()).doesNotContain("ec_transfer_params");
        assertThat(thresholds(pool.decode().requests())).containsExactly(0.0);
    }
}
