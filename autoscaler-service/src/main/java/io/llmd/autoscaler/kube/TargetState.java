package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import org.jspecify.annotations.Nullable;

/**
 * What matters of a target.
 *
 * @param specified replicas that are asked for
 * @param isRolledOut whether some of its replicas are of an earlier version
 */
record TargetState(int specified, boolean isRolledOut) {

    static TargetState of(GenericKubernetesResource resource) {
        // Kubernetes means one where nothing is said.
        int specified = number(resource.get("spec", "replicas"), 1);
        int all = number(resource.get("status", "replicas"), 0);
        int updated = number(resource.get("status", "updatedReplicas"), all);
        return new TargetState(Math.max(0, specified), updated < all);
    }

    private static int number(@Nullable Object value, int absent) {
        return value instanceof Number number ? number.intValue() : absent;
    }
}
