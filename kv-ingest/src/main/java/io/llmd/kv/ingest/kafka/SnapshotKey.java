package io.llmd.kv.ingest.kafka;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Key of a record in the topic of snapshots: {@code <lane id>/<generation>/<chunk>} or {@code <lane id>/head}.
 *
 * @param generation 0 or 1; -1 for the head
 * @param chunk index of the chunk; -1 for the head
 */
record SnapshotKey(String laneId, int generation, int chunk) {

    private static final Pattern CHUNK = Pattern.compile("(.+)/([01])/([0-9]{1,4})", Pattern.DOTALL);
    private static final String HEAD = "/head";

    static SnapshotKey head(String laneId) {
        return new SnapshotKey(laneId, -1, -1);
    }

    boolean isHead() {
        return generation < 0;
    }

    byte[] toBytes() {
        String text = isHead() ? laneId + HEAD : laneId + "/" + generation + "/" + chunk;
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a key; null when it is none. */
    static @Nullable SnapshotKey read(byte @Nullable [] key) {
        if (key == null || key.length > LaneSpec.MAX_TEXT_BYTES + 16) {
            return null;
        }
        String text = new String(key, StandardCharsets.UTF_8);
        if (text.endsWith(HEAD)) {
            return head(text.substring(0, text.length() - HEAD.length()));
        }
        Matcher matcher = CHUNK.matcher(text);
        return matcher.matches()
                ? new SnapshotKey(
                        matcher.group(1), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)))
                : null;
    }
}
