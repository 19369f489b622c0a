package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** A MessagePack library reads back what was encoded. */
class KvEventEncoderPropertyTest {

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
            "group_idx",
            "kv_cache_spec_kind",
            "kv_cache_spec_sliding_window");
    private static final List<String> ALWAYS_IN_MAP = List.of(
            "type", "block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id", "medium", "lora_name");

    @Property(tries = 500, seed = "1")
    void arrayFormHoldsEveryFieldAtItsPlace(
            @ForAll("stored") BlockStored event, @ForAll("arraySchemas") KvEventSchema schema) throws IOException {
        List<Value> elements = only(event, KvEventFormat.ARRAY.withSchema(schema))
                .asArrayValue()
                .list();
        Map<String, Value> expected = fields(event);
        List<Value> values = ARRAY_FIELDS.subList(0, elements.size()).stream()
                .map(name -> expected.getOrDefault(name, ValueFactory.newNil()))
                .toList();
        assertThat(elements).isEqualTo(values);
    }

    @Property(tries = 500, seed = "2")
    void mapFormHoldsEveryFieldThatIsPresent(
            @ForAll("stored") BlockStored event, @ForAll("mapSchemas") KvEventSchema schema) throws IOException {
        Map<Value, Value> expected = new HashMap<>();
        fields(event).forEach((name, value) -> {
            if (!value.isNilValue() || ALWAYS_IN_MAP.contains(name)) {
                expected.put(ValueFactory.newString(name), value);
            }
        });
        assertThat(only(event, KvEventFormat.MAP.withSchema(schema))
                        .asMapValue()
                        .map())
                .isEqualTo(expected);
    }

    @Property(tries = 300, seed = "3")
    void hashFormChangesTheHashesOnly(@ForAll("hashes") BlockHashes hashes) throws IOException {
        BlockRemoved event = BlockRemoved.of(hashes);
        List<Value> unsigned = removedHashes(event, KvHashForm.UNSIGNED);
        List<Value> signed = removedHashes(event, KvHashForm.SIGNED);
        List<Value> digests = removedHashes(event, KvHashForm.DIGEST);
        for (int i = 0; i < hashes.size(); i++) {
            assertThat(unsigned.get(i).asIntegerValue().asBigInteger()).isNotNegative();
            assertThat(unsigned.get(i).asIntegerValue().asBigInteger().longValue())
                    .isEqualTo(hashes.id(i));
            assertThat(signed.get(i).asIntegerValue().asLong()).isEqualTo(hashes.id(i));
            assertThat(digests.get(i).asBinaryValue().asByteArray())
                    .isEqualTo(hashes.get(i).digest());
        }
    }

    @Property(tries = 300, seed = "4")
    void batchHoldsItsEventsInOrder(@ForAll("batches") KvEventBatch batch, @ForAll KvBatchForm form)
            throws IOException {
        Value value = decode(new KvEventEncoder(KvEventFormat.MAP.withBatchForm(form)).encode(batch));
        Value events;
        Value seconds;
        if (form == KvBatchForm.MAP) {
            Map<Value, Value> map = value.asMapValue().map();
            events = map.get(ValueFactory.newString("events"));
            seconds = map.get(ValueFactory.newString("ts"));
        } else {
            events = value.asArrayValue().get(1);
            seconds = value.asArrayValue().get(0);
        }
        assertThat(seconds.asFloatValue().toDouble()).isEqualTo(batch.timestampSeconds());
        assertThat(events.asArrayValue().list().stream().map(KvEventEncoderPropertyTest::type))
                .containsExactlyElementsOf(batch.events().stream()
                        .map(event -> event.getClass().getSimpleName())
                        .toList());
    }

    private static String type(Value event) {
        return event.asMapValue()
                .map()
                .get(ValueFactory.newString("type"))
                .asStringValue()
                .asString();
    }

    private static List<Value> removedHashes(BlockRemoved event, KvHashForm form) throws IOException {
        return only(event, KvEventFormat.ARRAY.withHashForm(form))
                .asArrayValue()
                .get(1)
                .asArrayValue()
                .list();
    }

    private static Value only(KvEvent event, KvEventFormat format) throws IOException {
        byte[] bytes = new KvEventEncoder(format).encode(new KvEventBatch(1.5, List.of(event), 0));
        return decode(bytes).asArrayValue().get(1).asArrayValue().get(0);
    }

    private static Value decode(byte[] bytes) throws IOException {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(bytes)) {
            Value value = unpacker.unpackValue();
            assertThat(unpacker.hasNext()).isFalse();
            return value;
        }
    }

    private static Map<String, Value> fields(BlockStored event) {
        Map<String, Value> fields = new HashMap<>();
        List<Value> hashes = new ArrayList<>();
        for (int i = 0; i < event.hashes().size(); i++) {
            hashes.add(unsigned(event.hashes().get(i)));
        }
        List<Value> tokens = new ArrayList<>();
        for (int token : event.tokens().toArray()) {
            tokens.add(ValueFactory.newInteger(token));
        }
        fields.put("type", ValueFactory.newString("BlockStored"));
        fields.put("block_hashes", ValueFactory.newArray(hashes));
        fields.put("parent_block_hash", event.parent() == null ? ValueFactory.newNil() : unsigned(event.parent()));
        fields.put("token_ids", ValueFactory.newArray(tokens));
        fields.put("block_size", ValueFactory.newInteger(event.blockTokens()));
        LoraAdapter adapter = event.adapter();
        fields.put("lora_id", integer(adapter == null ? null : adapter.id()));
        fields.put("lora_name", text(adapter == null ? null : adapter.name()));
        fields.put("medium", text(event.medium()));
        fields.put("extra_keys", extraKeys(event.extraKeys()));
        CacheGroup group = event.group();
        fields.put("group_idx", integer(group == null ? null : group.index()));
        fields.put("kv_cache_spec_kind", text(group == null ? null : group.specKind()));
        fields.put("kv_cache_spec_sliding_window", integer(group == null ? null : group.slidingWindowTokens()));
        fields.put("locality", text(event.origin().locality()));
        fields.put("ownership", text(event.origin().ownership()));
        fields.put("session_id", text(event.origin().sessionId()));
        return fields;
    }

    private static Value extraKeys(List<ExtraKeys> blocks) {
        if (blocks.isEmpty()) {
            return ValueFactory.newNil();
        }
        return ValueFactory.newArray(blocks.stream()
                .map(block -> block.isEmpty()
                        ? ValueFactory.newNil()
                        : ValueFactory.newArray(block.keys().stream()
                                .map(KvEventEncoderPropertyTest::extraKey)
                                .toList()))
                .toList());
    }

    private static Value extraKey(ExtraKey key) {
        return switch (key) {
            case ExtraKey.Adapter adapter -> text(adapter.name());
            case ExtraKey.MediaIdentifier media -> text(media.identifier());
            case ExtraKey.MediaItem media ->
                ValueFactory.newArray(text(media.identifier()), ValueFactory.newInteger(media.offset()));
            case ExtraKey.CacheSalt salt -> text(salt.salt());
            case ExtraKey.PromptEmbedding embedding -> ValueFactory.newBinary(embedding.digest());
        };
    }

    private static Value unsigned(BlockHash hash) {
        return ValueFactory.newInteger(new java.math.BigInteger(Long.toUnsignedString(hash.id())));
    }

    private static Value integer(@Nullable Integer value) {
        return value == null ? ValueFactory.newNil() : ValueFactory.newInteger(value);
    }

    private static Value text(@Nullable String value) {
        return value == null ? ValueFactory.newNil() : ValueFactory.newString(value);
    }

    @Provide
    Arbitrary<KvEventSchema> arraySchemas() {
        return Arbitraries.of(KvEventSchema.class).filter(schema -> !schema.isMap());
    }

    @Provide
    Arbitrary<KvEventSchema> mapSchemas() {
        return Arbitraries.of(KvEventSchema.class).filter(KvEventSchema::isMap);
    }

    @Provide
    Arbitrary<BlockHashes> hashes() {
        return Arbitraries.longs().array(long[].class).ofMaxSize(40).map(BlockHashes::ofIds);
    }

    @Provide
    Arbitrary<KvEventBatch> batches() {
        Arbitrary<KvEvent> events = Arbitraries.oneOf(
                stored().map(event -> event), hashes().map(BlockRemoved::of), Arbitraries.just(new AllBlocksCleared()));
        Arbitrary<Integer> ranks = Arbitraries.integers().between(0, 300).injectNull(0.2);
        return Combinators.combine(
                        Arbitraries.doubles().between(0, 2e9), events.list().ofMaxSize(20), ranks)
                .as(KvEventBatch::new);
    }

    @Provide
    Arbitrary<BlockStored> stored() {
        Arbitrary<String> texts = Arbitraries.strings().ofMaxLength(300).filter(KvEventEncoderPropertyTest::isText);
        Arbitrary<TokenIds> tokens = Arbitraries.integers()
                .greaterOrEqual(0)
                .array(int[].class)
                .ofMaxSize(100)
                .map(TokenIds::of);
        Arbitrary<LoraAdapter> adapters = Combinators.combine(
                        Arbitraries.integers().greaterOrEqual(0), texts.injectNull(0.2))
                .as(LoraAdapter::new);
        Arbitrary<CacheGroup> groups = Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        texts.injectNull(0.3),
                        Arbitraries.integers().greaterOrEqual(0).injectNull(0.5))
                .as(CacheGroup::new);
        Arbitrary<CopyOrigin> origins = Combinators.combine(
                        texts.injectNull(0.7), texts.injectNull(0.7), texts.injectNull(0.7))
                .as(CopyOrigin::new);
        Arbitrary<BlockStored> plain = Combinators.combine(
                        hashes(),
                        Arbitraries.longs().map(BlockHash::ofId).injectNull(0.3),
                        tokens,
                        Arbitraries.integers().greaterOrEqual(0))
                .as(BlockStored::of);
        Arbitrary<ExtraKeys> blockKeys = extraKey(texts).list().ofMaxSize(3).map(ExtraKeys::new);
        Arbitrary<List<ExtraKeys>> keys = blockKeys.list().ofSize(40).injectNull(0.3);
        return Combinators.combine(
                        plain, adapters.injectNull(0.5), texts.injectNull(0.2), keys, groups.injectNull(0.3), origins)
                .as((event, adapter, medium, extraKeys, group, origin) -> event.withAdapter(adapter)
                        .withMedium(medium)
                        .withExtraKeys(
                                extraKeys == null
                                        ? List.of()
                                        : extraKeys.subList(0, event.hashes().size()))
                        .withGroup(group)
                        .withOrigin(origin));
    }

    private static Arbitrary<ExtraKey> extraKey(Arbitrary<String> texts) {
        return Arbitraries.oneOf(
                texts.map(name -> new ExtraKey.Adapter(name, "path")),
                texts.map(ExtraKey.CacheSalt::new),
                texts.map(ExtraKey.MediaIdentifier::new),
                Combinators.combine(texts, Arbitraries.integers()).as(ExtraKey.MediaItem::new),
                Arbitraries.bytes().array(byte[].class).ofSize(32).map(ExtraKey.PromptEmbedding::new));
    }

    private static boolean isText(String text) {
        return java.nio.charset.StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
