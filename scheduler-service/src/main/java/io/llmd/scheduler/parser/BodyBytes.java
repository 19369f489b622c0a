package io.llmd.scheduler.parser;

import io.llmd.contracts.schedule.KnownText;
import java.util.Objects;

/**
 * The body of a request.
 *
 * @param array holds the body; not changed
 * @param from index of its first byte
 * @param length in bytes
 * @param known what is known of the array
 */
public record BodyBytes(byte[] array, int from, int length, KnownText known) {

    public BodyBytes {
        Objects.checkFromIndexSize(from, length, array.length);
    }
}
