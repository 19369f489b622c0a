package io.llmd.openai;

/**
 * One change of a body.
 *
 * @param start first byte to replace, from the start of the body
 * @param end byte behind the last one to replace; equal to {@code start} for an insertion
 * @param replacement bytes to put there, not copied; empty for a removal
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; copying would double the cost of each request
public record BodyEdit(int start, int end, byte[] replacement) {
    public BodyEdit {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("range: [" + start + ", " + end + ") (expected: 0 <= start <= end)");
        }
    }
}
