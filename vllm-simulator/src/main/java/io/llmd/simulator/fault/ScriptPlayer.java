package io.llmd.simulator.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;

/** Plays one script at a time. Safe from any thread. */
public final class ScriptPlayer implements AutoCloseable {
    private final FaultSwitch faults;
    private final FaultTimer timer;
    private final LongSupplier nanoClock;
    private @Nullable Play current;

    /** @param nanoClock time in nanoseconds since any moment */
    public ScriptPlayer(FaultSwitch faults, FaultTimer timer, LongSupplier nanoClock) {
        this.faults = faults;
        this.timer = timer;
        this.nanoClock = nanoClock;
    }

    /**
     * Begins a script now, in the place of the former one.
     *
     * @throws IllegalArgumentException if the endpoint cannot have one of its faults
     */
    public synchronized void play(FaultScript script) {
        script.entries().forEach(entry -> faults.requireAllowed(FaultFields.change(Faults.NONE, entry.set())));
        close();
        current = new Play(script, nanoClock.getAsLong());
        current.scheduleNext();
    }

    /** Ends the script. What it has set for a time is switched off, other things stay. */
    @Override
    public synchronized void close() {
        if (current != null) {
            current.stop();
            current = null;
        }
    }

    /** Appends the entries and how far they are. */
    synchronized void write(ArrayNode array) {
        if (current != null) {
            current.write(array);
        }
    }

    private enum State {
        WAITING,
        ACTIVE,
        OVER
    }

    /** The begin or the end of an entry. */
    private record Event(Duration at, boolean isEnd, int entry) {}

    /** A script that is played; guarded by the player. What happens at one time happens in order, ends first. */
    private final class Play {
        private final List<FaultScript.Entry> entries;
        private final List<State> states;
        private final List<Event> events = new ArrayList<>();
        private final long start;
        private int next;
        private Runnable cancel = () -> {};

        Play(FaultScript script, long start) {
            this.start = start;
            entries = script.entries();
            states = new ArrayList<>(
                    entries.stream().map(ignored -> State.WAITING).toList());
            for (int i = 0; i < entries.size(); i++) {
                FaultScript.Entry entry = entries.get(i);
                events.add(new Event(entry.at(), false, i));
                if (entry.length() != null) {
                    events.add(new Event(entry.at().plus(entry.length()), true, i));
                }
            }
            events.sort(Comparator.comparing(Event::at).thenComparing(event -> !event.isEnd()));
        }

        void scheduleNext() {
            if (next < events.size()) {
                long due = start + events.get(next).at().toNanos();
                cancel = timer.after(due - nanoClock.getAsLong(), this::runDue);
            }
        }

        private void runDue() {
            synchronized (ScriptPlayer.this) {
                if (current != this) {
                    return;
                }
                Duration now = events.get(next).at();
                while (next < events.size() && events.get(next).at().equals(now)) {
                    run(events.get(next++));
                }
                scheduleNext();
            }
        }

        private void run(Event event) {
            FaultScript.Entry entry = entries.get(event.entry());
            if (event.isEnd()) {
                states.set(event.entry(), State.OVER);
                faults.set(old -> FaultFields.without(old, entry.set()));
            } else {
                states.set(event.entry(), State.ACTIVE);
                faults.set(old -> FaultFields.change(old, entry.set()));
            }
        }

        void stop() {
            cancel.run();
            for (int i = 0; i < entries.size(); i++) {
                FaultScript.Entry entry = entries.get(i);
                if (states.get(i) == State.ACTIVE && entry.length() != null) {
                    faults.set(old -> FaultFields.without(old, entry.set()));
                }
            }
        }

        void write(ArrayNode array) {
            for (int i = 0; i < entries.size(); i++) {
                array.add(
                        entries.get(i).write().put("state", states.get(i).name().toLowerCase(Locale.ROOT)));
            }
        }
    }
}
