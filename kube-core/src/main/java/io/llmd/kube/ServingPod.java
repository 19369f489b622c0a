package io.llmd.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pod as far as it matters to who sends it requests, or reads what it publishes: both have to give its endpoints the same names.
 *
 * @param namespace its namespace
 * @param name its name
 * @param uid tells it from an earlier pod of the same name
 * @param address IP address, null while it has none
 * @param serves whether it is ready and not about to end
 * @param labels its labels, and {@value #HOSTNAME} from its node where they do not say it
 * @param activePorts annotation that says which target ports serve, null when absent
 */
public record ServingPod(
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

    /**
     * One endpoint of a pod.
     *
     * @param name {@code <pod>-rank-<index>}
     * @param port its target port
     * @param index place of the port among those of the pool
     */
    public record Rank(String name, int port, int index) {}

    public ServingPod {
        labels = Map.copyOf(labels);
    }

    /** What matters of a pod. */
    public static ServingPod of(Pod pod) {
        Map<String, String> annotations =
                Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
        PodStatus status = pod.getStatus();
        return new ServingPod(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                Objects.requireNonNullElse(pod.getMetadata().getUid(), ""),
                status == null ? null : status.getPodIP(),
                pod.getMetadata().getDeletionTimestamp() == null && isReady(status),
                labels(pod),
                annotations.getOrDefault(ACTIVE_PORTS, annotations.get(FORMER_ACTIVE_PORTS)));
    }

    /** Endpoints of the pod: those of its target ports that serve. @param ports target ports, in the order of their ranks */
    public List<Rank> ranks(List<Integer> ports) {
        if (!serves || address == null || address.isEmpty()) {
            return List.of();
        }
        Set<Integer> active = ActivePorts.read(activePorts);
        List<Rank> ranks = new ArrayList<>(ports.size());
        for (int index = 0; index < ports.size(); index++) {
            int port = ports.get(index);
            if (active == null || active.contains(port)) {
                ranks.add(new Rank(name + "-rank-" + index, port, index));
            }
        }
        return ranks;
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
