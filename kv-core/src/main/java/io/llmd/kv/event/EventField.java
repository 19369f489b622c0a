package io.llmd.kv.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A key of an event that is a map. */
enum EventField {
    TYPE("type"),
    BLOCK_HASHES("block_hashes"),
    PARENT_BLOCK_HASH("parent_block_hash"),
    TOKEN_IDS("token_ids"),
    BLOCK_SIZE("block_size"),
    LORA_ID("lora_id"),
    MEDIUM("medium"),
    LORA_NAME("lora_name"),
    EXTRA_KEYS("extra_keys"),
    GROUP_IDX("group_idx"),
    SPEC_KIND("kv_cache_spec_kind"),
    SLIDING_WINDOW("kv_cache_spec_sliding_window"),
    LOCALITY("locality"),
    ORIGIN("origin"),
    REMAINING_COPY_COUNTS("remaining_copy_counts"),
    /** SGLang: what the cache of a hybrid model consists of. */
    COMPONENT_TYPES("component_types"),
    /** SGLang: may hold the cache salt. */
    METADATA("metadata"),
    CACHE_SALT("cache_salt"),
    /** Mooncake: what tells blocks with the same tokens apart. */
    ADDITIONAL_SALT("additional_salt"),
    /** Mooncake: the type, if {@link #TYPE} is not known. */
    EVENT_TYPE("event_type"),
    /** Mooncake: the hashes, if {@link #BLOCK_HASHES} is missing. */
    SEQ_HASHES("seq_hashes"),
    /** Mooncake: the parent, if {@link #PARENT_BLOCK_HASH} is missing. */
    PARENT_HASH("parent_hash"),
    UNKNOWN("");

    private static final int PLACES = 256;

    /** Open addressing by length, first and last byte, which no two of these keys share. */
    private static final @Nullable EventField[] TABLE = table();

    private final byte[] key;

    EventField(String key) {
        this.key = key.getBytes(StandardCharsets.US_ASCII);
    }

    static EventField of(byte[] bytes, int from, int length) {
        if (length == 0) {
            return UNKNOWN;
        }
        int place = place(length, bytes[from], bytes[from + length - 1]);
        EventField field = TABLE[place];
        while (field != null) {
            if (Arrays.equals(field.key, 0, field.key.length, bytes, from, from + length)) {
                return field;
            }
            place = place + 1 & PLACES - 1;
            field = TABLE[place];
        }
        return UNKNOWN;
    }

    private static int place(int length, int first, int last) {
        return (length * 7 + first * 5 + last * 3) & PLACES - 1;
    }

    private static @Nullable EventField[] table() {
        @Nullable EventField[] table = new EventField[PLACES];
        for (EventField field : values()) {
            byte[] key = field.key;
            if (key.length > 0) {
                int place = place(key.length, key[0], key[key.length - 1]);
                while (table[place] != null) {
                    place = place + 1 & PLACES - 1;
                }
                table[place] = field;
            }
        }
        return table;
    }
}
