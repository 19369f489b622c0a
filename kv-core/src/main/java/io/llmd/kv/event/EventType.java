package io.llmd.kv.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What an event is, by the name that its producer gives it. */
enum EventType {
    STORED("BlockStored", "stored"),
    REMOVED("BlockRemoved", "removed"),
    CLEARED("AllBlocksCleared", "cleared"),
    /** Known to change nothing here. */
    IGNORED("BlockUpdated", "BlockCreated"),
    UNKNOWN("", ""),
    /** The producer does not say. */
    NONE("", "");

    private static final EventType[] NAMED = {STORED, REMOVED, CLEARED, IGNORED};

    private final byte[] name;
    private final byte[] alias;

    EventType(String name, String alias) {
        this.name = name.getBytes(StandardCharsets.US_ASCII);
        this.alias = alias.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a name, in any case. */
    static EventType of(byte[] bytes, int from, int count) {
        for (EventType type : NAMED) {
            if (Arrays.equals(type.name, 0, type.name.length, bytes, from, from + count)) {
                return type;
            }
        }
        for (EventType type : NAMED) {
            if (equalsIgnoringCase(type.name, bytes, from, count)
                    || equalsIgnoringCase(type.alias, bytes, from, count)) {
                return type;
            }
        }
        return UNKNOWN;
    }

    private static boolean equalsIgnoringCase(byte[] name, byte[] bytes, int from, int count) {
        if (name.length != count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (lower(name[i]) != lower(bytes[from + i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte character) {
        return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
    }
}
