package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.key.KeyMode;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

/** Storage that endpoints share: known through what it publishes, and worth something to those that reach it. */
class DirectSourceTest {

    /** Blocks of tokens 1 to 4 and 5 to 8 in a GPU. */
    private static final String TWO_BLOCKS = "93cb41d954fc4020000091" + "97ab426c6f636b53746f726564"
            + "92cf1e0b2e028ef071cbcfefad121d154ab2d6c0" + "98010203040506070804c0a347505500";

    /** The first one again, wrapped as llm-d's storage publisher does: hash only, parent 0. */
    private static final String STORED =
            "92cb41d954fc4140000091c42a97ab426c6f636b53746f72656491cf1e0b2e028ef071cb009000c0"
                    + "ae5348415245445f53544f52414745";

    /** The second one. */
    private static final String STORED_NEXT =
            "92cb41d954fc4140000091c42a97ab426c6f636b53746f72656491cfefad121d154ab2d6009000c0"
                    + "ae5348415245445f53544f52414745";

    private static final String TOKENS_KEY = "545d26412a51d38e";
    private static final String NEXT_KEY = "906da2cfdbcd5134";
    private static final long[][] PROMPT = {
        {Long.parseUnsignedLong(TOKENS_KEY, 16), Long.parseUnsignedLong(NEXT_KEY, 16)}
    };

    /** Row 48. */
    @Test
    @Tag("kv-index-48")
    void aStorageCountsBehindWhatEndpointsHoldThatReachIt() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket engine = context.socket(SocketType.PUB);
                ZMQ.Socket storage = context.socket(SocketType.PUB)) {
            int port = engine.bindToRandomPort("tcp://127.0.0.1");
            EndpointMetadata holding = endpoint("a", Map.of(EngineEvents.EVENT_PORT_LABEL, "" + port, "site", "x"));
            EndpointMetadata reaching = endpoint("c", Map.of("site", "x"));
            EndpointMetadata apart = endpoint("d", Map.of("site", "y"));
            ZmqAddress address = new ZmqAddress("127.0.0.1", storage.bindToRandomPort("tcp://127.0.0.1"));
            EngineEvents events = new EngineEvents(KeyMode.XXH64, "", "m", 4, true, 8 << 20, "kv@", 0, 0, Map.of(), "");
            KvIndexSource.Storage shared = new KvIndexSource.Storage("nfs", address, null, Map.of("site", "x"));
            try (DirectSource source =
                    new DirectSource(events, new KvIndexSource.Engines(List.of(shared)), System::nanoTime)) {
                Candidates candidates = Candidates.of(seen(holding), seen(reaching), seen(apart));
                source.follow(holding);
                source.follow(reaching);
                source.follow(apart);
                await("the engine is known").pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
                    publish(engine, "kv@127.0.0.1:8000@m", 0, TWO_BLOCKS);
                    assertThat(held(source, candidates).blocks(0)).isEqualTo(2);
                });
                assertThat(held(source, candidates).blocks(1)).isZero();

                await("the storage is known")
                        .pollInterval(Duration.ofMillis(50))
                        .untilAsserted(() -> {
                            publish(storage, "kv@SHARED_STORAGE@m", 1, STORED);
                            assertThat(held(source, candidates).blocks(1)).isEqualTo(1);
                        });
                HeldBlocks held = held(source, candidates);
                assertThat(held.blocks(1, StorageTier.STORAGE)).isEqualTo(1);
                assertThat(held.blocks(2)).as("without reach").isZero();
                assertThat(held.blocks(0))
                        .as("nothing beyond what it has itself")
                        .isEqualTo(2);
                assertThat(held.blocks(0, StorageTier.STORAGE)).isZero();
                assertThat(source.views()).containsOnlyKeys("ns/a");

                publish(storage, "kv@SHARED_STORAGE@m", 2, STORED_NEXT);
                await().untilAsserted(() ->
                        assertThat(held(source, candidates).blocks(1)).isEqualTo(2));
            }
        }
    }

    private static HeldBlocks held(PrefixSource source, Candidates candidates) {
        return ((IndexAnswer.Held) source.match(PROMPT, candidates).join())
                .prompts()
                .getFirst();
    }

    private static void publish(ZMQ.Socket publisher, String topic, long sequence, String hex) {
        publisher.sendMore(topic);
        publisher.sendMore(ByteBuffer.allocate(8).putLong(sequence).array());
        publisher.send(HexFormat.of().parseHex(hex));
    }

    private static EndpointMetadata endpoint(String name, Map<String, String> labels) {
        return new EndpointMetadata("ns/" + name, name, "127.0.0.1", 8000, 8000, labels, 0);
    }

    private static Endpoint seen(EndpointMetadata metadata) {
        return new Endpoint(metadata, EndpointMetrics.UNKNOWN, EndpointAttributes.NONE, false);
    }
}
