package io.llmd.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election of a leader by a Lease, again and again until closed. {@link #isLeader} is one volatile read
 * from any thread. A replica that cannot renew its lease stops leading before the lease ends, if a call of the client takes no
 * longer than half of the time between {@code renewDeadline} and {@code lease}, and clocks of replicas agree: see
 * {@link KubeClients#forElection}.
 */
public final class Leadership implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    /**
     * @param namespace where the Lease is
     * @param name name of the Lease
     * @param identity who takes part; unique among replicas
     * @param lease how long a leader that is not heard of stays leader for the others
     * @param renewDeadline a leader that has not renewed for so long stops leading; less than {@code lease}
     * @param retry time between two tries to renew or to become leader
     */
    public record Settings(
            String namespace, String name, String identity, Duration lease, Duration renewDeadline, Duration retry) {
        public Settings {
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(identity, "identity");
            if (!retry.isPositive() || renewDeadline.compareTo(retry) <= 0 || lease.compareTo(renewDeadline) <= 0) {
                throw new IllegalArgumentException("lease " + lease + ", renewDeadline " + renewDeadline + ", retry "
                        + retry + " (expected: lease > renewDeadline > retry > 0)");
            }
        }
    }

    /** One try to become leader, which ends when the lead is lost. */
    interface Elections {

        /** Begins one; the result completes when it has ended, with a failure or without. */
        CompletableFuture<?> begin();
    }

    private final Elections elections;
    private final Settings settings;
    private final Consumer<Boolean> listener;
    private final Executor executor;
    private final Object turns = new Object();
    private volatile boolean leader;
    private volatile boolean closed;
    private @Nullable CompletableFuture<?> running;

    /**
     * Takes part from now on.
     *
     * @param listener hears of each change: true when this replica begins to lead, false when it ends; must not block
     */
    public static Leadership start(KubernetesClient client, Settings settings, Consumer<Boolean> listener) {
        Objects.requireNonNull(client, "client");
        Leadership leadership = new Leadership(settings, listener, self -> () -> self.elector(client));
        leadership.elect();
        return leadership;
    }

    /** As {@link #start}, with tries of one's own; {@code elections} gets what hears of their outcome. */
    static Leadership start(
            Settings settings, Consumer<Boolean> listener, Function<Consumer<Boolean>, Elections> elections) {
        Leadership leadership = new Leadership(settings, listener, self -> elections.apply(self::become));
        leadership.elect();
        return leadership;
    }

    private Leadership(Settings settings, Consumer<Boolean> listener, Function<Leadership, Elections> elections) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.executor =
                task -> Thread.ofVirtual().name("leadership " + settings.name()).start(task);
        this.elections = elections.apply(this);
    }

    /** Whether this replica leads. */
    public boolean isLeader() {
        return leader;
    }

    /** An elector serves once: it ends when it loses, so that another one has to be made; also when this one cannot be. */
    private synchronized void elect() {
        if (closed) {
            return;
        }
        CompletableFuture<?> election;
        try {
            election = elections.begin();
        } catch (RuntimeException e) {
            election = CompletableFuture.failedFuture(e);
        }
        running = election;
        election.whenComplete((done, failure) -> ended(failure));
    }

    private void ended(@Nullable Throwable failure) {
        if (failure != null && !closed && !(failure instanceof CancellationException)) {
            LOG.atError()
                    .addKeyValue("lease", settings.name())
                    .addKeyValue("reason", failure.toString())
                    .log("election failed, trying again");
        }
        try {
            become(false);
        } finally {
            CompletableFuture.delayedExecutor(settings.retry().toMillis(), TimeUnit.MILLISECONDS, executor)
                    .execute(this::elect);
        }
    }

    private CompletableFuture<?> elector(KubernetesClient client) {
        LeaderCallbacks callbacks = new LeaderCallbacks(() -> become(true), () -> become(false), identity -> {
            if (identity != null) {
                LOG.atInfo().addKeyValue("leader", identity).log("there is a leader");
            }
        });
        LeaderElectionConfig config = new LeaderElectionConfig(
                new LeaseLock(settings.namespace(), settings.name(), settings.identity()),
                settings.lease(),
                settings.renewDeadline(),
                settings.retry(),
                callbacks,
                true,
                settings.name());
        return new LeaderElector(client, config, executor).start();
    }

    private void become(boolean leads) {
        synchronized (turns) {
            boolean isLeading = leads && !closed;
            if (leader != isLeading) {
                leader = isLeading;
                tell(isLeading);
            }
        }
    }

    /** A listener that fails takes nobody out of the election. */
    private void tell(boolean isLeading) {
        try {
            listener.accept(isLeading);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("reason", e.toString()).log("a listener of leadership failed");
        }
    }

    /** Ends, and gives the lease back so that another replica can lead at once. */
    @Override
    public void close() {
        CompletableFuture<?> election;
        synchronized (this) {
            closed = true;
            election = running;
        }
        if (election != null) {
            election.cancel(true);
        }
    }
}
