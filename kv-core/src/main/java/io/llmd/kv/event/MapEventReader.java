package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackReader;
import io.llmd.kv.wire.MessagePackReader.Type;

/** Reads an event that is a map, with its keys in any order. Keys that nobody knows are skipped. */
final class MapEventReader {

    private final MessagePackReader reader;
    private final EventFields fields;

    /** Where values begin that count only if the usual ones are missing; -1 when they are missing too. */
    private int aliasOfHashesAt;

    private int aliasOfParentAt;
    private boolean hasHashes;
    private boolean hasParent;

    MapEventReader(MessagePackReader reader, EventFields fields) {
        this.reader = reader;
        this.fields = fields;
    }

    void read() {
        aliasOfHashesAt = -1;
        aliasOfParentAt = -1;
        hasHashes = false;
        hasParent = false;
        int count = reader.mapHead();
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            value(key());
        }
        if (!reader.isFailing()) {
            aliases();
        }
    }

    private EventField key() {
        if (reader.type() != Type.TEXT && reader.type() != Type.BYTES) {
            reader.skip(1);
            return EventField.UNKNOWN;
        }
        int length = reader.blobHead();
        int from = reader.position();
        reader.advance(length);
        return EventField.of(reader.array(), from, length);
    }

    private void value(EventField field) {
        switch (field) {
            case TYPE, EVENT_TYPE -> fields.typeName();
            case BLOCK_HASHES -> {
                hasHashes = reader.type() != Type.NIL;
                fields.hashes();
            }
            case PARENT_BLOCK_HASH -> {
                hasParent = reader.type() != Type.NIL;
                fields.parent();
            }
            case TOKEN_IDS -> fields.tokens();
            case BLOCK_SIZE -> fields.blockTokens();
            case LORA_ID -> fields.adapterNumber();
            case MEDIUM -> fields.medium();
            case LORA_NAME -> fields.adapterName();
            case EXTRA_KEYS -> fields.extraKeys();
            case GROUP_IDX -> fields.group();
            case SPEC_KIND -> fields.groupKind();
            case SLIDING_WINDOW -> fields.window();
            case LOCALITY -> fields.locality();
            case ORIGIN -> fields.origin();
            case REMAINING_COPY_COUNTS -> fields.remainingCopies();
            case COMPONENT_TYPES -> fields.components();
            case METADATA -> fields.metadata();
            case CACHE_SALT, ADDITIONAL_SALT -> fields.cacheSalt();
            case SEQ_HASHES -> aliasOfHashesAt = skipped();
            case PARENT_HASH -> aliasOfParentAt = skipped();
            case UNKNOWN -> skipped();
        }
    }

    /** Where the value that was skipped begins. */
    private int skipped() {
        int start = reader.position();
        reader.skip(EventFields.LEVELS);
        return start;
    }

    private void aliases() {
        int behind = reader.position();
        if (!hasHashes && aliasOfHashesAt >= 0) {
            reader.resume(aliasOfHashesAt, reader.end());
            fields.hashes();
        }
        if (!hasParent && aliasOfParentAt >= 0 && !reader.isFailing()) {
            reader.resume(aliasOfParentAt, reader.end());
            fields.parent();
        }
        if (!reader.isFailing()) {
            reader.resume(behind, reader.end());
        }
    }
}
