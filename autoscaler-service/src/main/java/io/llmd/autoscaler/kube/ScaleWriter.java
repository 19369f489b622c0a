package io.llmd.autoscaler.kube;

import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.kube.KubeException;
import io.llmd.kube.KubeObjects;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes the scale subresource of targets to what was decided, and nothing else of them. A target whose number is no longer the one
 * that the decision began with is left to the next cycle, which takes that number as somebody's wish. Before pods of a Deployment go,
 * they are marked by the tokens that they hold, so that those with the fewest go first. A change that the API refuses, because of a
 * quota or a right, is tried again after a pause, which doubles; a lower number at once. For one thread.
 */
final class ScaleWriter {

    private static final Logger LOG = LoggerFactory.getLogger(ScaleWriter.class);
    private static final int GONE = 404;
    private static final int CONFLICT = 409;
    private static final double FIRST_PAUSE_SECONDS = 20;
    private static final double LONGEST_PAUSE_SECONDS = 300;

    /** A number that the API did not take. */
    private record Refusal(int desired, double pauseSeconds, double untilSeconds, String reason) {}

    private final Map<String, Refusal> refusals = new HashMap<>();
    private final KubeObjects api;
    private final Function<KubeVariant, Map<String, String>> pods;

    /** @param pods names of the pods of a variant, with their ids */
    ScaleWriter(KubeObjects api, Function<KubeVariant, Map<String, String>> pods) {
        this.api = api;
        this.pods = pods;
    }

    /**
     * Carries out a number.
     *
     * @param heldTokens tokens that replicas hold, by id
     * @param nowSeconds on a clock that never goes back
     * @return the number that its target asks for now; empty when that is not known
     */
    OptionalInt carryOut(
            KubeVariant variant, VariantDecision decided, Map<String, Double> heldTokens, double nowSeconds) {
        Refusal refusal = refusals.get(variant.id());
        if (refusal != null && nowSeconds < refusal.untilSeconds() && decided.desired() >= refusal.desired()) {
            return OptionalInt.empty();
        }
        TargetRef target = variant.target();
        try {
            Map<String, Object> scale = api.get(target.scalePath());
            int specified = specified(scale);
            if (specified != decided.current() || specified == decided.desired()) {
                refusals.remove(variant.id());
                return OptionalInt.of(specified);
            }
            if (decided.desired() < specified && target.kind().equals("Deployment")) {
                mark(variant, heldTokens);
            }
            api.mergePatch(
                    target.scalePath(),
                    Map.of(
                            "metadata",
                            Map.of("resourceVersion", version(scale)),
                            "spec",
                            Map.of("replicas", decided.desired())));
            refusals.remove(variant.id());
            LOG.atInfo()
                    .addKeyValue("variant", variant.id())
                    .addKeyValue("current", specified)
                    .addKeyValue("desired", decided.desired())
                    .log("a target was scaled");
            return OptionalInt.of(decided.desired());
        } catch (KubeException e) {
            failed(variant, decided, e, nowSeconds);
            return OptionalInt.empty();
        }
    }

    private void failed(KubeVariant variant, VariantDecision decided, KubeException e, double nowSeconds) {
        if (e.status() == CONFLICT) {
            return;
        }
        if (e.status() >= 400 && e.status() < 500 && e.status() != GONE) {
            Refusal former = refusals.get(variant.id());
            double pause =
                    former == null ? FIRST_PAUSE_SECONDS : Math.min(2 * former.pauseSeconds(), LONGEST_PAUSE_SECONDS);
            refusals.put(
                    variant.id(),
                    new Refusal(decided.desired(), pause, nowSeconds + pause, "REFUSED: " + e.getMessage()));
            return;
        }
        LOG.atWarn()
                .addKeyValue("variant", variant.id())
                .addKeyValue("reason", e.getMessage())
                .log("a target cannot be scaled");
    }

    /** Why the API did not take the last number; empty when it did. */
    String refused(KubeVariant variant) {
        Refusal refusal = refusals.get(variant.id());
        return refusal == null ? "" : refusal.reason();
    }

    /** Forgets variants that are not among these. */
    void retain(List<KubeVariant> variants) {
        refusals.keySet().retainAll(variants.stream().map(KubeVariant::id).toList());
    }

    private static int specified(Map<String, Object> scale) throws KubeException {
        // A scale of nothing has no number at all.
        if (!(scale.get("spec") instanceof Map<?, ?> spec)) {
            throw new KubeException("a scale without spec", 0, new IllegalStateException("no spec"));
        }
        return spec.get("replicas") instanceof Number number ? number.intValue() : 0;
    }

    private static String version(Map<String, Object> scale) throws KubeException {
        if (scale.get("metadata") instanceof Map<?, ?> meta && meta.get("resourceVersion") instanceof String version) {
            return version;
        }
        throw new KubeException("a scale without version", 0, new IllegalStateException("no version"));
    }

    /** A pod that cannot be marked, because it is gone perhaps, changes no other. */
    private void mark(KubeVariant variant, Map<String, Double> heldTokens) {
        Map<String, String> ids = pods.apply(variant);
        Map<String, Double> held = new HashMap<>();
        ids.forEach((name, id) -> {
            Double tokens = heldTokens.get(id);
            if (tokens != null) {
                held.put(name, tokens);
            }
        });
        DeletionCosts.of(ids.keySet(), held).forEach((name, cost) -> {
            try {
                api.mergePatch(
                        "/api/v1/namespaces/" + variant.target().namespace() + "/pods/" + name,
                        Map.of(
                                "metadata",
                                Map.of("annotations", Map.of(DeletionCosts.ANNOTATION, String.valueOf(cost)))));
            } catch (KubeException e) {
                LOG.atWarn()
                        .addKeyValue("endpoint", name)
                        .addKeyValue("reason", e.getMessage())
                        .log("a pod's deletion cost cannot be set");
            }
        });
    }
}
