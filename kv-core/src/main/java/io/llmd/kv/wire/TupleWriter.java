package io.llmd.kv.wire;

/** Writes one value of nested tuples, integers, bytes and text: {@link #begin()}, the value, {@link #end()}. */
public sealed interface TupleWriter permits CborWriter, PickleWriter {

    void begin();

    void end();

    /** Begins a tuple; its elements follow, then {@link #tupleEnd} with the same size. */
    void tupleStart(int size);

    void tupleEnd(int size);

    void none();

    void integer(int value);

    /** Writes a tuple of integers. */
    void integers(int[] source, int from, int count);

    void bytes(byte[] source, int from, int count);

    void text(String text);

    /** A text that is one object wherever it occurs in the value. */
    void tag(String text);
}
