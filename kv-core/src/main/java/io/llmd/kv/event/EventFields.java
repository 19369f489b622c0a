package io.llmd.kv.event;

import io.llmd.kv.event.StoredBlocks.GroupKind;
import io.llmd.kv.wire.MessagePackReader;
import io.llmd.kv.wire.MessagePackReader.Problem;
import io.llmd.kv.wire.MessagePackReader.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one event, which both forms share, each method the value at the cursor. A value that makes the event
 * useless fails the reader; {@link #failure()} tells why.
 */
final class EventFields {

    /** Levels of arrays and maps that may still follow below a field; batch, events and event are three of eight. */
    static final int LEVELS = 5;

    private static final int MAX_NAME_BYTES = 4096;
    private static final int STRING_PLACES = 1024;

    private static final byte[][] FULL_KINDS = {
        ascii("full_attention"), ascii("mla_attention"), ascii("sink_full_attention")
    };
    private static final byte[][] WINDOW_KINDS = {ascii("sliding_window"), ascii("sliding_window_mla")};
    private static final byte[] CHUNKED_KIND = ascii("chunked_local_attention");
    private static final byte[] STATE_KIND = ascii("mamba");
    private static final byte[] FULL = ascii("FULL");
    private static final byte[] REMOTE = ascii("REMOTE");
    private static final byte[] REUSED = ascii("REUSED");
    private static final byte[] CACHE_SALT = ascii("cache_salt");

    private final MessagePackReader reader;
    private final StoredBlocks stored = new StoredBlocks();
    private final RemovedBlocks removed = new RemovedBlocks();
    private final InternedStrings strings = new InternedStrings(STRING_PLACES);
    private final Media media = new Media();
    private final RepeatedHashes repeated = new RepeatedHashes();
    private final ExtraKeysReader extraKeys;
    private final long[] single = new long[1];

    private @Nullable KvDropReason rejection;
    private EventType type = EventType.NONE;

    /** Number of an adapter without a name; local to the engine's process. */
    private long adapterNumber;

    private @Nullable String adapterOfNumber;
    private long latestNumber;
    private @Nullable String latestNumberedName;
    private @Nullable String salt;

    /** Where the extra keys begin, which cannot be read before the adapter is known; -1 when there are none. */
    private int extraKeysAt;

    private int remainingCount;

    EventFields(MessagePackReader reader) {
        this.reader = reader;
        extraKeys = new ExtraKeysReader(reader, strings);
    }

    void begin() {
        stored.reset();
        rejection = null;
        type = EventType.NONE;
        adapterNumber = 0;
        adapterOfNumber = null;
        salt = null;
        extraKeysAt = -1;
        remainingCount = -1;
    }

    EventType type() {
        return type;
    }

    StoredBlocks stored() {
        return stored;
    }

    RemovedBlocks removed() {
        return removed;
    }

    /** Why the event is dropped; null for one that is not. */
    @Nullable
    KvDropReason failure() {
        if (type == EventType.UNKNOWN) {
            return KvDropReason.UNKNOWN_EVENT;
        }
        if (type == EventType.IGNORED) {
            return KvDropReason.IGNORED_EVENT;
        }
        if (rejection != null) {
            return rejection;
        }
        return switch (reader.problem()) {
            case NONE -> type == EventType.NONE ? KvDropReason.MALFORMED_EVENT : null;
            case TRUNCATED, TYPE -> KvDropReason.MALFORMED_EVENT;
            case TOO_LARGE -> KvDropReason.TOO_LARGE;
            case TOO_DEEP -> KvDropReason.TOO_DEEP;
        };
    }

    private void reject(KvDropReason reason) {
        if (!reader.isFailing()) {
            rejection = reason;
            reader.fail(Problem.TYPE);
        }
    }

    /** Reads the type's name; a second one counts only if the first one is not known. */
    void typeName() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.blobHead();
        if (type == EventType.NONE || type == EventType.UNKNOWN) {
            EventType named = EventType.of(reader.array(), reader.position(), count);
            type = reader.isFailing() ? type : named;
        }
        reader.advance(count);
    }

    void hashes() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.arrayHead();
        if (stored.hashes.length < count) {
            stored.hashes = new long[grown(stored.hashes.length, count)];
        }
        stored.hashCount = reader.identities(stored.hashes, 0, count);
        if (stored.hashCount < count) {
            reader.fail(Problem.TYPE);
        }
    }

    void parent() {
        if (reader.skipNil()) {
            return;
        }
        if (reader.identities(single, 0, 1) == 0) {
            reader.fail(Problem.TYPE);
            return;
        }
        stored.parent = single[0];
        stored.hasParent = single[0] != 0;
    }

    void tokens() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.arrayHead();
        if (stored.tokens.length < count) {
            stored.tokens = new int[grown(stored.tokens.length, count)];
        }
        int read = reader.naturals(stored.tokens, 0, count);
        while (read < count && !reader.isFailing()) {
            pair(read++);
            read += reader.naturals(stored.tokens, read, count);
        }
        stored.tokenCount = count;
    }

    /** Reads the first of two tokens, which SGLang writes for each place when it drafts by pairs. */
    private void pair(int index) {
        int size = reader.type() == Type.ARRAY ? reader.arrayHead() : 0;
        if (size == 0 || reader.naturals(stored.tokens, index, index + 1) == 0) {
            reject(KvDropReason.BAD_TOKEN);
            return;
        }
        for (int i = 1; i < size && !reader.isFailing(); i++) {
            reader.skip(1);
        }
    }

    void blockTokens() {
        stored.blockTokens = naturalOrNil();
    }

    void adapterNumber() {
        switch (reader.type()) {
            case INTEGER -> adapterNumber = reader.integer();
            case TEXT -> adapterOfNumber = text();
            default -> reader.skip(LEVELS);
        }
    }

    void medium() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.blobHead();
        media.find(reader.array(), reader.position(), count);
        reader.advance(count);
        stored.tier = media.tier();
        stored.isTierKnown = media.isTierKnown();
    }

    void adapterName() {
        if (!reader.skipNil()) {
            stored.adapter = text();
        }
    }

    /** Reads the eighth element of an array: vLLM's adapter name, or SGLang's metadata. */
    void adapterNameOrMetadata() {
        if (reader.type() == Type.MAP) {
            metadata();
        } else {
            adapterName();
        }
    }

    void metadata() {
        if (reader.type() != Type.MAP) {
            reader.skip(LEVELS);
            return;
        }
        int count = reader.mapHead();
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            int length = reader.blobHead();
            boolean isSalt = isNext(CACHE_SALT, length);
            reader.advance(length);
            if (isSalt) {
                cacheSalt();
            } else {
                reader.skip(LEVELS - 1);
            }
        }
    }

    void cacheSalt() {
        if (!reader.skipNil()) {
            salt = text();
        }
    }

    void extraKeys() {
        if (reader.skipNil()) {
            return;
        }
        int start = reader.position();
        int count = reader.arrayHead();
        int i = 0;
        while (i < count && reader.skipNil()) {
            i++;
        }
        if (i < count) {
            extraKeysAt = start;
        }
        for (; i < count && !reader.isFailing(); i++) {
            reader.skip(LEVELS - 1);
        }
    }

    void group() {
        stored.group = naturalOrNil();
    }

    void groupKind() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.blobHead();
        stored.groupKind = kindOf(count);
        reader.advance(count);
    }

    private GroupKind kindOf(int count) {
        for (byte[] kind : FULL_KINDS) {
            if (isNext(kind, count)) {
                return GroupKind.FULL;
            }
        }
        for (byte[] kind : WINDOW_KINDS) {
            if (isNext(kind, count)) {
                return GroupKind.SLIDING_WINDOW;
            }
        }
        if (isNext(CHUNKED_KIND, count)) {
            return GroupKind.CHUNKED;
        }
        return isNext(STATE_KIND, count) ? GroupKind.STATE : GroupKind.OTHER;
    }

    /** Reads the names of the components of a cache; one of them is full attention, or the group is of another kind. */
    void components() {
        if (reader.type() != Type.ARRAY) {
            reader.skip(LEVELS);
            return;
        }
        int count = reader.arrayHead();
        boolean hasFull = count == 0;
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            int length = reader.blobHead();
            hasFull |= isNext(FULL, length);
            reader.advance(length);
        }
        if (!hasFull) {
            stored.groupKind = GroupKind.OTHER;
        }
    }

    void window() {
        stored.windowTokens = naturalOrNil();
    }

    void locality() {
        stored.isRemote = isText(REMOTE);
    }

    void origin() {
        stored.isReused = isText(REUSED);
    }

    void remainingCopies() {
        if (reader.skipNil()) {
            return;
        }
        int count = reader.arrayHead();
        if (removed.remainingCopies.length < count) {
            removed.remainingCopies = new int[grown(removed.remainingCopies.length, count)];
        }
        if (reader.naturals(removed.remainingCopies, 0, count) < count) {
            reader.fail(Problem.TYPE);
        }
        remainingCount = count;
    }

    /** Checks what takes more than one field; call it behind all fields, when nothing failed. */
    void finish() {
        if (type == EventType.STORED) {
            finishStored();
        } else if (type == EventType.REMOVED) {
            finishRemoved();
        }
    }

    private void finishStored() {
        if (stored.hashCount == 0) {
            reject(KvDropReason.NO_HASHES);
            return;
        }
        if (stored.tokenCount == 0) {
            stored.blockTokens = 0;
        } else if (stored.groupKind == GroupKind.FULL
                && (long) stored.hashCount * stored.blockTokens != stored.tokenCount) {
            reject(KvDropReason.MALFORMED_EVENT);
            return;
        }
        if (isOwnParent() || repeated.hasRepeated(stored.hashes, stored.hashCount)) {
            reject(KvDropReason.REPEATED_HASH);
            return;
        }
        finishAdapter();
        finishExtras();
    }

    private boolean isOwnParent() {
        if (!stored.hasParent) {
            return false;
        }
        for (int i = 0; i < stored.hashCount; i++) {
            if (stored.hashes[i] == stored.parent) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives an adapter without a name one that no request has: its blocks must not be taken for those of the base model,
     * and its number means nothing to other engines.
     */
    private void finishAdapter() {
        String name = stored.adapter;
        if (name == null || name.isEmpty()) {
            stored.adapter = adapterOfNumber == null || adapterOfNumber.isEmpty() ? null : adapterOfNumber;
        }
        if (stored.adapter == null && adapterNumber != 0) {
            stored.adapter = nameOf(adapterNumber);
        }
    }

    private String nameOf(long number) {
        String name = latestNumberedName;
        if (name == null || number != latestNumber) {
            name = "lora_id:" + number;
            latestNumberedName = name;
            latestNumber = number;
        }
        return name;
    }

    private void finishExtras() {
        if (extraKeysAt >= 0) {
            reader.resume(extraKeysAt, reader.end());
            extraKeys.read(stored);
        }
        // the chain carries a salt on, so that it counts in the block that begins the prompt only
        if (salt != null && !salt.isEmpty() && !stored.hasParent && !reader.isFailing()) {
            extraKeys.addToFirst(stored, salt);
        }
    }

    private void finishRemoved() {
        if (stored.hashCount == 0) {
            reject(KvDropReason.NO_HASHES);
            return;
        }
        if (remainingCount >= 0 && remainingCount != stored.hashCount) {
            reject(KvDropReason.MALFORMED_EVENT);
            return;
        }
        removed.hashes = stored.hashes;
        removed.hashCount = stored.hashCount;
        removed.tier = stored.tier;
        removed.group = stored.group;
        removed.isRemote = stored.isRemote;
        removed.hasRemainingCopies = remainingCount >= 0;
    }

    private int naturalOrNil() {
        if (reader.skipNil()) {
            return 0;
        }
        long value = reader.integer();
        if (value < 0 || value > Integer.MAX_VALUE) {
            reject(KvDropReason.MALFORMED_EVENT);
            return 0;
        }
        return (int) value;
    }

    private String text() {
        int count = reader.blobHead();
        if (count > MAX_NAME_BYTES) {
            reject(KvDropReason.TOO_LARGE);
            return "";
        }
        String value = strings.get(reader.array(), reader.position(), count);
        reader.advance(count);
        return value;
    }

    private boolean isText(byte[] expected) {
        if (reader.skipNil()) {
            return false;
        }
        int count = reader.blobHead();
        boolean isEqual = isNext(expected, count);
        reader.advance(count);
        return isEqual;
    }

    private boolean isNext(byte[] expected, int count) {
        int from = reader.position();
        return Arrays.equals(expected, 0, expected.length, reader.array(), from, from + count);
    }

    private static int grown(int length, int needed) {
        return Math.max(needed, Math.min(2 * length, MessagePackReader.MAX_ELEMENTS));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
