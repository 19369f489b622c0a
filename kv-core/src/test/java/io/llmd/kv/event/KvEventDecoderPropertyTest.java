package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.RecordingSink.Cleared;
import io.llmd.kv.event.RecordingSink.Removed;
import io.llmd.kv.event.RecordingSink.Stored;
import io.llmd.kv.event.StoredBlocks.GroupKind;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeys;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** What the encoder writes, in every form that it has, comes out again as far as that form holds it. */
class KvEventDecoderPropertyTest {

    private static final Set<String> FULL_KINDS = Set.of("full_attention", "mla_attention", "sink_full_attention");

    private final KvEventDecoder decoder = new KvEventDecoder();

    @Property(tries = 500, seed = "1", edgeCases = EdgeCasesMode.NONE)
    void decoderReadsWhatTheEncoderWrites(
            @ForAll("batches") KvEventBatch batch,
            @ForAll KvEventSchema schema,
            @ForAll KvBatchForm batchForm,
            @ForAll KvHashForm hashForm) {
        byte[] payload = new KvEventEncoder(new KvEventFormat(schema, batchForm, hashForm)).encode(batch);
        RecordingSink sink = new RecordingSink();
        DecodedBatch decoded = decoder.decode(payload, 0, payload.length, sink);
        Integer rank = batchForm == KvBatchForm.ARRAY_WITHOUT_RANK ? null : batch.dataParallelRank();
        assertThat(decoded.isWhole()).isTrue();
        assertThat(decoded.dropped()).isZero();
        assertThat(decoded.timestampSeconds()).isEqualTo(batch.timestampSeconds());
        assertThat(decoded.dataParallelRank()).isEqualTo(rank == null ? -1 : rank);
        assertThat(decoder.rank(payload, 0, payload.length)).isEqualTo(rank == null ? -1 : rank);
        assertThat(sink.events)
                .containsExactlyElementsOf(batch.events().stream()
                        .map(event -> expected(event, schema))
                        .toList());
    }

    private static Object expected(KvEvent event, KvEventSchema schema) {
        return switch (event) {
            case BlockStored stored -> expected(stored, schema);
            case BlockRemoved removed -> expected(removed, schema);
            case AllBlocksCleared cleared -> new Cleared();
        };
    }

    private static Removed expected(BlockRemoved event, KvEventSchema schema) {
        boolean hasMedium = schema.isMap() || schema.removedElements() > 2;
        boolean hasGroup = schema.isMap() || schema.removedElements() > 3;
        return new Removed(
                ids(event.hashes()),
                StorageTier.ofMedium(hasMedium ? event.medium() : null),
                hasGroup ? Objects.requireNonNullElse(event.groupIndex(), 0) : 0,
                null,
                schema.isMap() && "REMOTE".equals(event.origin().locality()));
    }

    private static Stored expected(BlockStored event, KvEventSchema schema) {
        int elements = schema.isMap() ? Integer.MAX_VALUE : schema.storedElements();
        CacheGroup group = elements > 9 ? event.group() : null;
        String kind = group == null || elements <= 10 ? null : group.specKind();
        Integer window = group == null || elements <= 10 ? null : group.slidingWindowTokens();
        BlockHash parent = event.parent();
        String medium = elements > 6 ? event.medium() : null;
        String adapter = adapter(event.adapter(), elements > 7);
        return new Stored(
                ids(event.hashes()),
                parent == null ? null : parent.id(),
                IntStream.of(event.tokens().toArray()).boxed().toList(),
                event.blockTokens(),
                adapter,
                StorageTier.ofMedium(medium),
                StorageTier.isKnownMedium(medium),
                elements > 8 ? extras(event, adapter) : null,
                group == null ? 0 : group.index(),
                kind == null ? GroupKind.FULL : groupKind(kind),
                window == null ? 0 : window,
                schema.isMap() && "REMOTE".equals(event.origin().locality()),
                false);
    }

    private static @Nullable String adapter(@Nullable LoraAdapter adapter, boolean hasName) {
        if (adapter == null) {
            return null;
        }
        if (hasName && adapter.name() != null) {
            return adapter.name();
        }
        return adapter.id() == null ? null : "lora_id:" + adapter.id();
    }

    private static @Nullable List<List<String>> extras(BlockStored event, @Nullable String adapter) {
        List<List<String>> extras = new ArrayList<>();
        for (ExtraKeys block : event.extraKeys()) {
            List<String> keys = new ArrayList<>(
                    block.keys().stream().map(KvEventDecoderPropertyTest::text).toList());
            if (!keys.isEmpty() && keys.getFirst().equals(adapter)) {
                keys.removeFirst();
            }
            extras.add(keys);
        }
        return extras.stream().allMatch(List::isEmpty) ? null : extras;
    }

    private static String text(ExtraKey key) {
        return switch (key) {
            case ExtraKey.Adapter adapter -> adapter.name();
            case ExtraKey.MediaIdentifier media -> media.identifier();
            case ExtraKey.MediaItem media -> media.identifier();
            case ExtraKey.CacheSalt salt -> salt.salt();
            case ExtraKey.PromptEmbedding embedding -> HexFormat.of().formatHex(embedding.digest());
        };
    }

