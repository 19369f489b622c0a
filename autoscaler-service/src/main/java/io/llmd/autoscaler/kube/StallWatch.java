package io.llmd.autoscaler.kube;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Notices numbers that nobody carries out, and says why. An HPA does nothing about a change of less than its tolerance, which is a
 * tenth unless it says otherwise: 11 replicas instead of 10 are never made. For one thread.
 */
final class StallWatch {

    /** Time between two looks of an HPA. */
    static final double SYNC_SECONDS = 15;

    private static final int SYNCS = 3;

    /**
     * How long a number has waited.
     *
     * @param lagSeconds since when target and number differ; 0 where they do not
     * @param reason why it is stalled; empty while it is not
     */
    record Lag(double lagSeconds, String reason) {

        static final Lag NONE = new Lag(0, "");

        boolean isStalled() {
            return !reason.isEmpty();
        }
    }

    private record Waiting(int desired, int specified, double since) {}

    private final Map<String, Waiting> waiting = new HashMap<>();

    /**
     * Looks at a variant.
     *
     * @param specified what its target asks for
     * @param hpas HPAs of its namespace; null where they are not known
     */
    Lag look(KubeVariant variant, int desired, int specified, @Nullable List<HpaState> hpas, double nowSeconds) {
        Waiting known = waiting.get(variant.id());
        String owner = variant.actuation() == Actuation.SCALE ? owner(variant, hpas) : "";
        if (!owner.isEmpty()) {
            return new Lag(known == null ? 0 : nowSeconds - known.since(), owner);
        }
        if (desired == specified || variant.actuation() == Actuation.ADVISORY) {
            waiting.remove(variant.id());
            return Lag.NONE;
        }
        if (known == null || known.desired() != desired || known.specified() != specified) {
            // Another number, or a target that moves, is progress.
            known = new Waiting(desired, specified, nowSeconds);
            waiting.put(variant.id(), known);
        }
        double lag = nowSeconds - known.since();
        return new Lag(lag, lag >= SYNCS * SYNC_SECONDS ? reason(variant, desired, specified, hpas) : "");
    }

    /** Who else scales a target that is to be scaled here; empty while nobody is known to. */
    private static String owner(KubeVariant variant, @Nullable List<HpaState> hpas) {
        List<String> others = hpas == null
                ? List.of()
                : of(variant, hpas).stream().map(HpaState::name).sorted().toList();
        return others.isEmpty()
                ? ""
                : "TWO_OWNERS: " + others + " have the same target (expected: none, or actuation metric)";
    }

    /** Whether a target may be scaled here: HPAs are known, and none has it. */
    static boolean isUnowned(KubeVariant variant, @Nullable List<HpaState> hpas) {
        return hpas != null && of(variant, hpas).isEmpty();
    }

    /** Forgets variants that are not among these. */
    void retain(List<KubeVariant> variants) {
        waiting.keySet().retainAll(variants.stream().map(KubeVariant::id).toList());
    }

    private static String reason(KubeVariant variant, int desired, int specified, @Nullable List<HpaState> hpas) {
        if (hpas == null) {
            return "NOT_CARRIED_OUT: HPAs cannot be read";
        }
        if (variant.actuation() == Actuation.SCALE) {
            return "NOT_CARRIED_OUT: the scale subresource stays at " + specified;
        }
        List<HpaState> ours = of(variant, hpas);
        if (ours.isEmpty()) {
            return "NO_HPA: no HPA has this target";
        }
        if (ours.size() > 1) {
            return "TWO_HPAS: " + ours.stream().map(HpaState::name).sorted().toList() + " have the same target";
        }
        HpaState hpa = ours.getFirst();
        if (desired > hpa.max() || desired < hpa.min()) {
            return "HPA_BOUNDS: " + hpa.name() + " allows " + hpa.min() + " to " + hpa.max();
        }
        return hpa.ignores(specified, desired)
                ? "HPA_TOLERANCE: " + hpa.name() + " ignores " + specified + " to " + desired
                        + " (expected: behavior.scaleUp.tolerance and scaleDown.tolerance 0, or actuation scale)"
                : "NOT_CARRIED_OUT: " + hpa.name() + " stays at " + specified;
    }

    /** HPAs of a variant's target. */
    static List<HpaState> of(KubeVariant variant, List<HpaState> hpas) {
        String target = variant.target().kind() + "/" + variant.target().name();
        return hpas.stream().filter(hpa -> hpa.target().equals(target)).toList();
    }
}
