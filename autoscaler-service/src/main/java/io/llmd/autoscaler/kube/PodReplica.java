package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.llmd.autoscaler.collector.EndpointsFile;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Replica.Phase;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pod as a replica. Pure functions. */
final class PodReplica {

    private static final String PORT = "prometheus.io/port";
    private static final String WORKER = "leaderworkerset.sigs.k8s.io/worker-index";
    private static final int FAILING_RESTARTS = 3;
    private static final String CRASHING = "CrashLoopBackOff";

    private PodReplica() {}

    /** The replica that a pod is; none where it has ended or ends, has no variant, or is a worker of a group that its leader stands for. */
    static Optional<Replica> of(Pod pod, int metricsPort) {
        ObjectMeta meta = pod.getMetadata();
        Map<String, String> labels = meta.getLabels() == null ? Map.of() : meta.getLabels();
        String variant = labels.get(EndpointsFile.VARIANT);
        PodStatus status = pod.getStatus();
        String phase = status == null || status.getPhase() == null ? "" : status.getPhase();
        boolean isOver = meta.getDeletionTimestamp() != null || phase.equals("Succeeded") || phase.equals("Failed");
        if (variant == null || isOver || !labels.getOrDefault(WORKER, "0").equals("0")) {
            return Optional.empty();
        }
        String id = id(pod);
        return Optional.of(
                new Replica(id, meta.getNamespace() + "/" + variant, engine(pod, metricsPort), phase(status)));
    }

    /** {@code namespace/name} and the uid, which tells it from an earlier pod of that name. */
    static String id(Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        return meta.getNamespace() + "/" + meta.getName() + "@" + (meta.getUid() == null ? "" : meta.getUid());
    }

    static Phase phase(@Nullable PodStatus status) {
        if (isReady(status)) {
            return Phase.SERVING;
        }
        List<ContainerStatus> containers =
                status == null || status.getContainerStatuses() == null ? List.of() : status.getContainerStatuses();
        String notReadySince = notReadySince(status);
        boolean isFailing = containers.stream().anyMatch(each -> isFailing(each, notReadySince));
        return isFailing ? Phase.FAILING : Phase.STARTING;
    }

    /** Whether it starts again and again; restarts of before it was ready last say nothing of the present. */
    private static boolean isFailing(ContainerStatus container, String notReadySince) {
        ContainerState now = container.getState();
        if (now != null
                && now.getWaiting() != null
                && CRASHING.equals(now.getWaiting().getReason())) {
            return true;
        }
        Integer restarts = container.getRestartCount();
        ContainerState before = container.getLastState();
        String ended = before == null || before.getTerminated() == null
                ? null
                : before.getTerminated().getFinishedAt();
        // Both are in UTC and have the same form, so that they are ordered as they are written.
        boolean isSince = ended == null || notReadySince.isEmpty() || ended.compareTo(notReadySince) > 0;
        return restarts != null && restarts >= FAILING_RESTARTS && isSince;
    }

    private static String notReadySince(@Nullable PodStatus status) {
        if (status != null && status.getConditions() != null) {
            for (PodCondition condition : status.getConditions()) {
                if ("Ready".equals(condition.getType()) && condition.getLastTransitionTime() != null) {
                    return condition.getLastTransitionTime();
                }
            }
        }
        return "";
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

    private static @Nullable URI engine(Pod pod, int metricsPort) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String said = annotations == null ? null : annotations.get(PORT);
        int port = said != null && said.matches("\\d{1,5}") ? Integer.parseInt(said) : metricsPort;
        return page(pod, port, "/metrics").orElse(null);
    }

    /** A page of a pod; none while it has no address. */
    static Optional<URI> page(Pod pod, int port, String path) {
        String address = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
        if (address == null || !address.matches("[0-9a-fA-F.:]{2,45}")) {
            return Optional.empty();
        }
        return Optional.of(
                URI.create("http://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port + path));
    }
}