    private static List<Long> ids(BlockHashes hashes) {
        return IntStream.range(0, hashes.size()).mapToObj(hashes::id).toList();
    }

    @Provide
    Arbitrary<KvEventBatch> batches() {
        Arbitrary<CopyOrigin> origins = Arbitraries.of("LOCAL", "REMOTE", "elsewhere")
                .injectNull(0.5)
                .map(locality -> new CopyOrigin(locality, "owner", "session"));
        Arbitrary<KvEvent> removed = Combinators.combine(
                        hashes(1),
                        media().injectNull(0.2),
                        Arbitraries.integers().between(0, 9).injectNull(0.3),
                        origins)
                .as(BlockRemoved::new);
        Arbitrary<KvEvent> events = Arbitraries.oneOf(
                stored(origins).map(event -> event), removed, Arbitraries.just(new AllBlocksCleared()));
        return Combinators.combine(
                        Arbitraries.doubles().between(0, 2e9),
                        events.list().ofMaxSize(8),
                        Arbitraries.integers().between(0, 70_000).injectNull(0.2))
                .as(KvEventBatch::new);
    }

    private static Arbitrary<BlockHashes> hashes(int least) {
        return Arbitraries.longs()
                .filter(id -> id != 0 && id != Long.MAX_VALUE)
                .array(long[].class)
                .uniqueElements()
                .ofMinSize(least)
                .ofMaxSize(12)
                .map(BlockHashes::ofIds);
    }

    private static Arbitrary<String> media() {
        return Arbitraries.of("GPU", "cpu", "CPU_TIER2", "STORAGE", "FS", "tape", "", "x".repeat(300));
    }

    private static Arbitrary<BlockStored> stored(Arbitrary<CopyOrigin> origins) {
        Arbitrary<String> names = Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(40);
        Arbitrary<LoraAdapter> adapters = Combinators.combine(
                        Arbitraries.integers().between(1, Integer.MAX_VALUE).injectNull(0.2), names.injectNull(0.2))
                .filter((id, name) -> id != null || name != null)
                .as(LoraAdapter::new);
        Arbitrary<CacheGroup> groups = Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.of("full_attention", "mla_attention", "mamba", "sliding_window")
                                .injectNull(0.3),
                        Arbitraries.integers().greaterOrEqual(0).injectNull(0.5))
                .as(CacheGroup::new);
        Arbitrary<BlockStored> plain = Combinators.combine(
                        hashes(1),
                        Arbitraries.of(Long.MAX_VALUE).map(BlockHash::ofId).injectNull(0.5),
                        Arbitraries.of(1, 4, 16))
                .flatAs((hashes, parent, blockTokens) -> Arbitraries.integers()
                        .greaterOrEqual(0)
                        .array(int[].class)
                        .ofSize(hashes.size() * blockTokens)
                        .map(tokens -> BlockStored.of(hashes, parent, TokenIds.of(tokens), blockTokens)));
        Arbitrary<BlockStored> hashOnly = hashes(1).map(hashes -> BlockStored.of(hashes, null, TokenIds.none(), 0));
        Arbitrary<List<ExtraKeys>> keys = extraKey(names)
                .list()
                .ofMaxSize(3)
                .map(ExtraKeys::new)
                .list()
                .ofSize(12)
                .injectNull(0.3);
        return Combinators.combine(
                        Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(4, plain), net.jqwik.api.Tuple.of(1, hashOnly)),
                        adapters.injectNull(0.5),
                        media().injectNull(0.2),
                        keys,
                        groups.injectNull(0.3),
                        origins)
                .as((event, adapter, medium, extraKeys, group, origin) -> event.withAdapter(adapter)
                        .withMedium(medium)
                        .withExtraKeys(
                                extraKeys == null
                                        ? List.of()
                                        : extraKeys.subList(0, event.hashes().size()))
                        .withGroup(group)
                        .withOrigin(origin));
    }

    private static Arbitrary<ExtraKey> extraKey(Arbitrary<String> names) {
        return Arbitraries.oneOf(
                names.map(name -> new ExtraKey.Adapter(name, "path")),
                names.map(ExtraKey.CacheSalt::new),
                names.map(ExtraKey.MediaIdentifier::new),
                Combinators.combine(names, Arbitraries.integers()).as(ExtraKey.MediaItem::new),
                Arbitraries.bytes().array(byte[].class).ofSize(32).map(ExtraKey.PromptEmbedding::new));
    }

    private static GroupKind groupKind(String kind) {
        return switch (kind) {
            case "full_attention", "mla_attention", "sink_full_attention" -> GroupKind.FULL;
            case "sliding_window", "sliding_window_mla" -> GroupKind.SLIDING_WINDOW;
            case "chunked_local_attention" -> GroupKind.CHUNKED;
            case "mamba" -> GroupKind.STATE;
            default -> GroupKind.OTHER;
        };
    }
}
