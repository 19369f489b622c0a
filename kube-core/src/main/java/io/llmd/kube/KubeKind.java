package io.llmd.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Objects of a cluster, through its API. At most one watch is being opened at a time, because the client waits for an answer
 * without a bound; while one hangs, lists are all there is.
 */
public final class KubeKind<T extends HasMetadata> implements WatchedKind<T> {

    private static final Duration OPENING = Duration.ofSeconds(10);

    private final String description;
    private final FilterWatchListDeletable<T, ? extends KubernetesResourceList<T>, ?> operation;
    private final Duration patience;
    private final Semaphore opens = new Semaphore(1);

    /**
     * A kind.
     *
     * @param description for messages, such as {@code pods of inference}
     * @param operation namespace and labels are chosen already
     */
    public KubeKind(String description, FilterWatchListDeletable<T, ? extends KubernetesResourceList<T>, ?> operation) {
        this(description, operation, OPENING);
    }

    /** A kind that waits no longer than {@code patience} for a watch to begin, nor for one that was asked for earlier. */
    KubeKind(
            String description,
            FilterWatchListDeletable<T, ? extends KubernetesResourceList<T>, ?> operation,
            Duration patience) {
        this.description = Objects.requireNonNull(description, "description");
        this.operation = Objects.requireNonNull(operation, "operation");
        this.patience = patience;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public ObjectList<T> list() throws KubeException {
        try {
            KubernetesResourceList<T> list = operation.list();
            List<T> items = list.getItems();
            return new ObjectList<>(
                    items == null ? List.of() : items, list.getMetadata().getResourceVersion());
        } catch (KubernetesClientException e) {
            throw failure(e);
        }
    }

    @Override
    public Watching watch(String version, WatchEvents<T> events) throws KubeException {
        ListOptions options = new ListOptionsBuilder()
                .withResourceVersion(version)
                .withAllowWatchBookmarks(true)
                .build();
        Told<T> told = new Told<>(events);
        CompletableFuture<Watch> opening = new CompletableFuture<>();
        awaitEarlier();
        Thread.ofVirtual().name("kube watch " + description).start(() -> {
            try {
                opening.complete(operation.watch(options, told));
            } catch (RuntimeException e) {
                opening.completeExceptionally(e);
            } finally {
                opens.release();
            }
        });
        return opened(opening);
    }

    /** Takes the only turn to open a watch. */
    private void awaitEarlier() throws KubeException {
        try {
            if (opens.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubeException(description + ": interrupted", 0, e);
        }
        throw new KubeException(description + ": an earlier watch has still not begun", 0, new TimeoutException());
    }

    /** Waits for a watch with a bound, which the client has not, and closes one that comes when nobody waits any more. */
    private Watching opened(CompletableFuture<Watch> opening) throws KubeException {
        try {
            Watch watch = opening.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            return watch::close;
        } catch (InterruptedException e) {
            opening.thenAccept(Watch::close);
            Thread.currentThread().interrupt();
            throw new KubeException(description + ": interrupted", 0, e);
        } catch (TimeoutException e) {
            opening.thenAccept(Watch::close);
            throw new KubeException(description + ": the watch did not begin within " + patience, 0, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KubernetesClientException refused) {
                throw failure(refused);
            }
            throw new KubeException(description + ": " + e.getCause(), 0, e);
        }
    }

    private KubeException failure(KubernetesClientException e) {
        return new KubeException(description + ": " + e.getMessage(), e.getCode(), e);
    }

    private record Told<T>(WatchEvents<T> events) implements Watcher<T> {

        @Override
        public void eventReceived(Action action, T object) {
            switch (action) {
                case ADDED, MODIFIED -> events.changed(object);
                case DELETED -> events.removed(object);
                case BOOKMARK -> {}
                case ERROR -> events.ended("the API reports an error");
            }
        }

        @Override
        public void onClose(WatcherException cause) {
            events.ended(cause.isHttpGone() ? "the version is too old" : String.valueOf(cause.getMessage()));
        }

        @Override
        public void onClose() {
            events.ended("closed");
        }
    }
}
