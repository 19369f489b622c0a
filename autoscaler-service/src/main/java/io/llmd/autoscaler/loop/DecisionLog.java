package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.planner.Decision;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The last cycles, at most {@value #KEPT}. Safe from any thread. */
public final class DecisionLog {

    static final int KEPT = 720;

    /** A decision and when it was published. */
    public record Dated(Instant at, Decision decision) {}

    private final Deque<Cycle> cycles = new ArrayDeque<>();
    private volatile @Nullable Cycle last;

    synchronized void add(Cycle cycle) {
        cycles.addLast(cycle);
        if (cycles.size() > KEPT) {
            cycles.removeFirst();
        }
        last = cycle;
    }

    /** The last cycle; none before the first. */
    public Optional<Cycle> last() {
        return Optional.ofNullable(last);
    }

    /** A cycle by its id. */
    public synchronized Optional<Cycle> cycle(String id) {
        return cycles.stream().filter(each -> each.id().equals(id)).findFirst();
    }

    /** The last decision about a variant that was published at {@code at} or before; the newest when that is null. */
    public synchronized Optional<Dated> of(String variant, @Nullable Instant at) {
        for (var iterator = cycles.descendingIterator(); iterator.hasNext(); ) {
            Cycle cycle = iterator.next();
            if (at == null || !cycle.at().isAfter(at)) {
                for (Decision decision : cycle.published()) {
                    if (decision.of(variant).isPresent()) {
                        return Optional.of(new Dated(cycle.at(), decision));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Decisions, newest first.
     *
     * @param model of this model alone, unless empty
     * @param since published later than this, unless null
     * @param code with this guard, unless empty
     * @param limit at most so many
     */
    public synchronized List<Dated> find(String model, @Nullable Instant since, String code, int limit) {
        List<Dated> found = new ArrayList<>();
        for (var iterator = cycles.descendingIterator(); iterator.hasNext() && found.size() < limit; ) {
            Cycle cycle = iterator.next();
            if (since != null && !cycle.at().isAfter(since)) {
                break;
            }
            for (Decision decision : cycle.published()) {
                boolean isWanted =
                        (model.isEmpty() || decision.model().equals(model)) && (code.isEmpty() || has(decision, code));
                if (isWanted && found.size() < limit) {
                    found.add(new Dated(cycle.at(), decision));
                }
            }
        }
        return found;
    }

    private static boolean has(Decision decision, String code) {
        return decision.codes().contains(code)
                || decision.variants().stream().anyMatch(each -> each.codes().contains(code));
    }
}
