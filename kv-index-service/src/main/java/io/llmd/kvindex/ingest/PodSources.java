package io.llmd.kvindex.ingest;

import io.fabric8.kubernetes.api.model.Pod;
import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectListener;
import io.llmd.kube.ServingPod;
import io.llmd.kube.WatchedKind;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of the pods that serve, and those that never change. Pods are followed as the scheduler does it, so that an engine has
 * the id of its endpoint there. While the API cannot be asked everything stays.
 */
public final class PodSources implements EngineFeed {

    private static final Logger LOG = LoggerFactory.getLogger(PodSources.class);

    /**
     * How pods are followed.
     *
     * @param targetPorts ports that pods serve on, in the order of their ranks
     * @param eventPort port on which the first rank publishes where no label of the pod says it; others on those after it
     * @param replayPort the same for the port that repeats; 0 for none
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param patience for how long the start waits for the first list
     */
    public record Settings(
            List<Integer> targetPorts, int eventPort, int replayPort, Duration resync, Duration patience) {
        public Settings {
            targetPorts = List.copyOf(targetPorts);
        }
    }

    private record Known(String uid, List<EngineSource> engines) {}

    private final List<EngineSource> fixed;
    private final WatchedKind<Pod> pods;
    private final Settings settings;
    private final Consumer<List<EngineSource>> taker;
    private final CountDownLatch listed = new CountDownLatch(1);
    private final Listener listener = new Listener();
    private @Nullable FollowedObjects<Pod> following;

    /**
     * @param pods pods of the pool
     * @param taker is told the whole list, after the first look at pods and after each change
     */
    public PodSources(
            List<EngineSource> fixed, WatchedKind<Pod> pods, Settings settings, Consumer<List<EngineSource>> taker) {
        this.fixed = List.copyOf(fixed);
        this.pods = pods;
        this.settings = settings;
        this.taker = taker;
    }

    @Override
    public synchronized void start() {
        following = FollowedObjects.start(pods, settings.resync(), listener);
        try {
            if (!listed.await(settings.patience().toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.atWarn().addKeyValue("kind", pods.description()).log("pods are not known yet");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isKnown() {
        return listed.getCount() == 0;
    }

    @Override
    public synchronized void close() {
        if (following != null) {
            following.close();
            following = null;
        }
    }

    /** Engines of a pod; none of one whose labels cannot be used. */
    private List<EngineSource> engines(ServingPod pod) {
        List<EngineSource> engines = new ArrayList<>();
        for (ServingPod.Rank rank : pod.ranks(settings.targetPorts())) {
            try {
                engines.add(engine(pod, rank));
            } catch (IllegalArgumentException e) {
                LOG.atError()
                        .addKeyValue("endpoint", pod.namespace() + "/" + rank.name())
                        .addKeyValue("reason", e.getMessage())
                        .log("an engine cannot be followed");
            }
        }
        return engines;
    }

    private EngineSource engine(ServingPod pod, ServingPod.Rank rank) {
        String host = String.valueOf(pod.address());
        int replay = port(pod, EndpointsFile.REPLAY_PORT, settings.replayPort(), rank);
        return new EngineSource(
                pod.namespace() + "/" + rank.name(),
                0,
                new ZmqAddress(host, port(pod, EndpointsFile.EVENTS_PORT, settings.eventPort(), rank)),
                replay == 0 ? null : new ZmqAddress(host, replay));
    }

    /** The port of the first rank, by label or the usual one; those of other ranks, which share its labels, follow. */
    private static int port(ServingPod pod, String label, int usual, ServingPod.Rank rank) {
        String said = pod.labels().get(label);
        if (said != null) {
            if (!said.matches("\\d{1,5}")) {
                throw new IllegalArgumentException(label + ": " + said + " (expected: 1 to 65535)");
            }
            return Integer.parseInt(said) + rank.index();
        }
        return usual == 0 ? 0 : usual + rank.index();
    }

    /** What is known of pods, on the thread that follows them. */
    private final class Listener implements ObjectListener<Pod> {

        private final Map<String, Known> known = new TreeMap<>();

        @Override
        public void replaced(List<Pod> all) {
            known.clear();
            all.forEach(pod -> put(ServingPod.of(pod)));
            tell();
            listed.countDown();
        }

        @Override
        public void changed(Pod pod) {
            ServingPod changed = ServingPod.of(pod);
            Known before = known.get(changed.name());
            if (!put(changed).equals(before)) {
                tell();
            }
        }

        @Override
        public void removed(Pod pod) {
            ServingPod gone = ServingPod.of(pod);
            Known before = known.get(gone.name());
            // Another one may have taken its name.
            if (before != null && before.uid().equals(gone.uid())) {
                known.remove(gone.name());
                tell();
            }
        }

        @Override
        public void failed(KubeException reason) {
            LOG.atError().addKeyValue("reason", reason.getMessage()).log("pods cannot be listed, engines stay");
        }

        private Known put(ServingPod pod) {
            Known now = new Known(pod.uid(), engines(pod));
            known.put(pod.name(), now);
            return now;
        }

        private void tell() {
            List<EngineSource> all = new ArrayList<>(fixed);
            known.values().forEach(each -> all.addAll(each.engines()));
            taker.accept(all);
            LOG.atInfo().addKeyValue("count", all.size()).log("engines listed");
        }
    }
}
