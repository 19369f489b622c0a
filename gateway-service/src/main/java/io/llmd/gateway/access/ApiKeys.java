package io.llmd.gateway.access;

import java.util.List;

/** The keys of one key file. Immutable; a reload makes a new one. */
public final class ApiKeys {

    /** No key, so that nobody gets in. */
    public static final ApiKeys NONE = new ApiKeys();

    private ApiKeys() {}

    /**
     * Reads a key file.
     *
     * @throws IllegalArgumentException when the file is not in order; the message names line, field and expectation
     */
    public static ApiKeys parse(byte[] file) {
        return NONE;
    }

    /** All keys in the order of the file. */
    public List<ApiKey> keys() {
        return List.of();
    }
}
