package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackWriter;
import org.jspecify.annotations.Nullable;

/** An event as an array that begins with its type name; as many elements as the schema has, absent ones nil. */
final class ArrayEventWriter implements EventWriter {

    private final MessagePackWriter out;
    private final KvValueWriter values;
    private final int storedElements;
    private final int removedElements;

    ArrayEventWriter(MessagePackWriter out, KvValueWriter values, KvEventSchema schema) {
        this.out = out;
        this.values = values;
        storedElements = schema.storedElements();
        removedElements = schema.removedElements();
    }

    @Override
    public void stored(KvEvent.BlockStored event) {
        out.arrayHead(storedElements);
        out.encoded(BLOCK_STORED);
        values.hashes(event.hashes());
        values.hashOrNil(event.parent());
        values.tokens(event.tokens());
        out.integer(event.blockTokens());
        LoraAdapter adapter = event.adapter();
        values.integerOrNil(adapter == null ? null : adapter.id());
        if (storedElements > 6) {
            values.textOrNil(event.medium());
        }
        if (storedElements > 7) {
            values.textOrNil(adapter == null ? null : adapter.name());
        }
        if (storedElements > 8) {
            extraKeys(event);
        }
        if (storedElements > 9) {
            group(event.group());
        }
    }

    private void extraKeys(KvEvent.BlockStored event) {
        if (event.extraKeys().isEmpty()) {
            out.nil();
        } else {
            values.extraKeys(event.extraKeys());
        }
    }

    private void group(@Nullable CacheGroup group) {
        values.integerOrNil(group == null ? null : group.index());
        if (storedElements > 10) {
            values.textOrNil(group == null ? null : group.specKind());
            values.integerOrNil(group == null ? null : group.slidingWindowTokens());
        }
    }

    @Override
    public void removed(KvEvent.BlockRemoved event) {
        out.arrayHead(removedElements);
        out.encoded(BLOCK_REMOVED);
        values.hashes(event.hashes());
        if (removedElements > 2) {
            values.textOrNil(event.medium());
        }
        if (removedElements > 3) {
            values.integerOrNil(event.groupIndex());
        }
    }

    @Override
    public void cleared() {
        out.arrayHead(1);
        out.encoded(ALL_BLOCKS_CLEARED);
    }
}
