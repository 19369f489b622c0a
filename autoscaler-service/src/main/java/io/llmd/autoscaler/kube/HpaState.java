package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What matters of an HPA.
 *
 * @param name its name
 * @param target kind and name of its target, with a slash between them
 * @param min fewest replicas
 * @param max most replicas
 * @param upTolerance share of a change upwards up to which it does nothing
 * @param downTolerance the same downwards
 * @param isDirect whether it makes what its metric says and remembers nothing: it has one metric and no stabilisation downwards
 */
record HpaState(
        String name, String target, int min, int max, double upTolerance, double downTolerance, boolean isDirect) {

    /** Of the controller manager, where an HPA has none of its own. */
    static final double USUAL_TOLERANCE = 0.1;

    static HpaState of(GenericKubernetesResource hpa) {
        return new HpaState(
                hpa.getMetadata().getName(),
                hpa.get("spec", "scaleTargetRef", "kind") + "/" + hpa.get("spec", "scaleTargetRef", "name"),
                number(hpa.get("spec", "minReplicas"), 1),
                number(hpa.get("spec", "maxReplicas"), Integer.MAX_VALUE),
                tolerance(hpa, "scaleUp"),
                tolerance(hpa, "scaleDown"),
                isDirect(hpa));
    }

    private static boolean isDirect(GenericKubernetesResource hpa) {
        Object down = hpa.get("spec", "behavior", "scaleDown");
        Object window = down instanceof Map<?, ?> rules ? rules.get("stabilizationWindowSeconds") : null;
        return window instanceof Number seconds
                && seconds.intValue() == 0
                && hpa.get("spec", "metrics") instanceof List<?> metrics
                && metrics.size() == 1;
    }

    private static int number(@Nullable Object value, int absent) {
        return value instanceof Number number ? number.intValue() : absent;
    }

    private static double tolerance(GenericKubernetesResource hpa, String direction) {
        Object behavior = hpa.get("spec", "behavior", direction);
        Object said = behavior instanceof Map<?, ?> rules ? rules.get("tolerance") : null;
        return said == null ? USUAL_TOLERANCE : quantity(String.valueOf(said));
    }

    /** {@code 0}, {@code 0.05} and {@code 50m}; what is none of these is as if nothing was said. */
    private static double quantity(String text) {
        if (text.matches("\\d{1,9}m")) {
            return Double.parseDouble(text.substring(0, text.length() - 1)) / 1_000;
        }
        return text.matches("\\d{1,3}(\\.\\d{1,9})?") ? Double.parseDouble(text) : USUAL_TOLERANCE;
    }

    /** Whether it does nothing although it is told a number, because the change is too small for it. */
    boolean ignores(int current, int desired) {
        if (current == 0 || current == desired) {
            return false;
        }
        double ratio = (double) desired / current;
        return Math.abs(ratio - 1) <= (desired > current ? upTolerance : downTolerance) + 1e-9;
    }
}
