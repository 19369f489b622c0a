package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.CacheGroup;
import io.llmd.kv.event.CopyOrigin;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.KvHashForm;
import io.llmd.kv.event.LoraAdapter;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.BlockHasher;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeyForm;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.hash.HashDomain;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What vLLM 0.32.0 published, recorded with {@code tools/real-vllm}; its hash seed was "0". */
class RealVllmKvEventsTest {

    private static final String VERSION = "0.32.0";
    private static final HexFormat HEX = HexFormat.of();

    @ParameterizedTest
    @CsvSource({
        "kv-events-sha256, UNSIGNED, 6",
        "kv-events-sha256-cbor, UNSIGNED, 33",
        "kv-events-sha256-cbor-bytes, DIGEST, 6",
        "kv-events-xxhash, UNSIGNED, 6",
        "kv-events-xxhash-cbor, UNSIGNED, 6"
    })
    void payloadsAreEqualToTheByte(String file, KvHashForm hashForm, int batches) throws IOException {
        KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.MAP.withHashForm(hashForm));
        List<String> recorded = new ArrayList<>();
        List<String> encoded = new ArrayList<>();
        for (JsonNode step : KvRecordings.read(VERSION, file).get("steps")) {
            for (JsonNode message : step.get("messages")) {
                recorded.add(message.get("frames").get(2).asString());
                encoded.add(HEX.formatHex(encoder.encode(batch(message.get("decoded")))));
            }
        }
        assertThat(encoded).isEqualTo(recorded).hasSize(batches);
    }

    /** Without the blocks of adapters: their hash holds the path of the adapter, which the recording leaves out. */
    @ParameterizedTest
    @CsvSource({
        "kv-events-sha256, sha256, 10",
        "kv-events-sha256-cbor, sha256_cbor, 146",
        "kv-events-sha256-cbor-bytes, sha256_cbor, 10",
        "kv-events-xxhash, xxhash, 10",
        "kv-events-xxhash-cbor, xxhash_cbor, 10"
    })
    void hashesAreThoseOfTheTokens(String file, String algorithm, int blocks) throws IOException {
        Chain chain = new Chain(
                HashDomain.seeded(BlockHashAlgorithm.of(algorithm), "0").withExtraKeyForm(ExtraKeyForm.TAGGED));
        int compared = 0;
        for (JsonNode step : KvRecordings.read(VERSION, file).get("steps")) {
            for (JsonNode message : step.get("messages")) {
                for (KvEvent event : batch(message.get("decoded")).events()) {
                    if (event instanceof KvEvent.BlockStored stored && stored.adapter() == null) {
                        assertThat(ids(chain.hash(stored))).isEqualTo(ids(stored.hashes()));
                        compared += stored.hashes().size();
                    }
                }
            }
        }
        assertThat(compared).isEqualTo(blocks);
    }

    /** Knows the digest behind each id that it has seen. */
    private static final class Chain {
        private final BlockHasher hasher;
        private final Map<Long, byte[]> digests = new HashMap<>();

        Chain(HashDomain domain) {
            hasher = domain.newHasher();
        }

        BlockHashes hash(KvEvent.BlockStored event) {
            int blockTokens = event.blockTokens();
            int[] tokens = event.tokens().toArray();
            int length = hasher.digestBytes();
            byte[] all = new byte[event.hashes().size() * length];
            BlockHash parent = event.parent();
            byte[] digest = parent == null ? null : Objects.requireNonNull(digests.get(parent.id()));
            for (int i = 0; i < event.hashes().size(); i++) {
                byte[] next = new byte[length];
                ExtraKeys keys = event.extraKeys().get(i);
                if (digest == null) {
                    hasher.first(tokens, i * blockTokens, blockTokens, keys, next, 0);
                } else {
                    hasher.next(digest, 0, tokens, i * blockTokens, blockTokens, keys, next, 0);
                }
                System.arraycopy(next, 0, all, i * length, length);
                digests.put(BlockHash.id(next, 0, length), next);
                digest = next;
            }
            return BlockHashes.ofDigests(length, all, 0, event.hashes().size());
        }
    }

    private static List<Long> ids(BlockHashes hashes) {
        return IntStream.range(0, hashes.size()).mapToObj(hashes::id).toList();
    }

    private static KvEventBatch batch(JsonNode decoded) {
        List<KvEvent> events = new ArrayList<>();
        for (JsonNode event : decoded.get(1)) {
            events.add(event(event));
        }
        return new KvEventBatch(
                decoded.get(0).asDouble(), events, decoded.get(2).asInt());
    }

    private static KvEvent event(JsonNode event) {
        return switch (event.get("type").asString()) {
            case "BlockStored" -> stored(event);
            case "BlockRemoved" ->
                KvEvent.BlockRemoved.of(hashes(event.get("block_hashes")))
                        .withMedium(text(event.get("medium")))
                        .withGroupIndex(event.get("group_idx").asInt());
            case "AllBlocksCleared" -> new KvEvent.AllBlocksCleared();
            default -> throw new IllegalArgumentException(event.get("type").asString());
        };
    }

    private static KvEvent stored(JsonNode event) {
        JsonNode parent = event.get("parent_block_hash");
        int[] tokens = StreamSupport.stream(event.get("token_ids").spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
        List<ExtraKeys> extraKeys = new ArrayList<>();
        for (JsonNode block : event.get("extra_keys")) {
            extraKeys.add(extraKeys(block));
        }
        String adapter = text(event.get("lora_name"));
        return KvEvent.BlockStored.of(
                        hashes(event.get("block_hashes")),
                        parent.isNull() ? null : hash(parent),
                        TokenIds.of(tokens),
                        event.get("block_size").asInt())
                .withAdapter(
                        adapter == null
                                ? null
                                : new LoraAdapter(event.get("lora_id").asInt(), adapter))
                .withMedium(text(event.get("medium")))
                .withExtraKeys(extraKeys)
                .withGroup(new CacheGroup(event.get("group_idx").asInt(), text(event.get("kv_cache_spec_kind")), null))
                .withOrigin(new CopyOrigin(null, null, text(event.get("session_id"))));
    }

    /** Every key of the recording is text; without adapter it is the salt. */
    private static ExtraKeys extraKeys(JsonNode block) {
        List<ExtraKey> keys = new ArrayList<>();
        for (JsonNode key : block) {
            keys.add(new ExtraKey.CacheSalt(key.asString()));
        }
        return new ExtraKeys(keys);
    }

    private static BlockHashes hashes(JsonNode array) {
        List<BlockHash> hashes = new ArrayList<>();
        for (JsonNode hash : array) {
            hashes.add(hash(hash));
        }
        int length = hashes.get(0).digest().length;
        byte[] all = new byte[hashes.size() * length];
        for (int i = 0; i < hashes.size(); i++) {
            System.arraycopy(hashes.get(i).digest(), 0, all, i * length, length);
        }
        return BlockHashes.ofDigests(length, all, 0, hashes.size());
    }

    private static BlockHash hash(JsonNode hash) {
        if (hash.isObject()) {
            byte[] digest = HEX.parseHex(hash.get("bin").asString());
            return BlockHash.of(digest, 0, digest.length);
        }
        return BlockHash.ofId(Long.parseUnsignedLong(hash.asString()));
    }

    private static @Nullable String text(@Nullable JsonNode value) {
        return value == null || value.isNull() ? null : value.asString();
    }
}
