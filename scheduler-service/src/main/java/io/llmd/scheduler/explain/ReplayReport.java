package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What another configuration would have decided.
 *
 * @param considered recorded decisions that were asked for
 * @param replayed those that were decided again
 * @param skipped those that cannot be, because they were rejected before endpoints were looked at, and those for which
 *     time was too short
 * @param changed those that came out differently
 * @param shares how often each endpoint was chosen, and would have been
 * @param moves from where to where decisions moved, the most frequent first
 * @param reasons why they moved, the most frequent first
 * @param changes the newest of the changed decisions, with reasons
 * @param notes what this replay cannot know
 */
public record ReplayReport(
        int considered,
        int replayed,
        int skipped,
        int changed,
        List<Share> shares,
        List<Move> moves,
        List<Reason> reasons,
        List<Change> changes,
        List<String> notes) {
    public ReplayReport {
        shares = List.copyOf(shares);
        moves = List.copyOf(moves);
        reasons = List.copyOf(reasons);
        changes = List.copyOf(changes);
        notes = List.copyOf(notes);
    }

    /** How often an endpoint was chosen, and would have been. */
    public record Share(String endpoint, int before, int after) {}

    /** Decisions that moved from one verdict to another: ids of endpoints, or the reason of a rejection. */
    public record Move(String from, String to, int count) {}

    /** A reason and how many decisions it moved. */
    public record Reason(String reason, int count) {}

    /**
     * A decision that came out differently.
     *
     * @param requestId id of the client request
     * @param decidedAt when it was decided
     * @param model model after rewriting
     * @param profile profile whose choice differs; null when the verdict itself does
     * @param before what was chosen, or the reason of the rejection
     * @param after what would have been
     * @param why reasons, the strongest first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Change(
            String requestId,
            Instant decidedAt,
            String model,
            @Nullable String profile,
            String before,
            String after,
            List<String> why) {
        public Change {
            why = List.copyOf(why);
        }
    }
}
