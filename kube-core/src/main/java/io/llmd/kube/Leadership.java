package io.llmd.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election of a leader by a Lease, again and again until closed. {@link #isLeader} is cheap, from any
 * thread. A replica leads for {@code renewDeadline} from the begin of its last write of the Lease that succeeded, and others
 * wait until they have seen the Lease unchanged for {@code lease}, each by a clock of its own that never goes back. So clocks
 * have to run alike and need not agree; a machine that is suspended with its clock stopped is not covered.
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
    private final LongSupplier nanos;
    private final LeaseAge age;
    private final Executor executor;
    private final Object turns = new Object();
    private volatile boolean leader;
    private volatile long renewedNanos;
    private volatile boolean closed;
    private int term;
    private int electors;
    private @Nullable CompletableFuture<?> running;

    /**
     * Takes part from now on.
     *
     * @param listener hears of each change: true when this replica begins to lead, false when it ends; must not block
     */
    public static Leadership start(KubernetesClient client, Settings settings, Consumer<Boolean> listener) {
        Objects.requireNonNull(client, "client");
        return start(settings, listener, self -> () -> self.elector(client), System::nanoTime);
    }

    /**
     * As {@link #start}, with tries of one's own.
     *
     * @param elections gets what hears of their outcome
     * @param nanos a clock that never goes back, in nanoseconds
     */
    static Leadership start(
            Settings settings,
            Consumer<Boolean> listener,
            Function<Leadership, Elections> elections,
            LongSupplier nanos) {
        Leadership leadership = new Leadership(settings, listener, elections, nanos);
        leadership.elect();
        return leadership;
    }

    private Leadership(
            Settings settings,
            Consumer<Boolean> listener,
            Function<Leadership, Elections> elections,
            LongSupplier nanos) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanos = nanos;
        this.age = new LeaseAge(nanos);
        this.executor =
                task -> Thread.ofVirtual().name("leadership " + settings.name()).start(task);
        this.elections = elections.apply(this);
    }

    /** Whether this replica leads. Also false while the lease was not renewed in time and nobody has noticed yet. */
    public boolean isLeader() {
        return leader && leftNanos() > 0;
    }

    /** How long this replica may still lead without renewing; none when zero or less. */
    private long leftNanos() {
        return settings.renewDeadline().toNanos() - (nanos.getAsLong() - renewedNanos);
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
        int mine;
        synchronized (turns) {
            mine = ++electors;
        }
        LeaderCallbacks callbacks =
                new LeaderCallbacks(() -> become(true, mine), () -> become(false, mine), identity -> {
                    if (identity != null) {
                        LOG.atInfo().addKeyValue("leader", identity).log("there is a leader");
                    }
                });
        LeaderElectionConfig config = new LeaderElectionConfig(
                new ObservedLease(settings, age, nanos, this::renewed),
                Duration.ofSeconds(settings.lease().plusNanos(999_999_999).toSeconds()), // a Lease holds whole seconds
                settings.renewDeadline(),
                settings.retry(),
                callbacks,
                true,
                settings.name());
        return new LeaderElector(client, config, executor).start();
    }

    /** As {@link #become(boolean)}; whoever hung and was replaced meanwhile has no say any more. */
    private void become(boolean leads, int elector) {
        synchronized (turns) {
            if (elector == electors) {
                become(leads);
            }
        }
    }

    /** The lease is ours, by a write that began at {@code begun}. */
    void renewed(long begun) {
        synchronized (turns) {
            if (!leader || begun - renewedNanos > 0) {
                renewedNanos = begun;
            }
        }
    }

    /** This replica has begun or ended to lead. */
    void become(boolean leads) {
        synchronized (turns) {
            boolean isLeading = leads && !closed;
            if (leader != isLeading) {
                leader = isLeading;
                if (isLeading) {
                    term++;
                    superviseLater(term);
                }
                tell(isLeading);
            }
        }
    }

    private void superviseLater(int supervised) {
        CompletableFuture.delayedExecutor(Math.max(0, leftNanos()) + 1, TimeUnit.NANOSECONDS, executor)
                .execute(() -> supervise(supervised));
    }

    /** Ends a term whose lease was not renewed in time; its elector may hang, so that another one has to be made. */
    private void supervise(int supervised) {
        synchronized (turns) {
            if (!leader || term != supervised) {
                return;
            }
            if (leftNanos() > 0) {
                superviseLater(supervised);
                return;
            }
            become(false);
        }
        LOG.atWarn()
                .addKeyValue("lease", settings.name())
                .addKeyValue("renewDeadline", settings.renewDeadline())
                .log("the lease was not renewed in time, this replica leads no more");
        cancel();
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
        closed = true;
        cancel();
    }

    private void cancel() {
        CompletableFuture<?> election;
        synchronized (this) {
            election = running;
        }
        if (election != null) {
            election.cancel(true);
        }
    }
}
