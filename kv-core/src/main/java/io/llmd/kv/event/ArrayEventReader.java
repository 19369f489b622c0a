package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackReader;
import io.llmd.kv.wire.MessagePackReader.Problem;

/** Reads an event that is an array; its first element is the type's name, and the others go by their place. */
final class ArrayEventReader {

    /** What the shortest stored event has; a narrower one says too little. */
    private static final int MIN_STORED = 5;

    private static final int MIN_REMOVED = 2;

    private final MessagePackReader reader;
    private final EventFields fields;

    ArrayEventReader(MessagePackReader reader, EventFields fields) {
        this.reader = reader;
        this.fields = fields;
    }

    void read() {
        int count = reader.arrayHead();
        if (count == 0) {
            reader.fail(Problem.TYPE);
            return;
        }
        fields.typeName();
        switch (fields.type()) {
            case STORED -> stored(count);
            case REMOVED -> removed(count);
            case CLEARED, IGNORED, UNKNOWN, NONE -> skip(count - 1);
        }
    }

    private void stored(int count) {
        if (count < MIN_STORED) {
            reader.fail(Problem.TYPE);
            return;
        }
        for (int i = 1; i < count && !reader.isFailing(); i++) {
            storedField(i);
        }
    }

    private void storedField(int place) {
        switch (place) {
            case 1 -> fields.hashes();
            case 2 -> fields.parent();
            case 3 -> fields.tokens();
            case 4 -> fields.blockTokens();
            case 5 -> fields.adapterNumber();
            case 6 -> fields.medium();
            case 7 -> fields.adapterNameOrMetadata();
            case 8 -> fields.extraKeys();
            case 9 -> fields.group();
            case 10 -> fields.groupKind();
            case 11 -> fields.window();
            default -> reader.skip(EventFields.LEVELS);
        }
    }

    private void removed(int count) {
        if (count < MIN_REMOVED) {
            reader.fail(Problem.TYPE);
            return;
        }
        fields.hashes();
        if (count > 2) {
            fields.medium();
        }
        if (count > 3) {
            fields.group();
        }
        skip(count - 4);
    }

    private void skip(int count) {
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            reader.skip(EventFields.LEVELS);
        }
    }
}
