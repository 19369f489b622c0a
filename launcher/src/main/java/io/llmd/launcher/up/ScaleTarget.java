package io.llmd.launcher.up;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.terminal.Durations;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Lets the endpoints of a trial come and go as the autoscaler decides, as a Deployment would: an endpoint is asked for, takes its
 * time to start, is listed for the scheduler once it is well; it is taken from the list, answers what it has, and only then ends.
 *
 * <p>There are two lists. The scheduler's has the endpoints that are ready. The autoscaler's has those that start as well, so that it
 * credits them and measures how long they take. When no decision is known nothing changes. An endpoint that is still listed, because
 * a list could not be written, does not end, nor does one that does not say what it has to do, before a limit. {@link #step} is called by one thread;
 * {@link #close} by any.
 */
final class ScaleTarget implements AutoCloseable {

    /** Until the scheduler has surely read its list again, and what it had decided before has arrived. */
    private static final Duration LIST_GRACE = Duration.ofSeconds(3);

    /** How long no request may have been there before an endpoint ends. */
    private static final Duration QUIET = Duration.ofSeconds(1);

    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(120);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

    private final Scaling scaling;
    private final TrialFiles files;
    private final IntFunction<TrialPart> parts;
    private final Trial trial;
    private final Wanted wanted;
    private final Terminal terminal;
    private final Runnable changed;
    private final HealthProbe probe = new HealthProbe(PROBE_TIMEOUT);
    private final List<ScalePod> pods = new ArrayList<>();
    private @Nullable Integer shown;
    private List<Integer> servingWritten;
    private List<Integer> listedWritten;
    private boolean isClosed;

    /**
     * A target whose first endpoints run already.
     *
     * @param first their parts, by number
     * @param parts makes the part of another number
     * @param changed called when parts have come or gone
     */
    ScaleTarget(
            Scaling scaling,
            TrialFiles files,
            Map<Integer, TrialPart> first,
            IntFunction<TrialPart> parts,
            Trial trial,
            Wanted wanted,
            Terminal terminal,
            Runnable changed) {
        this.scaling = scaling;
        this.files = files;
        this.parts = parts;
        this.trial = trial;
        this.wanted = wanted;
        this.terminal = terminal;
        this.changed = changed;
        first.forEach((number, part) -> pods.add(new ScalePod(number, part, ScalePod.State.READY, 0)));
        servingWritten = numbers(ScalePod.State.READY);
        listedWritten = listed();
    }

    /**
     * Compares what is there with what is wanted, and goes on with what was begun.
     *
     * @throws java.io.UncheckedIOException when a list cannot be written; the next step tries it again
     */
    void step(long nowNanos) throws InterruptedException {
        long begin = System.nanoTime();
        Optional<Wanted.Decision> decision = wanted.last();
        synchronized (this) {
            if (isClosed) {
                return;
            }
            if (decision.isPresent()) {
                reconcile(decision.get(), nowNanos);
            }
            for (ScalePod pod : List.copyOf(pods)) {
                advance(pod, nowNanos);
            }
            List<Integer> serving = numbers(ScalePod.State.READY);
            List<Integer> listed = listed();
            boolean isChanged = !serving.equals(servingWritten) || !listed.equals(listedWritten);
            if (isChanged) {
                files.list(serving, listed);
                servingWritten = serving;
                listedWritten = listed;
            }
            // Only now is it true, however long the step has taken.
            long writtenNanos = nowNanos + (System.nanoTime() - begin);
            pods.stream()
                    .filter(pod -> pod.state() == ScalePod.State.DRAINING)
                    .forEach(pod -> pod.unlisted(writtenNanos));
            if (isChanged) {
                changed.run();
            }
        }
    }

    private List<Integer> numbers(ScalePod.State state) {
        return pods.stream()
                .filter(pod -> pod.state() == state)
                .map(ScalePod::number)
                .sorted()
                .toList();
    }

    private List<Integer> listed() {
        return present().stream().map(ScalePod::number).sorted().toList();
    }

    /** All but those that end. */
    private List<ScalePod> present() {
        return pods.stream()
                .filter(pod -> pod.state() != ScalePod.State.DRAINING)
                .toList();
    }

    private void reconcile(Wanted.Decision decision, long nowNanos) throws InterruptedException {
        int goal = Math.clamp(decision.replicas(), 1, scaling.most());
        int now = present().size();
        if (goal != now && (shown == null || shown != goal)) {
            show(decision, now, goal);
        }
        shown = goal;
        for (int count = now; count < goal; count++) {
            if (!ask(nowNanos)) {
                break;
            }
        }
        if (goal < now) {
            retire(now - goal, nowNanos);
        }
    }

    private void show(Wanted.Decision decision, int now, int goal) {
        String attainment = Double.isNaN(decision.attainment())
                ? "attainment not known yet"
                : String.format(Locale.ROOT, "%.1f %% kept their targets", 100 * decision.attainment());
        terminal.println(String.format(
                Locale.ROOT,
                " scale  %d -> %d endpoints   %.2f an hour   %s",
                now,
                goal,
                decision.costPerHour(),
                attainment));
        terminal.println("        why not less: " + decision.whyNotLess());
        terminal.println("        why not more: " + decision.whyNotMore());
    }

    /** Asks for another endpoint, with the lowest number that is free; those that still end keep theirs. */
    private boolean ask(long nowNanos) {
        SortedSet<Integer> taken = new TreeSet<>();
        pods.forEach(pod -> taken.add(pod.number()));
        for (int number = 1; number <= scaling.most(); number++) {
            if (!taken.contains(number)) {
                pods.add(new ScalePod(number, parts.apply(number), ScalePod.State.PENDING, nowNanos));
                return true;
            }
        }
        return false;
    }

    /** Those that have not started go first, then those with the fewest requests, of which those that do not answer count as the busiest; of equal ones the last. */
    private void retire(int count, long nowNanos) throws InterruptedException {
        Map<ScalePod, Long> requests = new HashMap<>();
        for (ScalePod pod : present()) {
            requests.put(
                    pod,
                    pod.state() == ScalePod.State.READY
                            ? InFlight.of(pod.part().url()).orElse(Long.MAX_VALUE)
                            : -1);
        }
        List<ScalePod> victims = present().stream()
                .sorted(Comparator.comparingLong((ScalePod pod) -> requests.getOrDefault(pod, 0L))
                        .thenComparing(Comparator.comparingInt(ScalePod::number).reversed()))
                .limit(count)
                .toList();
        for (ScalePod pod : victims) {
            if (pod.state() == ScalePod.State.PENDING) {
                pods.remove(pod);
            } else {
                say(pod, "drains");
                pod.become(ScalePod.State.DRAINING, nowNanos);
            }
        }
    }

    private void advance(ScalePod pod, long nowNanos) throws InterruptedException {
        switch (pod.state()) {
            case PENDING -> {
                if (pod.age(nowNanos) >= scaling.coldStart().toNanos()) {
                    begin(pod, nowNanos);
                }
            }
            case STARTING -> {
                if (probe.ask(URI.create(pod.part().health())).isHealthy()) {
                    pod.become(ScalePod.State.READY, nowNanos);
                    say(pod, "ready");
                } else if (!pod.part().isAlive() || pod.age(nowNanos) > START_LIMIT.toNanos()) {
                    say(pod, "did not start");
                    end(pod);
                }
            }
            case READY -> {
                if (!pod.part().isAlive()) {
                    say(pod, "has ended by itself");
                    end(pod);
                }
            }
            case DRAINING -> drain(pod, nowNanos);
        }
    }

    private void begin(ScalePod pod, long nowNanos) {
        try {
            trial.add(pod.part());
            // Whoever cleans up after a process that died has to know of this one, ready or not.
            changed.run();
            pod.become(ScalePod.State.STARTING, nowNanos);
            say(pod, "starts");
        } catch (RuntimeException e) {
            say(pod, "cannot start: " + e.getMessage());
            end(pod);
        }
    }

    private void drain(ScalePod pod, long nowNanos) throws InterruptedException {
        OptionalLong requests = InFlight.of(pod.part().url());
        // What is not known counts as work: an endpoint that is too busy to say so is no idle one.
        boolean isQuiet = pod.unlistedFor(nowNanos) >= LIST_GRACE.toNanos()
                && pod.idle(requests.orElse(1), nowNanos) >= QUIET.toNanos();
        if (isQuiet
                || pod.unlistedFor(nowNanos) > DRAIN_LIMIT.toNanos()
                || !pod.part().isAlive()) {
            end(pod);
            say(pod, "ended after " + Durations.seconds(Duration.ofNanos(pod.age(nowNanos))) + brokenOff(requests));
        }
    }

    private static String brokenOff(OptionalLong requests) {
        if (requests.isEmpty()) {
            return ", with requests that are not known";
        }
        return requests.getAsLong() > 0 ? ", broke off " + requests.getAsLong() + " requests" : "";
    }

    private void end(ScalePod pod) {
        pods.remove(pod);
        pod.part().stop(STOP_PATIENCE);
        trial.remove(pod.part());
        changed.run();
    }

    private void say(ScalePod pod, String what) {
        terminal.println(" " + pod.part().name() + "  " + what);
    }

    /** Nothing comes or goes any more; what runs is the trial's to end. */
    @Override
    public synchronized void close() {
        isClosed = true;
    }
}
