package io.llmd.kv.wire;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Python's pickle, protocol 5, as CPython's {@code pickle.dumps} writes it.
 *
 * <p>Python writes a reference where one object occurs a second time in a value. Only tags are taken for the same object;
 * every other text, byte string and tuple counts as an object of its own, for nobody outside the process can know
 * better. For one thread at a time.
 */
public final class PickleWriter implements TupleWriter {

    private static final int PROTOCOL = 0x80;
    private static final int FRAME = 0x95;
    private static final int MEMOIZE = 0x94;
    private static final int REFERENCE_1 = 'h';
    private static final int REFERENCE_4 = 'j';
    private static final int MARK = '(';
    private static final int TUPLE = 't';
    private static final int TUPLE_OF_ONE = 0x85;
    private static final int EMPTY_TUPLE = ')';
    private static final int NONE = 'N';
    private static final int STOP = '.';
    private static final int INT_1 = 'K';
    private static final int INT_2 = 'M';
    private static final int INT_4 = 'J';
    private static final int BYTES_1 = 'C';
    private static final int BYTES_4 = 'B';
    private static final int TEXT_1 = 0x8C;
    private static final int TEXT_4 = 'X';

    /** A frame ends before the first value that begins at or after this many bytes. */
    private static final int FRAME_TARGET_BYTES = 1 << 16;

    private static final int FRAME_HEAD_BYTES = 1 + Long.BYTES;
    /** A shorter frame is written without its head. */
    private static final int FRAME_MIN_BYTES = 4;

    private static final int NO_FRAME = -1;
    private static final int MAX_INTEGER_BYTES = 1 + Integer.BYTES;

    private final ByteBuilder out;
    private final Map<String, Integer> tags = new HashMap<>();
    private int frameStart = NO_FRAME;
    private int memoized;

    public PickleWriter(ByteBuilder out) {
        this.out = out;
    }

    @Override
    public void begin() {
        out.put(PROTOCOL);
        out.put(5);
        frameStart = NO_FRAME;
        memoized = 0;
        tags.clear();
    }

    @Override
    public void end() {
        openFrame();
        out.put(STOP);
        closeFrame();
    }

    @Override
    public void tupleStart(int size) {
        nextValue();
        if (size > 3) {
            out.put(MARK);
        }
    }

    @Override
    public void tupleEnd(int size) {
        openFrame();
        if (size == 0) {
            out.put(EMPTY_TUPLE);
            return;
        }
        out.put(size > 3 ? TUPLE : TUPLE_OF_ONE + size - 1);
        memoize();
    }

    @Override
    public void none() {
        nextValue();
        out.put(NONE);
    }

    @Override
    public void integer(int value) {
        nextValue();
        if (value >= 0 && value < 1 << 8) {
            out.put(INT_1);
            out.put(value);
        } else if (value >= 0 && value < 1 << 16) {
            out.put(INT_2);
            out.putShortLittleEndian(value);
        } else {
            out.put(INT_4);
            out.putIntLittleEndian(value);
        }
    }

    @Override
    public void integers(int[] source, int from, int count) {
        tupleStart(count);
        int mostBytes = Math.multiplyExact(count, MAX_INTEGER_BYTES);
        if (out.length() - frameStart + mostBytes < FRAME_TARGET_BYTES) {
            inOneFrame(source, from, count, mostBytes);
        } else {
            for (int i = from; i < from + count; i++) {
                integer(source[i]);
            }
        }
        tupleEnd(count);
    }

    private void inOneFrame(int[] source, int from, int count, int mostBytes) {
        out.reserve(mostBytes);
        byte[] target = out.array();
        int at = out.length();
        for (int i = from; i < from + count; i++) {
            int value = source[i];
            if (value >= 0 && value < 1 << 8) {
                target[at] = INT_1;
                target[at + 1] = (byte) value;
                at += 2;
            } else if (value >= 0 && value < 1 << 16) {
                target[at] = INT_2;
                ByteBuilder.setShortLittleEndian(target, at + 1, value);
                at += 3;
            } else {
                target[at] = INT_4;
                ByteBuilder.setIntLittleEndian(target, at + 1, value);
                at += MAX_INTEGER_BYTES;
            }
        }
        out.written(at);
    }

    @Override
    public void bytes(byte[] source, int from, int count) {
        sized(BYTES_1, BYTES_4, source, from, count);
    }

    @Override
    public void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        sized(TEXT_1, TEXT_4, utf8, 0, utf8.length);
    }

    @Override
    public void tag(String text) {
        Integer index = tags.get(text);
        if (index == null) {
            tags.put(text, memoized);
            text(text);
        } else {
            reference(index);
        }
    }

    private void reference(int index) {
        nextValue();
        if (index < 1 << 8) {
            out.put(REFERENCE_1);
            out.put(index);
        } else {
            out.put(REFERENCE_4);
            out.putIntLittleEndian(index);
        }
    }

    private void sized(int shortCode, int longCode, byte[] source, int from, int count) {
        nextValue();
        if (count >= FRAME_TARGET_BYTES) {
            outsideOfFrames(longCode, source, from, count);
        } else if (count < 1 << 8) {
            out.put(shortCode);
            out.put(count);
            out.put(source, from, count);
        } else {
            out.put(longCode);
            out.putIntLittleEndian(count);
            out.put(source, from, count);
        }
        memoize();
    }

    private void memoize() {
        openFrame();
        out.put(MEMOIZE);
        memoized++;
    }

    private void outsideOfFrames(int code, byte[] source, int from, int count) {
        closeFrame();
        out.put(code);
        out.putIntLittleEndian(count);
        out.put(source, from, count);
    }

    private void nextValue() {
        if (frameStart != NO_FRAME && out.length() - frameStart >= FRAME_TARGET_BYTES) {
            closeFrame();
        }
        openFrame();
    }

    private void openFrame() {
        if (frameStart == NO_FRAME) {
            out.put(FRAME);
            out.putLongLittleEndian(0);
            frameStart = out.length();
        }
    }

    private void closeFrame() {
        int size = out.length() - frameStart;
        if (size < FRAME_MIN_BYTES) {
            out.remove(frameStart - FRAME_HEAD_BYTES, FRAME_HEAD_BYTES);
        } else {
            out.setLongLittleEndian(frameStart - Long.BYTES, size);
        }
        frameStart = NO_FRAME;
    }
}
