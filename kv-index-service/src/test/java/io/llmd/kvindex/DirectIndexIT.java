package io.llmd.kvindex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole service over real sockets, with engines that it reads itself. */
class DirectIndexIT {

    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    static Path folder;

    private static FakeEngine a;
    private static FakeEngine b;
    private static Path file;
    private static RunningIndex index;

    @BeforeAll
    static void start() throws IOException {
        a = new FakeEngine();
        b = new FakeEngine();
        a.store(null, 1, 11, 12);
        file = folder.resolve("endpoints.yaml");
        list(b);
        index = new RunningIndex(
                "--kv-index.sources[0].endpoint=default/a",
                "--kv-index.sources[0].address=tcp://127.0.0.1:" + a.port(),
                "--kv-index.sources[0].replay-address=127.0.0.1:" + a.replayPort(),
                "--kv-index.endpoints-file=" + file,
                "--kv-index.watch-interval=50ms",
                "--kv-index.http.max-body-size=64KB");
        await().until(() -> index.readiness() == 200);
    }

    private static void list(FakeEngine... engines) throws IOException {
        StringBuilder text = new StringBuilder("endpoints:\n");
        for (FakeEngine engine : engines) {
            text.append("  - {name: ")
                    .append(engine == b ? "b" : "c")
                    .append(", address: 127.0.0.1, port: 8000, labels: {llm-d.ai/kv-events-port: \"")
                    .append(engine.port())
                    .append("\", llm-d.ai/kv-events-replay-port: \"")
                    .append(engine.replayPort())
                    .append("\"}}\n");
        }
        text.append("  - {name: without-events, address: 127.0.0.1, port: 8001}\n");
        Files.writeString(file, text);
    }

    @AfterAll
    static void stop() {
        index.close();
        a.close();
        b.close();
    }

    @Test
    @Tag("kv-index-1")
    @Tag("kv-index-2")
    void whatAnEngineHeldBeforeIsKnownWhenTheServiceIsReady() {
        assertThat(index.query(8)).isEqualTo("default/a:2");
        assertThat(index.query(10)).isEqualTo("default/a:2");
        assertThat(index.holders(0x545d26412a51d38eL)).isEqualTo("default/a:1");
        assertThat(index.source("default/a").get("complete").asBoolean()).isTrue();
    }

    @Test
    void tokensMayComeAsBytes() {
        ByteBuffer tokens = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.rangeClosed(1, 8).forEach(tokens::putInt);
        String path = "/v1/prefix-matches?model=m";

        HttpResponse<String> plain = index.post(path, "application/octet-stream", tokens.array());
        HttpResponse<String> salted =
                index.post(path + "&cacheSalt=tenant-a", "application/octet-stream", tokens.array());
        HttpResponse<String> others =
                index.post(path + "&candidate=default/b", "application/octet-stream", tokens.array());

        assertThat(RunningIndex.answers(plain)).isEqualTo("default/a:2");
        assertThat(RunningIndex.answers(salted)).isEmpty();
        assertThat(RunningIndex.answers(others)).isEmpty();
    }

    @Test
    void answersTellTiersScoreAndCoverage() {
        JsonNode answer = JSON.readTree(index.post("/v1/prefix-matches", """
                {"unknown": {"a": [1]}, "tokens": [1,2,3,4,5,6,7,8,9], "candidates": ["default/a"], "model": "m"}
                """).body());
        assertThat(answer).isEqualTo(JSON.readTree("""
                {"blockTokens": 4, "blocks": 2, "endpoints": [{"endpoint": "default/a", "rank": 0, "blocks": 2,
                 "tokens": 8, "tiers": {"gpu": 2, "cpu": 0, "disk": 0, "storage": 0}, "hostBlocks": 0, "score": 2.0, "trust": 1.0,
                 "complete": true, "reusableBlocks": 2, "reuse": "full"}]}
                """));
    }

    @Test
    @Tag("kv-index-30")
    void lostBatchesAreAskedFor() {
        b.store(null, 101, 21);
        await().untilAsserted(() -> assertThat(blocks("default/b")).isPositive());
        b.lose(21L, 105, 22);
        b.store(22L, 109, 23);
        b.truth()
                .forEach((key, isHeld) -> await().untilAsserted(
                                () -> assertThat(index.holders(key)).isEqualTo(isHeld ? "default/b:1" : "")));
        await().untilAsserted(() -> assertThat(
                        index.source("default/b").at("/counters/gaps").asInt())
                .isEqualTo(1));
    }

    private static int blocks(String endpoint) {
        return index.source(endpoint).at("/blocks/gpu").asInt();
    }

