package io.llmd.kv.event;

/**
 * How events are laid out; a generation of vLLM. The first six write an event as an array, absent fields as nil; the
 * number of elements tells them apart. The others write it as a map that leaves out optional fields that are absent.
 */
public enum KvEventSchema {
    /** Six elements; vLLM's first form, and SGLang's. */
    ORIGINAL(6, 2),
    /** Adds the medium. */
    MEDIUM(7, 3),
    /** Adds the adapter's name. */
    ADAPTER_NAME(8, 3),
    /** Adds the extra keys. */
    EXTRA_KEYS(9, 3),
    /** Adds the KV-cache group. */
    GROUP(10, 4),
    /** Adds the kind of the group and its window; the last array form. */
    SPEC_KIND(12, 4),
    /** A map, since vLLM 0.24. */
    MAP(0, 0),
    /** A map whose stored events have a 16-bit count, as a producer writes that declares more than 15 fields. */
    MAP_WITH_WIDE_HEAD(0, 0);

    private final int storedElements;
    private final int removedElements;

    KvEventSchema(int storedElements, int removedElements) {
        this.storedElements = storedElements;
        this.removedElements = removedElements;
    }

    public boolean isMap() {
        return storedElements == 0;
    }

    int storedElements() {
        return storedElements;
    }

    int removedElements() {
        return removedElements;
    }
}
