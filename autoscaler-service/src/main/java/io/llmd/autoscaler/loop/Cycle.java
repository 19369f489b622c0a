package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import java.time.Instant;
import java.util.List;

/**
 * One cycle: what was known and what was decided. Enough to decide the same again.
 *
 * @param id unlike any other of this process
 * @param at when
 * @param nowSeconds the same on the clock of the loop
 * @param input what was known
 * @param before what earlier cycles had left
 * @param decided what was decided
 * @param published the same, with the numbers that people had set
 * @param advised variants whose numbers are only advice
 * @param isLeaders whether this process led when it was decided: others only show the numbers of the one that does
 * @param sharedSeconds how old the numbers of another process that are shown here were; 0 of own numbers
 */
public record Cycle(
        String id,
        Instant at,
        double nowSeconds,
        FleetInput input,
        Memory before,
        List<Decision> decided,
        List<Decision> published,
        List<String> advised,
        boolean isLeaders,
        double sharedSeconds) {

    public Cycle {
        decided = List.copyOf(decided);
        published = List.copyOf(published);
        advised = List.copyOf(advised);
    }
}
