package io.llmd.kv.hash;

/**
 * The placeholder of one media item in a prompt.
 *
 * @param identifier content hash of the item, or the id that the client gave it
 * @param firstToken position of its first placeholder token in the prompt
 * @param tokens number of placeholder tokens
 */
public record MediaSpan(String identifier, int firstToken, int tokens) {

    public MediaSpan {
        if (firstToken < 0 || tokens <= 0) {
            throw new IllegalArgumentException(
                    "media span: " + tokens + " tokens at " + firstToken + " (expected: > 0 tokens at >= 0)");
        }
    }

    boolean overlaps(int from, int count) {
        return firstToken < from + count && firstToken + tokens > from;
    }
}
