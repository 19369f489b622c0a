package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackWriter;
import java.util.Arrays;

/** Token ids in prompt order. Immutable; equal when the ids are. */
public final class TokenIds {

    private static final TokenIds NONE = new TokenIds(new int[0]);

    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    public static TokenIds none() {
        return NONE;
    }

    public static TokenIds of(int... ids) {
        return new TokenIds(ids.clone());
    }

    /** Copies a range; {@code to} is behind the last one. */
    public static TokenIds copyOf(int[] ids, int from, int to) {
        return new TokenIds(Arrays.copyOfRange(ids, from, to));
    }

    public int size() {
        return ids.length;
    }

    public int get(int index) {
        return ids[index];
    }

    /** A copy of the ids. */
    public int[] toArray() {
        return ids.clone();
    }

    void writeTo(MessagePackWriter out) {
        out.integers(ids);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    /** The number of tokens; never the tokens, which are a client's text. */
    @Override
    public String toString() {
        return ids.length + " tokens";
    }
}
