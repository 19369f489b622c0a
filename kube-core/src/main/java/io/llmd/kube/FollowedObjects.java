package io.llmd.kube;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all objects of a kind: lists them, watches from that version on, and lists again when the watch ends, when
 * more changes wait than are bearable, and now and then in any case, so that a change that was lost lasts no longer than
 * that. Has a thread of its own; the listener is called on it alone.
 */
public final class FollowedObjects<T> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FollowedObjects.class);
    private static final int MAX_WAITING = 10_000;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration PAUSE_WHEN_NOT_SERVED = Duration.ofSeconds(10);

    private sealed interface Event<T> {
        record Changed<T>(T object) implements Event<T> {}

        record Removed<T>(T object) implements Event<T> {}

        record Ended<T>(String reason) implements Event<T> {}
    }

    private final WatchedKind<T> kind;
    private final Duration resync;
    private final ObjectListener<T> listener;
    private final Thread thread;
    private volatile boolean closed;
    private String problem = "";

    /**
     * Begins to follow.
     *
     * @param resync time after which all objects are listed again although nothing seems wrong
     */
    public static <T> FollowedObjects<T> start(WatchedKind<T> kind, Duration resync, ObjectListener<T> listener) {
        FollowedObjects<T> followed = new FollowedObjects<>(kind, resync, listener);
        followed.thread.start();
        return followed;
    }

    private FollowedObjects(WatchedKind<T> kind, Duration resync, ObjectListener<T> listener) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.listener = Objects.requireNonNull(listener, "listener");
        if (!resync.isPositive()) {
            throw new IllegalArgumentException("resync: " + resync + " (expected: > 0)");
        }
        this.resync = resync;
        this.thread =
                Thread.ofPlatform().daemon().name("kube " + kind.description()).unstarted(this::run);
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        while (!closed) {
            try {
                long begun = System.nanoTime();
                ObjectList<T> list = kind.list();
                listener.replaced(list.items());
                follow(list.version());
                boolean lasted = System.nanoTime() - begun > LONGEST_PAUSE.toNanos();
                pause = lasted ? FIRST_PAUSE : sleep(pause);
            } catch (KubeException e) {
                failed(e);
                pause = e.isNotFound() ? sleep(PAUSE_WHEN_NOT_SERVED) : sleep(pause);
            } catch (RuntimeException e) {
                failed(new KubeException(kind.description() + ": " + e, 0, e));
                pause = sleep(pause);
            }
        }
    }

    /** Takes changes until the list has to be read again. */
    private void follow(String version) throws KubeException {
        Inbox inbox = new Inbox();
        long deadline = System.nanoTime() + resync.toNanos();
        try (WatchedKind.Watching watch = kind.watch(version, inbox)) {
            problem = "";
            while (!closed && !inbox.overflowed.get()) {
                Event<T> event = inbox.next(deadline - System.nanoTime());
                switch (event) {
                    case null -> {
                        return;
                    }
                    case Event.Changed<T>(T object) -> listener.changed(object);
                    case Event.Removed<T>(T object) -> listener.removed(object);
                    case Event.Ended<T>(String reason) -> {
                        LOG.atDebug()
                                .addKeyValue("kind", kind.description())
                                .addKeyValue("reason", reason)
                                .log("watch ended, listing again");
                        return;
                    }
                }
            }
        }
    }

    private void failed(KubeException e) {
        String reason = String.valueOf(e.getMessage());
        if (!closed && !reason.equals(problem)) {
            problem = reason;
            listener.failed(e);
        }
    }

    /** Waits, between half and the whole of {@code pause}; answers with the pause after the next failure. */
    private Duration sleep(Duration pause) {
        long nanos = pause.toNanos();
        try {
            TimeUnit.NANOSECONDS.sleep(ThreadLocalRandom.current().nextLong(nanos / 2, nanos));
        } catch (InterruptedException e) {
            // Only close() interrupts, and the loop looks at its flag.
            return pause;
        }
        Duration next = pause.multipliedBy(2);
        return next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
    }

    /** Ends; the listener hears nothing afterwards unless a call is under way. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** Changes that the client's threads bring and our thread takes. */
    private final class Inbox implements WatchedKind.WatchEvents<T> {

        private final BlockingQueue<Event<T>> waiting = new LinkedBlockingQueue<>(MAX_WAITING);
        private final AtomicBoolean overflowed = new AtomicBoolean();

        @Override
        public void changed(T object) {
            add(new Event.Changed<>(object));
        }

        @Override
        public void removed(T object) {
            add(new Event.Removed<>(object));
        }

        @Override
        public void ended(String reason) {
            add(new Event.Ended<>(reason));
        }

        private void add(Event<T> event) {
            if (!waiting.offer(event)) {
                overflowed.set(true);
            }
        }

        /** The next change, null when there was none for {@code nanos}. */
        private @Nullable Event<T> next(long nanos) {
            try {
                return waiting.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                return null;
            }
        }
    }
}