    @Test
    @Tag("kv-index-53")
    @Tag("bad-input-B87")
    void poisonStaysWithItsSource() throws IOException {
        try (FakeEngine c = new FakeEngine()) {
            list(b, c);
            await().until(() ->
                    index.source("default/c").get("state").asString().equals("exact"));
            c.publish(new byte[] {(byte) 0xdd, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});
            c.babble();
            c.publish("no batch at all".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            c.store(null, 201, 31);
            c.truth()
                    .forEach((key, isHeld) -> await().untilAsserted(
                                    () -> assertThat(index.holders(key)).isEqualTo("default/c:1")));
            await().untilAsserted(() -> {
                JsonNode source = index.source("default/c");
                assertThat(source.at("/drops/malformed_batch").asInt()).isEqualTo(2);
                assertThat(source.at("/counters/malformedMessages").asInt()).isEqualTo(1);
            });
            assertThat(index.query(8)).isEqualTo("default/a:2");
            assertThat(index.readiness()).isEqualTo(200);
            await().untilAsserted(() ->
                    assertThat(index.meters()).contains("kvindex_event_drops_total{reason=\"malformed_batch\"} 2.0"));
        }
        list(b);
        await().until(() -> index.source("default/c").get("state").asString().equals("absent"));
    }

    @Test
    void clearedEndpointIsAskedForEverythingAgain() {
        assertThat(index.post("/v1/clear?endpoint=default/a", "").body()).isEqualTo("{\"cleared\":1}");
        await().untilAsserted(() -> assertThat(index.query(8)).isEqualTo("default/a:2"));
        assertProblem(index.post("/v1/clear?endpoint=nobody", ""), 404, "unknown_url");
        assertProblem(index.post("/v1/clear", ""), 400, "missing_required_parameter");
    }

    @Test
    void aProcessGoesOnFromWhatAnotherOneKnew() throws IOException {
        Path kept = folder.resolve("kept.snapshot");
        byte[] snapshot;
        long key;
        String[] settings;
        try (FakeEngine c = new FakeEngine()) {
            c.store(null, 301, 41);
            key = c.truth().keySet().iterator().next();
            list(b, c);
            await().until(() -> index.holders(key).equals("default/c:1"));
            snapshot = index.download("/v1/snapshot");
            settings = new String[] {
                "--kv-index.sources[0].endpoint=default/c",
                "--kv-index.sources[0].address=127.0.0.1:" + c.port(),
                "--kv-index.sources[0].replay-address=127.0.0.1:" + c.replayPort(),
                "--kv-index.http.max-snapshot-size=1KB",
                "--kv-index.snapshot-file=" + kept
            };
        } finally {
            list(b);
        }
        Files.write(kept, snapshot);

        // Its engine is gone, so that nothing can be learnt and nothing refuted.
        try (RunningIndex other = new RunningIndex(settings)) {
            assertThat(other.holders(key)).as("though nobody can be asked").isEqualTo("default/c:1");
            assertThat(other.source("default/c").get("complete").asBoolean())
                    .as("unconfirmed")
                    .isFalse();
            assertProblem(
                    other.post("/v1/snapshot", "application/octet-stream", new byte[2_000]), 413, "payload_too_large");
            Files.delete(kept);
        }
        assertThat(kept).as("written anew at the end").exists();
    }

    @Test
    void aSnapshotTakesThePlaceOfExactKnowledgeWhenAsked() {
        await().until(() -> index.source("default/a").get("state").asString().equals("exact"));
        byte[] snapshot = index.download("/v1/snapshot");
        JsonNode restored = JSON.readTree(index.post("/v1/snapshot?replace=true", "application/octet-stream", snapshot)
                .body());
        assertThat(restored.get("restored").asInt()).isPositive();
        await().untilAsserted(() -> {
            assertThat(index.query(8)).isEqualTo("default/a:2");
            assertThat(index.source("default/a").get("state").asString()).isEqualTo("exact");
            assertThat(index.source("default/a").get("complete").asBoolean()).isTrue();
        });
        assertProblem(index.post("/v1/snapshot", "no snapshot"), 400, "invalid_value");
        snapshot[12] ^= 1;
        assertProblem(index.post("/v1/snapshot", "application/octet-stream", snapshot), 400, "invalid_value");
        assertThat(index.query(8)).as("nothing of a damaged one is taken").isEqualTo("default/a:2");
    }

    @Test
    void statsAndMetersTellOfTheIndex() {
        JsonNode stats = JSON.readTree(index.get("/v1/stats").body());
        assertThat(stats.get("ready").asBoolean()).isTrue();
        assertThat(stats.get("keyMode").asString()).isEqualTo("xxh64");
        assertThat(stats.get("blocks").asInt()).isGreaterThanOrEqualTo(2);
        index.query(8);
        assertThat(index.meters())
                .contains("kv_cache_index_lookup_requests_total", "kv_cache_index_lookup_latency_seconds_bucket")
                .contains(
                        "kvindex_memory_bytes",
                        "kv_cache_events_active_subscribers",
                        "kvindex_unfollowed_rules_total 0.0");
    }

    @Test
    void whatCannotBeAnsweredSaysWhy() {
        String path = "/v1/prefix-matches";
        assertProblem(index.post(path, "{\"tokens\": [1]}"), 400, "missing_required_parameter");
        assertProblem(index.post(path, "{\"model\": \"m\"}"), 400, "missing_required_parameter");
        assertProblem(index.post(path, "{\"model\": \"m\", \"tokens\": [-1]}"), 400, "invalid_value");
        assertProblem(index.post(path, "{\"model\": \"m\", \"tokens\": [1.5]}"), 400, "invalid_value");
        assertProblem(index.post(path, "{\"model\": \"m\", \"tokens\": [4294967296]}"), 400, "invalid_value");
        assertProblem(index.post(path, "{\"model\": \"m\", \"tokens\": {}}"), 400, "invalid_value");
        assertProblem(index.post(path, "{\"keys\": [\"12\"]}"), 400, "invalid_value");
        assertProblem(index.post(path, "{\"model\": \"m\", \"tokens\": [1"), 400, "invalid_json");
        assertProblem(index.post(path, "[]"), 400, "invalid_json");
        assertProblem(index.post(path, ""), 400, "invalid_json");
        assertProblem(index.post(path, "application/octet-stream", new byte[5]), 400, "invalid_value");
        assertProblem(index.post(path, "text/plain", new byte[4]), 415, "unsupported_media_type");
        assertProblem(index.post(path, " ".repeat(70_000)), 413, "payload_too_large");
        assertProblem(index.get(path), 405, "method_not_allowed");
        assertProblem(index.get("/v1/else"), 404, "unknown_url");
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(JSON.readTree(response.body()).get("code").asString()).isEqualTo(code);
    }
}
