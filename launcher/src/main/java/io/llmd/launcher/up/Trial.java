package io.llmd.launcher.up;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.terminal.Durations;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Parts that start in phases and stop in the opposite order. {@link #stop} may come while {@link #start} goes on. */
final class Trial {

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 50;
    private static final int MAX_REASON = 400;

    private final List<List<TrialPart>> phases;
    private final Duration startLimit;
    private final Duration stopPatience;
    private final Terminal terminal;
    private final List<TrialPart> begun = new ArrayList<>();
    private final List<TrialPart> present = new CopyOnWriteArrayList<>();
    private boolean stopped;

    /**
     * @param startLimit longest time until one part is well
     * @param stopPatience longest time that one part may take to end
     */
    Trial(List<List<TrialPart>> phases, Duration startLimit, Duration stopPatience, Terminal terminal) {
        this.phases = phases;
        phases.forEach(present::addAll);
        this.startLimit = startLimit;
        this.stopPatience = stopPatience;
        this.terminal = terminal;
    }

    /**
     * Starts all parts, with a line for each.
     *
     * @param noted called with all parts whenever one has begun, so that its process is known even if this one dies
     * @throws StartFailure when one cannot be started or does not become well in time
     */
    void start(Consumer<List<RunState.Part>> noted) throws InterruptedException {
        HealthProbe probe = new HealthProbe(PROBE_TIMEOUT);
        int width =
                parts().stream().mapToInt(part -> part.name().length()).max().orElse(0);
        for (List<TrialPart> phase : phases) {
            long phaseStart = System.nanoTime();
            for (TrialPart part : phase) {
                begin(part);
                noted.accept(described());
            }
            for (TrialPart part : phase) {
                awaitWell(part, probe);
                String name = part.name() + " ".repeat(width - part.name().length());
                terminal.println(" " + name + "  " + terminal.good("ready") + "  "
                        + Durations.seconds(Duration.ofNanos(System.nanoTime() - phaseStart)) + "  " + part.url());
            }
        }
    }

    private void begin(TrialPart part) {
        synchronized (this) {
            if (stopped) {
                throw new StartFailure(part.name(), "stopped before its start");
            }
            begun.add(part);
        }
        try {
            part.begin();
        } catch (RuntimeException e) {
            throw new StartFailure(part.name(), reason(e));
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message =
                cause.getMessage() == null ? cause.getClass().getSimpleName() : String.valueOf(cause.getMessage());
        return message.length() > MAX_REASON ? message.substring(0, MAX_REASON) + "…" : message;
    }

    private void awaitWell(TrialPart part, HealthProbe probe) throws InterruptedException {
        long limit = System.nanoTime() + startLimit.toNanos();
        String answer = "";
        while (System.nanoTime() < limit) {
            HealthProbe.Result result = probe.ask(URI.create(part.health()));
            if (result.isHealthy()) {
                return;
            }
            answer = result.text();
            if (!part.isAlive()) {
                throw new StartFailure(part.name(), "its process ended");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        throw new StartFailure(
                part.name(), "not well after " + Durations.seconds(startLimit) + "; " + part.health() + ": " + answer);
    }

    /** All parts: those of the phases in order of starting, then those that were added. */
    List<TrialPart> parts() {
        return List.copyOf(present);
    }

    /**
     * Begins a further part, which others may need from now on: it is the last to be stopped.
     *
     * @throws StartFailure when it cannot be started
     */
    void add(TrialPart part) {
        synchronized (this) {
            if (stopped) {
                throw new StartFailure(part.name(), "stopped before its start");
            }
            begun.addFirst(part);
        }
        try {
            part.begin();
            // Only now: one that has not begun looks like one that has ended.
            present.add(part);
        } catch (RuntimeException e) {
            remove(part);
            throw new StartFailure(part.name(), reason(e));
        }
    }

    /** Forgets a part that has been stopped. */
    synchronized void remove(TrialPart part) {
        begun.remove(part);
        present.remove(part);
    }

    /** What the run file says about the parts. */
    List<RunState.Part> described() {
        return parts().stream()
                .map(part -> new RunState.Part(part.name(), part.role(), part.url(), part.health(), part.pid()))
                .toList();
    }

    /** Waits until the thread is interrupted, and says which part ends by itself meanwhile. */
    void watch() throws InterruptedException {
        Set<String> gone = new LinkedHashSet<>();
        while (true) {
            for (TrialPart part : parts()) {
                if (!isStopped() && !part.isAlive() && gone.add(part.name())) {
                    terminal.note(terminal.bad(part.name() + " has ended; the others go on") + " (./llmd logs "
                            + part.name() + ")");
                }
            }
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    /** Stops what was started, last first, and says how many requests came to their end. */
    void stop() throws InterruptedException {
        List<TrialPart> order;
        synchronized (this) {
            if (stopped) {
                return;
            }
            stopped = true;
            order = begun.reversed().stream().toList();
        }
        long begin = System.nanoTime();
        List<String> endpoints = order.stream()
                .filter(part -> part.name().startsWith("sim-"))
                .map(TrialPart::url)
                .toList();
        long before = InFlight.count(endpoints);
        boolean counted = false;
        for (TrialPart part : order) {
            if (!counted && part.name().startsWith("sim-")) {
                counted = true;
                say(before, InFlight.count(endpoints));
            }
            part.stop(stopPatience);
        }
        terminal.note("stopped in " + Durations.seconds(Duration.ofNanos(System.nanoTime() - begin)));
    }

    private void say(long before, long left) {
        terminal.note("drained " + Math.max(0, before - left) + " requests" + (left == 0 ? "" : ", broke off " + left));
    }
}
