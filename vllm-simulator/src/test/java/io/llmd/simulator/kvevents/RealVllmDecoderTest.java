package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.DecodedBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventSink;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The decoder reads what vLLM 0.21.0 (arrays) and 0.32.0 (maps) published, recorded with {@code tools/real-vllm}. */
class RealVllmDecoderTest {

    private static final HexFormat HEX = HexFormat.of();
    private static final List<String> ARRAY_FIELDS = List.of(
            "type",
            "block_hashes",
            "parent_block_hash",
            "token_ids",
            "block_size",
            "lora_id",
            "medium",
            "lora_name",
            "extra_keys",
            "group_idx");

    @ParameterizedTest
    @CsvSource({
        "0.21.0, kv-events-sha256-cbor, 33, 3",
        "0.32.0, kv-events-sha256, 6, 2",
        "0.32.0, kv-events-sha256-cbor, 33, 3",
        "0.32.0, kv-events-sha256-cbor-bytes, 6, 2",
        "0.32.0, kv-events-xxhash, 6, 2",
        "0.32.0, kv-events-xxhash-cbor, 6, 2"
    })
    void everyRecordedEventIsDecoded(String version, String file, int batches, int salted) throws IOException {
        KvEventDecoder decoder = new KvEventDecoder();
        Lines decoded = new Lines();
        List<String> expected = new ArrayList<>();
        int decodedBatches = 0;
        for (JsonNode step : KvRecordings.read(version, file).get("steps")) {
            for (JsonNode message : step.get("messages")) {
                byte[] payload = HEX.parseHex(message.get("frames").get(2).asString());
                DecodedBatch batch = decoder.decode(payload, 0, payload.length, decoded);
                JsonNode recorded = message.get("decoded");
                for (JsonNode event : recorded.get(1)) {
                    expected.add(line(event));
                }
                assertThat(batch.isWhole()).isTrue();
                assertThat(batch.dropped()).isZero();
                assertThat(batch.timestampSeconds()).isEqualTo(recorded.get(0).asDouble());
                assertThat(batch.dataParallelRank()).isEqualTo(recorded.get(2).asInt());
                decodedBatches++;
            }
        }
        assertThat(decoded.lines).isEqualTo(expected).isNotEmpty();
        assertThat(decodedBatches).isEqualTo(batches);
        assertThat(decoded.lines)
                .filteredOn(line -> line.contains("[salt]") || line.contains("[pepper]"))
                .hasSize(salted);
    }

    private static String line(JsonNode event) {
        return switch (field(event, "type").asString()) {
            case "BlockStored" ->
                "stored " + ids(field(event, "block_hashes")) + " after " + id(field(event, "parent_block_hash"))
                        + " of "
                        + ints(field(event, "token_ids")) + " by "
                        + field(event, "block_size").asInt() + " for " + text(field(event, "lora_name")) + " in "
                        + StorageTier.ofMedium(text(field(event, "medium"))) + " with " + extras(event);
            case "BlockRemoved" -> {
                JsonNode medium = event.isObject() ? event.get("medium") : event.get(2);
                yield "removed " + ids(field(event, "block_hashes")) + " from " + StorageTier.ofMedium(text(medium));
            }
            default -> "cleared";
        };
    }

    private static JsonNode field(JsonNode event, String name) {
        return event.isObject() ? event.get(name) : event.get(ARRAY_FIELDS.indexOf(name));
    }

    private static String extras(JsonNode event) {
        List<String> blocks = new ArrayList<>();
        for (JsonNode block : field(event, "extra_keys")) {
            List<String> keys = new ArrayList<>();
            block.forEach(key -> keys.add(key.asString()));
            keys.removeIf("adapter"::equals);
            blocks.add(keys.isEmpty() ? "null" : keys.toString());
        }
        return blocks.stream().allMatch("null"::equals) ? "null" : blocks.toString();
    }

    private static String id(JsonNode hash) {
        return hash.isNull()
                ? "none"
                : hash.isObject()
                        ? Long.toUnsignedString(
                                Long.parseUnsignedLong(last16(hash.get("bin").asString()), 16))
                        : hash.asString();
    }

    private static String last16(String hex) {
        return hex.substring(hex.length() - 16);
    }

    private static String ids(JsonNode hashes) {
        List<String> ids = new ArrayList<>();
        hashes.forEach(hash -> ids.add(id(hash)));
        return ids.toString();
    }

    private static String ints(JsonNode numbers) {
        List<Integer> ints = new ArrayList<>();
        numbers.forEach(number -> ints.add(number.asInt()));
        return ints.toString();
    }

    private static String text(JsonNode text) {
        return text.isNull() ? "" : text.asString();
    }

    /** Events as lines. */
    private static final class Lines implements KvEventSink {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void stored(StoredBlocks blocks) {
            List<String> extras = new ArrayList<>();
            for (int i = 0; blocks.extras != null && i < blocks.hashCount; i++) {
                String[] keys = blocks.extras[i];
                extras.add(keys == null ? "null" : Arrays.toString(keys));
            }
            lines.add("stored " + ids(blocks.hashes, blocks.hashCount) + " after "
                    + (blocks.hasParent ? Long.toUnsignedString(blocks.parent) : "none") + " of "
                    + Arrays.toString(Arrays.copyOf(blocks.tokens, blocks.tokenCount)) + " by " + blocks.blockTokens
                    + " for " + (blocks.adapter == null ? "" : blocks.adapter) + " in " + blocks.tier + " with "
                    + (extras.isEmpty() ? "null" : extras));
        }

        @Override
        public void removed(RemovedBlocks blocks) {
            lines.add("removed " + ids(blocks.hashes, blocks.hashCount) + " from " + blocks.tier);
        }

        @Override
        public void cleared() {
            lines.add("cleared");
        }

        private static String ids(long[] hashes, int count) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ids.add(Long.toUnsignedString(hashes[i]));
            }
            return ids.toString();
        }
    }
}
