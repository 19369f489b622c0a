package io.llmd.autoscaler.planner;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What earlier cycles leave to later ones, for a variant. Immutable.
 *
 * @param published number that was published last; -1 before the first
 * @param specified number that was asked for when it was; while something was missing, none smaller than before
 * @param needed numbers that were needed and may still decide a window, oldest and largest first
 * @param changes changes of the published number, oldest first
 * @param backlog the largest number that was needed since requests have been waiting, and when; absent while none do
 * @param activatedAt when it was last started from nothing; negative infinity when it never was
 * @param starts how its starts go
 */
public record VariantMemory(
        int published,
        int specified,
        List<Needed> needed,
        List<Change> changes,
        @Nullable Needed backlog,
        double activatedAt,
        Starts starts) {

    static final double LONGEST_WINDOW = 1_800;

    /** A number that was needed at a time. */
    public record Needed(double atSeconds, int replicas) {}

    /**
     * A change of the published number.
     *
     * @param passing how much of it was for requests that wait: added for them, or taken away after they were served
     */
    public record Change(double atSeconds, int by, int passing) {}

    /** Nothing yet. */
    public static final VariantMemory EMPTY =
            new VariantMemory(-1, -1, List.of(), List.of(), null, Double.NEGATIVE_INFINITY, Starts.NONE);

    public VariantMemory {
        needed = List.copyOf(needed);
        changes = List.copyOf(changes);
    }

    /** Whether somebody else has changed the number since. What lies on the way to the published number is not foreign. */
    boolean isForeign(int specifiedNow) {
        return published >= 0
                && (specifiedNow < Math.min(published, specified) || specifiedNow > Math.max(published, specified));
    }

    /**
     * With another number that was needed. Those that no window reaches are forgotten, and so are earlier ones that are not larger:
     * every window that has them has this one too. So the list is short however often is decided.
     */
    VariantMemory with(double atSeconds, int replicas) {
        List<Needed> all = new ArrayList<>(needed);
        all.removeIf(each -> each.atSeconds() < atSeconds - LONGEST_WINDOW || each.replicas() <= replicas);
        all.add(new Needed(atSeconds, replicas));
        return new VariantMemory(published, specified, all, changes, backlog, activatedAt, starts);
    }

    /** With the number that is needed while requests wait; 0 when none do. */
    VariantMemory backlogged(double atSeconds, int replicas) {
        Needed most = replicas == 0 ? null : new Needed(atSeconds, replicas);
        boolean isKept = most != null && backlogged(atSeconds) > replicas;
        return new VariantMemory(published, specified, needed, changes, isKept ? backlog : most, activatedAt, starts);
    }

    /** The largest number that was needed since requests have been waiting, within the longest window; 0 while none do. */
    int backlogged(double nowSeconds) {
        Needed most = backlog;
        return most == null || most.atSeconds() < nowSeconds - LONGEST_WINDOW ? 0 : most.replicas();
    }

    /** With how starts go. */
    VariantMemory starting(Starts seen) {
        return new VariantMemory(published, specified, needed, changes, backlog, activatedAt, seen);
    }

    /** With a number in place of all that were needed before. */
    VariantMemory begunWith(double atSeconds, int replicas) {
        return new VariantMemory(
                published, specified, List.of(new Needed(atSeconds, replicas)), changes, backlog, activatedAt, starts);
    }

    /** The largest number that was needed within a window. */
    int most(double nowSeconds, double windowSeconds) {
        int most = 0;
        for (Needed each : needed) {
            most = each.atSeconds() > nowSeconds - windowSeconds ? Math.max(most, each.replicas()) : most;
        }
        return most;
    }

    /** When the number was raised last; negative infinity when that was long ago. */
    double grownAt() {
        double last = Double.NEGATIVE_INFINITY;
        for (Change change : changes) {
            last = change.by() > 0 ? change.atSeconds() : last;
        }
        return last;
    }

    /** Replicas that were taken away within a period. */
    int removed(double nowSeconds, double periodSeconds) {
        int removed = 0;
        for (Change change : changes) {
            removed += change.atSeconds() > nowSeconds - periodSeconds ? Math.max(0, -change.by()) : 0;
        }
        return removed;
    }

    /** How often the direction has changed within half an hour; what comes and goes with requests that wait is no turn. */
    int turns(double nowSeconds) {
        int turns = 0;
        int last = 0;
        for (Change change : changes) {
            if (change.atSeconds() > nowSeconds - LONGEST_WINDOW) {
                int by = change.by() - change.passing();
                turns += last * by < 0 ? 1 : 0;
                last = by == 0 ? last : Integer.signum(by);
            }
        }
        return turns;
    }

    /** Replicas that were added for requests that wait and have not been taken away since. */
    int passing() {
        return Math.max(0, changes.stream().mapToInt(Change::passing).sum());
    }

    /** After a number was published. @param passing of the change, what was for requests that wait */
    VariantMemory publish(double atSeconds, int before, int now, int specifiedNow, int passing) {
        List<Change> all = new ArrayList<>(changes);
        all.removeIf(each -> each.atSeconds() < atSeconds - LONGEST_WINDOW);
        if (now != before) {
            all.add(new Change(atSeconds, now - before, passing));
        }
        double activated = before == 0 && now > 0 ? atSeconds : activatedAt;
        return new VariantMemory(now, specifiedNow, needed, all, backlog, activated, starts);
    }
}
