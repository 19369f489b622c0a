package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackReader;
import io.llmd.kv.wire.MessagePackReader.Problem;
import io.llmd.kv.wire.MessagePackReader.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches of every producer that is known: events as arrays of any width, as maps with their keys in any order, or as
 * either of them wrapped in bytes; batches as arrays or maps; all widths of MessagePack. For one thread; no exception comes
 * out of it, whatever the bytes are, except from the sink.
 *
 * <p>An event that cannot be used is skipped and counted, and the others are passed on. Only where a value's end cannot be
 * found the batch ends. Memory grows to what the largest event needs and is kept: at most 2^20 hashes and 2^20 tokens.
 *
 * @implNote No allocation per event, except for extra keys other than those of the event before. Hashes are looked at for
 *     repetition, which costs O(hashes); everything else is O(bytes).
 */
public final class KvEventDecoder {

    /** A longer payload is not read. */
    public static final int MAX_PAYLOAD_BYTES = 64 << 20;

    private static final int MAX_LEVELS = 8;
    private static final int MIN_ELEMENTS = 2;

    private static final byte[] TS = ascii("ts");
    private static final byte[] EVENTS = ascii("events");
    private static final byte[] DATA_PARALLEL_RANK = ascii("data_parallel_rank");
    private static final byte[] DP_RANK = ascii("dp_rank");

    private final MessagePackReader reader = new MessagePackReader();
    private final EventFields fields = new EventFields(reader);
    private final ArrayEventReader arrays = new ArrayEventReader(reader, fields);
    private final MapEventReader maps = new MapEventReader(reader, fields);
    private final DecodedBatch batch = new DecodedBatch();

    /**
     * Passes the events of one batch on.
     *
     * @param payload holds the batch at {@code from} to {@code to - 1}; bytes behind the batch are not looked at
     * @return what else there is to tell; the same object each time, valid until the next call
     */
    public DecodedBatch decode(byte[] payload, int from, int to, KvEventSink sink) {
        batch.reset();
        if (to - from > MAX_PAYLOAD_BYTES) {
            batch.breakOff(KvDropReason.TOO_LARGE);
            return batch;
        }
        reader.reset(payload, from, to);
        switch (reader.type()) {
            case ARRAY -> array(sink);
            case MAP -> map(sink);
            default -> reader.fail(Problem.TYPE);
        }
        if (reader.isFailing()) {
            boolean isTooLarge = reader.problem() == Problem.TOO_LARGE;
            batch.breakOff(isTooLarge ? KvDropReason.TOO_LARGE : KvDropReason.MALFORMED_BATCH);
        }
        return batch;
    }

    /**
     * Finds the rank before the events are passed on, for those who choose where to by it.
     *
     * @return -1 when the producer does not say, or the payload is no batch
     * @implNote O(bytes): the rank is behind the events
     */
    public int rank(byte[] payload, int from, int to) {
        batch.reset();
        reader.reset(payload, from, to);
        switch (reader.type()) {
            case ARRAY -> array(null);
            case MAP -> map(null);
            default -> reader.fail(Problem.TYPE);
        }
        return batch.dataParallelRank();
    }

    private void array(@Nullable KvEventSink sink) {
        int count = reader.arrayHead();
        if (count < MIN_ELEMENTS) {
            reader.fail(Problem.TYPE);
            return;
        }
        timestamp();
        events(sink);
        if (count > MIN_ELEMENTS) {
            rank();
        }
        for (int i = MIN_ELEMENTS + 1; i < count; i++) {
            skipAny();
        }
    }

    private void map(@Nullable KvEventSink sink) {
        int count = reader.mapHead();
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            if (reader.type() == Type.TEXT) {
                int length = reader.blobHead();
                int from = reader.position();
                reader.advance(length);
                value(from, length, sink);
            } else {
                skipAny();
                skipAny();
            }
        }
    }

    private void value(int from, int length, @Nullable KvEventSink sink) {
        if (is(EVENTS, from, length)) {
            events(sink);
        } else if (is(TS, from, length)) {
            timestamp();
        } else if (is(DATA_PARALLEL_RANK, from, length) || is(DP_RANK, from, length)) {
            rank();
        } else {
            skipAny();
        }
    }

    private boolean is(byte[] key, int from, int length) {
        return Arrays.equals(key, 0, key.length, reader.array(), from, from + length);
    }

    private void timestamp() {
        switch (reader.type()) {
            case FLOAT -> batch.seconds(reader.floating());
            case INTEGER -> batch.secondsOrMillis(reader.integer());
            default -> skipAny();
        }
    }

    private void rank() {
        if (reader.type() == Type.INTEGER) {
            batch.rank(reader.integer());
        } else {
            skipAny();
        }
    }

    private void events(@Nullable KvEventSink sink) {
        if (sink == null) {
            skipAny();
            return;
        }
        if (reader.skipNil()) {
            return;
        }
        int count = reader.arrayHead();
        for (int i = 0; i < count && !reader.isFailing(); i++) {
            event(sink);
        }
    }

    private void event(KvEventSink sink) {
        int start = reader.position();
        int end = reader.end();
        fields.begin();
        if (reader.type() == Type.BYTES || reader.type() == Type.TEXT) {
            unwrap();
        }
        readFields();
        int behind = reader.position();
        boolean isCutShort = reader.isFailing() || reader.end() != end;
        if (!reader.isFailing()) {
            fields.finish();
        }
        KvDropReason reason = fields.failure();
        reader.resume(isCutShort ? start : behind, end);
        if (isCutShort) {
            skipAny();
        }
        if (reader.isFailing()) {
            return;
        }
        if (reason == null) {
            pass(sink);
        } else {
            batch.drop(reason);
        }
    }

    /** Goes to an event that is wrapped in bytes, where nothing but the event is to be seen. */
    private void unwrap() {
        int length = reader.blobHead();
        if (!reader.isFailing()) {
            reader.resume(reader.position(), reader.position() + length);
        }
    }

    private void readFields() {
        switch (reader.type()) {
            case ARRAY -> arrays.read();
            case MAP -> maps.read();
            default -> reader.fail(Problem.TYPE);
        }
    }

    private void pass(KvEventSink sink) {
        batch.passed();
        switch (fields.type()) {
            case STORED -> sink.stored(fields.stored());
            case REMOVED -> sink.removed(fields.removed());
            default -> sink.cleared();
        }
    }

    /** Goes behind a value however deep it is. */
    private void skipAny() {
        reader.skip(MAX_LEVELS);
        if (reader.problem() == Problem.TOO_DEEP) {
            reader.resume(reader.position(), reader.end());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
