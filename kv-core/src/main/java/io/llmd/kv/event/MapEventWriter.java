package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackWriter;
import org.jspecify.annotations.Nullable;

/** An event as a map with its type name first; optional fields that are absent are left out. */
final class MapEventWriter implements EventWriter {

    private static final byte[] TYPE = MessagePackWriter.encode("type");
    private static final byte[] BLOCK_HASHES = MessagePackWriter.encode("block_hashes");
    private static final byte[] PARENT_BLOCK_HASH = MessagePackWriter.encode("parent_block_hash");
    private static final byte[] TOKEN_IDS = MessagePackWriter.encode("token_ids");
    private static final byte[] BLOCK_SIZE = MessagePackWriter.encode("block_size");
    private static final byte[] LORA_ID = MessagePackWriter.encode("lora_id");
    private static final byte[] MEDIUM = MessagePackWriter.encode("medium");
    private static final byte[] LORA_NAME = MessagePackWriter.encode("lora_name");
    private static final byte[] EXTRA_KEYS = MessagePackWriter.encode("extra_keys");
    private static final byte[] GROUP_IDX = MessagePackWriter.encode("group_idx");
    private static final byte[] SPEC_KIND = MessagePackWriter.encode("kv_cache_spec_kind");
    private static final byte[] SLIDING_WINDOW = MessagePackWriter.encode("kv_cache_spec_sliding_window");
    private static final byte[] LOCALITY = MessagePackWriter.encode("locality");
    private static final byte[] OWNERSHIP = MessagePackWriter.encode("ownership");
    private static final byte[] SESSION_ID = MessagePackWriter.encode("session_id");

    /** Type name and the fields of a stored event that are always written. */
    private static final int STORED_FIELDS = 8;
    /** Type name and the fields of a removal that are always written. */
    private static final int REMOVED_FIELDS = 3;

    private final MessagePackWriter out;
    private final KvValueWriter values;
    private final boolean hasWideHead;

    MapEventWriter(MessagePackWriter out, KvValueWriter values, KvEventSchema schema) {
        this.out = out;
        this.values = values;
        hasWideHead = schema == KvEventSchema.MAP_WITH_WIDE_HEAD;
    }

    @Override
    public void stored(KvEvent.BlockStored event) {
        storedHead(event);
        out.encoded(TYPE);
        out.encoded(BLOCK_STORED);
        out.encoded(BLOCK_HASHES);
        values.hashes(event.hashes());
        out.encoded(PARENT_BLOCK_HASH);
        values.hashOrNil(event.parent());
        out.encoded(TOKEN_IDS);
        values.tokens(event.tokens());
        out.encoded(BLOCK_SIZE);
        out.integer(event.blockTokens());
        LoraAdapter adapter = event.adapter();
        out.encoded(LORA_ID);
        values.integerOrNil(adapter == null ? null : adapter.id());
        out.encoded(MEDIUM);
        values.textOrNil(event.medium());
        out.encoded(LORA_NAME);
        values.textOrNil(adapter == null ? null : adapter.name());
        if (!event.extraKeys().isEmpty()) {
            out.encoded(EXTRA_KEYS);
            values.extraKeys(event.extraKeys());
        }
        group(event.group());
        place(event.origin());
        optional(SESSION_ID, event.origin().sessionId());
    }

    private void storedHead(KvEvent.BlockStored event) {
        int entries = STORED_FIELDS
                + (event.extraKeys().isEmpty() ? 0 : 1)
                + groupFields(event.group())
                + placeFields(event.origin())
                + count(event.origin().sessionId());
        if (hasWideHead) {
            out.wideMapHead(entries);
        } else {
            out.mapHead(entries);
        }
    }

    private void group(@Nullable CacheGroup group) {
        if (group != null) {
            optional(GROUP_IDX, group.index());
            optional(SPEC_KIND, group.specKind());
            optional(SLIDING_WINDOW, group.slidingWindowTokens());
        }
    }

    private static int groupFields(@Nullable CacheGroup group) {
        return group == null ? 0 : 1 + count(group.specKind()) + count(group.slidingWindowTokens());
    }

    @Override
    public void removed(KvEvent.BlockRemoved event) {
        out.mapHead(REMOVED_FIELDS + count(event.groupIndex()) + placeFields(event.origin()));
        out.encoded(TYPE);
        out.encoded(BLOCK_REMOVED);
        out.encoded(BLOCK_HASHES);
        values.hashes(event.hashes());
        out.encoded(MEDIUM);
        values.textOrNil(event.medium());
        optional(GROUP_IDX, event.groupIndex());
        place(event.origin());
    }

    @Override
    public void cleared() {
        out.mapHead(1);
        out.encoded(TYPE);
        out.encoded(ALL_BLOCKS_CLEARED);
    }

    private void place(CopyOrigin origin) {
        optional(LOCALITY, origin.locality());
        optional(OWNERSHIP, origin.ownership());
    }

    private static int placeFields(CopyOrigin origin) {
        return count(origin.locality()) + count(origin.ownership());
    }

    private void optional(byte[] key, @Nullable String value) {
        if (value != null) {
            out.encoded(key);
            out.text(value);
        }
    }

    private void optional(byte[] key, @Nullable Integer value) {
        if (value != null) {
            out.encoded(key);
            out.integer(value);
        }
    }

    private static int count(@Nullable Object value) {
        return value == null ? 0 : 1;
    }
}
