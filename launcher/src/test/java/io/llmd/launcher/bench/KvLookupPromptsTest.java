package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneState;
import io.llmd.launcher.Captured;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KvLookupPromptsTest {

    private static final int ENDPOINTS = 2;

    private final KvLookupPrompts prompts = new KvLookupPrompts(ENDPOINTS);
    private final KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);

    @Test
    void allEndpointsHoldTheSystemPromptAndOneTheQuestion() {
        IndexLane[] lanes = new IndexLane[ENDPOINTS];
        for (int i = 0; i < ENDPOINTS; i++) {
            lanes[i] = index.addLane("pod-" + i, 0);
            LaneState state = new LaneState(LaneSettings.of(hasher, "m", KvLookupPrompts.BLOCK_TOKENS), lanes[i]);
            LaneReader reader = new LaneReader(new KvEventDecoder(), state, lanes[i], () -> 0, any -> {});
            KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.ARRAY);
            prompts.events(i).stream()
                    .map(event -> encoder.encode(new KvEventBatch(1, List.of(event), 0)))
                    .forEach(batch -> reader.batch(0, batch, 0, batch.length));
        }

        assertThat(index.blocks()).isEqualTo(prompts.blocks());
        assertThat(index.memberships()).isEqualTo((long) ENDPOINTS * ENDPOINTS * KvLookupPrompts.BLOCKS);
        PrefixLookup lookup = new PrefixLookup();
        long[] keys = keys(tokens(prompts.bytes(0)));
        index.match(keys, keys.length, lookup);
        assertThat(lookup.blocks(lookup.place(lanes[0]))).isEqualTo(KvLookupPrompts.BLOCKS);
        assertThat(lookup.blocks(lookup.place(lanes[1]))).isEqualTo(5_938);
    }

    @Test
    void bothFormsSayTheSame() {
        JsonNode json = JsonMapper.shared().readTree(prompts.json(3));
        assertThat(json.get("model").asString()).isEqualTo(KvLookupPrompts.MODEL);
        assertThat(StreamSupport.stream(json.get("tokens").spliterator(), false)
                        .mapToInt(JsonNode::asInt)
                        .toArray())
                .isEqualTo(tokens(prompts.bytes(3)))
                .hasSize(KvLookupPrompts.TOKENS);
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        Captured captured = new Captured();
        assertThat(captured.run("bench", "kv-lookup", "--pods=11")).isEqualTo(2);
        assertThat(captured.err()).contains("pods: 11 (expected:");
    }

    private long[] keys(int[] tokens) {
        long[] keys = new long[KvLookupPrompts.BLOCKS];
        hasher.chain(hasher.root("m"), tokens, 0, keys.length, KvLookupPrompts.BLOCK_TOKENS, keys, 0);
        return keys;
    }

    private static int[] tokens(byte[] bytes) {
        int[] tokens = new int[bytes.length / Integer.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens);
        return tokens;
    }
}
