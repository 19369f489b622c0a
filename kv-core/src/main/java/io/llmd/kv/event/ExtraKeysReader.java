package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackReader;
import io.llmd.kv.wire.MessagePackReader.Problem;
import io.llmd.kv.wire.MessagePackReader.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes strings of the extra keys of an event's blocks: text as it is, bytes in hexadecimal, the first element of a pair,
 * and of a map its {@code hash}, its {@code value} or whatever else is text. The adapter's name at the front is left out,
 * for the adapter is told on its own.
 */
final class ExtraKeysReader {

    private static final int MAX_KEYS_PER_BLOCK = 64;
    private static final int MAX_TEXT_BYTES = 4096;

    private static final byte[] HASH = "hash".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TYPE = "type".getBytes(StandardCharsets.US_ASCII);
    private static final String[] NONE = {};

    private final MessagePackReader reader;
    private final InternedStrings strings;

    /** Per block; those of an event share arrays of equal content, and so do events that follow one another. */
    private String[] @Nullable [] blocks = new String[64][];

    private final String[] keys = new String[MAX_KEYS_PER_BLOCK];
    private int keyCount;
    private String[] latest = NONE;

    ExtraKeysReader(MessagePackReader reader, InternedStrings strings) {
        this.reader = reader;
        this.strings = strings;
    }

    /** Reads the array with one entry per block at the cursor, and makes it the extras of the event. */
    void read(StoredBlocks event) {
        int count = reader.arrayHead();
        if (count != event.hashCount) {
            reader.fail(Problem.TYPE);
            return;
        }
        prepare(count);
        boolean hasAny = false;
        for (int i = 0; i < count; i++) {
            String[] block = block(event.adapter);
            blocks[i] = block;
            hasAny |= block != null;
        }
        event.extras = hasAny ? blocks : null;
    }

    /** Adds a key behind those of the first block. */
    void addToFirst(StoredBlocks event, String key) {
        if (event.extras == null) {
            prepare(event.hashCount);
            Arrays.fill(blocks, 0, event.hashCount, null);
            event.extras = blocks;
        }
        String[] present = event.extras[0];
        keyCount = 0;
        for (int i = 0; present != null && i < present.length; i++) {
            add(present[i]);
        }
        add(key);
        event.extras[0] = shared();
    }

    private void prepare(int count) {
        if (blocks.length < count) {
            blocks = new String[Math.max(count, 2 * blocks.length)][];
        }
    }

    private String @Nullable [] block(@Nullable String adapter) {
        keyCount = 0;
        if (reader.skipNil()) {
            return null;
        }
        if (reader.type() == Type.ARRAY) {
            int count = reader.arrayHead();
            for (int i = 0; i < count && !reader.isFailing(); i++) {
                key();
                if (i == 0 && keyCount == 1 && keys[0].equals(adapter)) {
                    keyCount = 0;
                }
            }
        } else {
            key();
        }
        return keyCount == 0 || reader.isFailing() ? null : shared();
    }

    private void key() {
        switch (reader.type()) {
            case NIL -> reader.skipNil();
            case TEXT, BYTES -> add(text());
            case INTEGER -> add(Long.toString(reader.integer()));
            case ARRAY -> pair();
            case MAP -> typed();
            default -> reader.fail(Problem.TYPE);
        }
    }

    private void pair() {
        int count = reader.arrayHead();
        Type type = reader.type();
        if (count == 0 || type != Type.TEXT && type != Type.BYTES) {
            reader.fail(Problem.TYPE);
            return;
        }
        add(text());
        for (int i = 1; i < count && !reader.isFailing(); i++) {
            reader.skip(2);
        }
    }

    private void typed() {
        int count = reader.mapHead();
        String chosen = null;
        boolean isSure = false;
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            int length = reader.blobHead();
            int from = reader.position();
            reader.advance(length);
            Type type = reader.type();
            boolean isText = type == Type.TEXT || type == Type.BYTES;
            if (!isText || isSure || is(TYPE, from, length)) {
                reader.skip(2);
                continue;
            }
            isSure = is(HASH, from, length) || is(VALUE, from, length);
            String text = text();
            chosen = chosen == null || isSure ? text : chosen;
        }
        if (chosen == null) {
            reader.fail(Problem.TYPE);
        } else {
            add(chosen);
        }
    }

    private boolean is(byte[] name, int from, int length) {
        return Arrays.equals(name, 0, name.length, reader.array(), from, from + length);
    }

    private String text() {
        boolean isBytes = reader.type() == Type.BYTES;
        int length = reader.blobHead();
        if (length > MAX_TEXT_BYTES) {
            reader.fail(Problem.TOO_LARGE);
            return "";
        }
        int from = reader.position();
        reader.advance(length);
        return isBytes
                ? HexFormat.of().formatHex(reader.array(), from, from + length)
                : strings.get(reader.array(), from, length);
    }

    private void add(String key) {
        if (keyCount == MAX_KEYS_PER_BLOCK) {
            reader.fail(Problem.TOO_LARGE);
        } else {
            keys[keyCount++] = key;
        }
    }

    /** The keys as an array, the latest one again if it has the same content. */
    private String[] shared() {
        if (!Arrays.equals(latest, 0, latest.length, keys, 0, keyCount)) {
            latest = Arrays.copyOf(keys, keyCount);
        }
        return latest;
    }
}
