package io.llmd.kvindex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.KafkaBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Owners and replicas over a real broker. */
class KafkaIndexIT {

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static KafkaBroker broker;

    @BeforeAll
    static void start() {
        broker = KafkaBroker.start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RunningIndex owner(String pool, FakeEngine... engines) {
        List<String> settings = settings(pool, "owner");
        for (int i = 0; i < engines.length; i++) {
            settings.add("--kv-index.sources[" + i + "].endpoint=e" + i);
            settings.add("--kv-index.sources[" + i + "].address=127.0.0.1:" + engines[i].port());
            settings.add("--kv-index.sources[" + i + "].replay-address=127.0.0.1:" + engines[i].replayPort());
        }
        return new RunningIndex(settings.toArray(String[]::new));
    }

    private static RunningIndex replica(String pool) {
        return new RunningIndex(settings(pool, "replica").toArray(String[]::new));
    }

    private static List<String> settings(String pool, String roles) {
        return new ArrayList<>(List.of(
                "--kv-index.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                "--kv-index.kafka.roles=" + roles,
                "--kv-index.kafka.snapshot-interval=1s",
                "--kv-index.pool=" + pool));
    }

    private static void awaitTruth(RunningIndex index, String endpoint, FakeEngine engine) {
        engine.truth()
                .forEach((key, isHeld) -> await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(index.holders(key))
                                .as("block %016x", key)
                                .isEqualTo(isHeld ? endpoint + ":1" : "")));
    }

    @Test
    void whatAnEngineTellsIsVisibleInReplicasAndSurvivesItsOwner() {
        try (FakeEngine engine = new FakeEngine();
                RunningIndex replica = replica("restart")) {
            engine.store(null, 1, 11, 12, 13, 14);
            try (RunningIndex first = owner("restart", engine)) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(replica.query(16)).isEqualTo("e0:4"));
                await().atMost(PATIENCE).until(() -> replica.readiness() == 200);
                engine.store(14L, 17, 15, 16);
                engine.remove(16);
                awaitTruth(replica, "e0", engine);
                await().atMost(PATIENCE)
                        .until(() -> first.meters().contains("kvindex_snapshots_total{outcome=\"written\"}")
                                && replica.source("e0").get("state").asString().equals("exact"));
                assertThat(first.post("/v1/prefix-matches", "{\"keys\": []}").statusCode())
                        .isEqualTo(503);
            }
            // Nobody listens: the engine forgets blocks that only the former owner saw stored, and learns others.
            engine.remove(14, 15);
            engine.store(13L, 301, 17);
            try (RunningIndex second = owner("restart", engine)) {
                awaitTruth(replica, "e0", engine);
                assertThat(second.source("e0").at("/counters/unknownRemovals").asInt())
                        .isZero();
                assertThat(second.source("e0").at("/counters/replayedBatches").asInt())
                        .isBetween(1, 5);
                try (RunningIndex late = replica("restart")) {
                    await().atMost(PATIENCE).until(() -> late.readiness() == 200);
                    awaitTruth(late, "e0", engine);
                }
                engine.remove(11, 12, 13, 17);
                awaitTruth(replica, "e0", engine);
                assertThat(replica.query(16)).isEmpty();
            }
        }
    }

    @Test
    void poisonStaysWithItsLaneAndClearingStartsALaneAnew() {
        try (FakeEngine good = new FakeEngine();
                FakeEngine bad = new FakeEngine()) {
            List<String> settings = settings("poison", "owner,replica");
            FakeEngine[] engines = {good, bad};
            for (int i = 0; i < engines.length; i++) {
                settings.add("--kv-index.sources[" + i + "].endpoint=e" + i);
                settings.add("--kv-index.sources[" + i + "].address=127.0.0.1:" + engines[i].port());
                settings.add("--kv-index.sources[" + i + "].replay-address=127.0.0.1:" + engines[i].replayPort());
            }
            try (RunningIndex index = new RunningIndex(settings.toArray(String[]::new))) {
                good.store(null, 1, 11, 12);
                bad.publish(new byte[] {(byte) 0xc1, 1, 2, 3});
                bad.babble();
                bad.store(null, 101, 21);
                awaitTruth(index, "e0", good);
                awaitTruth(index, "e1", bad);
                await().atMost(PATIENCE)
                        .until(() ->
                                index.source("e1").at("/drops/malformed_batch").asInt() == 1);

                assertThat(index.post("/v1/clear?endpoint=e0", "").body()).isEqualTo("{\"cleared\":1}");
                await().atMost(PATIENCE)
                        .until(() -> index.source("e0").get("epoch").asInt() == 1);
                awaitTruth(index, "e0", good);
                awaitTruth(index, "e1", bad);
            }
        }
    }
}
