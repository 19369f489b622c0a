package io.llmd.kv.lane;

/** Knows request keys of blocks by engine hash, from lanes whose engines hash alike. */
@FunctionalInterface
public interface HashResolver {

    /** Nobody to ask. */
    HashResolver NONE = engineHash -> 0;

    /** The request key of a block; 0 when it is not known. */
    long keyOf(long engineHash);
}
