package io.llmd.scheduler.api.http;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Work beside the event loops, little at a time and with an end: what takes longer is not waited for, but counts until it is
 * over, so that a client that asks again and again occupies no more threads. Safe from any thread.
 */
final class SideWork {

    /** The work was not begun, or not waited for any longer. */
    static final class RefusedException extends RuntimeException {

        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message, null, false, false);
        }
    }

    private final String what;
    private final Duration limit;
    private final Semaphore free;

    /**
     * Nothing goes on yet.
     *
     * @param what what the work is, for people
     * @param most how much of it may go on at the same time
     * @param limit how long is waited for its end
     */
    SideWork(String what, int most, Duration limit) {
        this.what = what;
        this.limit = limit;
        this.free = new Semaphore(most);
    }

    /** Does the work; fails with {@link RefusedException} when too much goes on or it takes too long. */
    <T> Mono<T> run(Callable<T> work) {
        return Mono.defer(() -> free.tryAcquire() ? begun(work) : refused("another " + what + " is going on"));
    }

    private <T> Mono<T> begun(Callable<T> work) {
        AtomicBoolean isTaken = new AtomicBoolean();
        return Mono.fromCallable(() -> {
                    if (!isTaken.compareAndSet(false, true)) {
                        throw new CancellationException("nobody waits for it");
                    }
                    try {
                        return work.call();
                    } finally {
                        free.release();
                    }
                })
                .subscribeOn(Schedulers.boundedElastic())
                .timeout(limit)
                .onErrorResume(TimeoutException.class, late -> refused("the " + what + " takes longer than " + limit))
                .doFinally(signal -> {
                    if (isTaken.compareAndSet(false, true)) {
                        free.release();
                    }
                });
    }

    private static <T> Mono<T> refused(String message) {
        return Mono.error(new RefusedException(message));
    }
}
