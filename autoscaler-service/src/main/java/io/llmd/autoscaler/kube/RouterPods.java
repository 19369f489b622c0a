package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.llmd.autoscaler.collector.Replica.Phase;
import io.llmd.autoscaler.kube.KubeFleet.Followed;
import io.llmd.kube.WatchedKind;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Metrics pages of router pods that are ready, each by its own address: a Service before several would show now the counts of one
 * and now those of another. Safe from any thread.
 */
public final class RouterPods implements Supplier<Optional<List<URI>>>, AutoCloseable {

    private final Followed<Pod> pods;
    private final int port;
    private final String path;

    /**
     * Follows from now on.
     *
     * @param kind the routers' pods
     * @param port port of their metrics pages
     * @param path path of these
     */
    public RouterPods(WatchedKind<Pod> kind, int port, String path, Duration resync) {
        this.port = port;
        this.path = path;
        pods = new Followed<>(kind, resync);
    }

    @Override
    public Optional<List<URI>> get() {
        if (!pods.isKnown()) {
            return Optional.empty();
        }
        return Optional.of(pods.all().stream()
                .filter(pod -> PodReplica.phase(pod.getStatus()) == Phase.SERVING
                        && pod.getMetadata().getDeletionTimestamp() == null)
                .flatMap(pod -> PodReplica.page(pod, port, path).stream())
                .sorted()
                .toList());
    }

    @Override
    public void close() {
        pods.close();
    }
}
