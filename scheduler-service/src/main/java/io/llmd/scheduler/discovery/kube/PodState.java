package io.llmd.scheduler.discovery.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What matters of a pod.
 *
 * @param namespace its namespace
 * @param name its name
 * @param uid tells it from an earlier pod of the same name
 * @param address IP address, null while it has none
 * @param serves whether it is ready and not about to end
 * @param labels its labels, and {@value #HOSTNAME} from its node where they do not say it
 * @param activePorts annotation that says which target ports serve, null when absent
 */
record PodState(
        String namespace,
        String name,
        String uid,
        @Nullable String address,
        boolean serves,
        Map<String, String> labels,
        @Nullable String activePorts) {

    /** Label of nodes with their name, by which topology is read. */
    static final String HOSTNAME = "kubernetes.io/hostname";

    private static final String ACTIVE_PORTS = "llm-d.ai/active-ports";
    private static final String FORMER_ACTIVE_PORTS = "inference.networking.k8s.io/active-ports";

    PodState {
        labels = Map.copyOf(labels);
    }

    static PodState of(Pod pod) {
        Map<String, String> annotations =
                Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
        PodStatus status = pod.getStatus();
        return new PodState(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                Objects.requireNonNullElse(pod.getMetadata().getUid(), ""),
                status == null ? null : status.getPodIP(),
                pod.getMetadata().getDeletionTimestamp() == null && isReady(status),
                labels(pod),
                annotations.getOrDefault(ACTIVE_PORTS, annotations.get(FORMER_ACTIVE_PORTS)));
    }

    private static Map<String, String> labels(Pod pod) {
        Map<String, String> labels =
                Objects.requireNonNullElse(pod.getMetadata().getLabels(), Map.of());
        String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
        if (node == null || node.isEmpty() || labels.containsKey(HOSTNAME)) {
            return labels;
        }
        Map<String, String> placed = new HashMap<>(labels);
        placed.put(HOSTNAME, node);
        return placed;
    }

    private static boolean isReady(@Nullable PodStatus status) {
        if (status == null || status.getConditions() == null) {
            return false;
        }
        for (PodCondition condition : status.getConditions()) {
            if ("Ready".equals(condition.getType())) {
                return "True".equals(condition.getStatus());
            }
        }
        return false;
    }
}
