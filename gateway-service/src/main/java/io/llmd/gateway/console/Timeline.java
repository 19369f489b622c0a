package io.llmd.gateway.console;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The last quarter of an hour in steps of a second, for charts. Safe from any thread. */
final class Timeline {

    private static final int SECONDS = 15 * 60;

    private final Deque<Frame> frames = new ArrayDeque<>();

    /** Columns of equal length, oldest first; what was not known is null. */
    record Columns(
            List<@Nullable Number> at,
            List<@Nullable Number> requestsPerSecond,
            List<@Nullable Number> failedShare,
            List<@Nullable Number> refusedShare,
            List<@Nullable Number> firstByteP50,
            List<@Nullable Number> firstByteP99,
            List<@Nullable Number> outputTokensPerSecond,
            List<@Nullable Number> waiting,
            List<@Nullable Number> saturation,
            List<@Nullable Number> inFlight) {}

    synchronized void add(Frame frame) {
        frames.addLast(frame);
        if (frames.size() > SECONDS) {
            frames.removeFirst();
        }
    }

    synchronized Columns columns() {
        return new Columns(
                column(frame -> frame.at() / 1_000),
                column(frame -> frame.now().requestsPerSecond()),
                column(frame -> frame.now().failedShare()),
                column(frame -> frame.now().refusedShare()),
                column(frame -> seconds(frame.now().firstByteP50Micros())),
                column(frame -> seconds(frame.now().firstByteP99Micros())),
                column(frame -> frame.now().outputTokensPerSecond()),
                column(frame -> frame.now().waiting()),
                column(frame -> frame.now().saturation()),
                column(frame -> frame.now().inFlight()));
    }

    private List<@Nullable Number> column(Function<Frame, @Nullable Number> value) {
        List<@Nullable Number> column = new ArrayList<>(frames.size());
        for (Frame frame : frames) {
            column.add(value.apply(frame));
        }
        return column;
    }

    private static @Nullable Double seconds(@Nullable Long micros) {
        return micros == null ? null : micros / 1e6;
    }
}
