package io.llmd.launcher.bench;

import java.io.IOException;
import java.util.List;

/** Something that a service has to hold under a load that is said. */
interface BarFigure {

    /** Its number in docs/benchmarks.md, such as {@code L1}. */
    String id();

    /** What is done, in a few words. */
    String title();

    /** Whether services are measured on a core of their own. */
    default boolean isPinned() {
        return true;
    }

    /**
     * Takes the figure: starts what it needs, and ends it.
     *
     * @throws BenchFailure if it cannot be taken
     */
    List<GoalLine> take(BarRun run) throws IOException, InterruptedException;
}
