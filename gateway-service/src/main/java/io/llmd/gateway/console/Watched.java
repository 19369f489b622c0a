package io.llmd.gateway.console;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks something of a part of the suite again and again, and remembers what it last said and since when it is silent. One
 * question is under way at a time. Asked by one thread; read by any.
 *
 * @param <T> what it says
 */
final class Watched<T> {

    /**
     * How a part is.
     *
     * @param name its name
     * @param address where it is
     * @param state {@code up}, {@code gone}, or {@code unknown} before the first answer or failure
     * @param since when that began, milliseconds since 1970
     * @param reason why it is gone, empty when it is not
     */
    record Part(String name, String address, String state, long since, String reason) {}

    private static final Duration TIMEOUT = Duration.ofMillis(1_500);
    private static final int MISSES = 2;

    private final String name;
    private final String address;
    private final Function<Duration, Mono<T>> question;
    private final AtomicBoolean isAsking = new AtomicBoolean();
    private volatile @Nullable T last;
    private volatile long lastAt;
    private volatile Part part;
    private int misses;

    /** @param question asks within a time */
    Watched(String name, String address, Function<Duration, Mono<T>> question) {
        this.name = name;
        this.address = address;
        this.question = question;
        this.part = new Part(name, address, "unknown", 0, "");
    }

    /** Asks, unless an answer is still awaited. */
    void ask(LongSupplier millis) {
        if (!isAsking.compareAndSet(false, true)) {
            return;
        }
        question.apply(TIMEOUT)
                .doFinally(signal -> isAsking.set(false))
                .subscribe(answer -> heard(answer, millis.getAsLong()), e -> missed(e, millis.getAsLong()));
    }

    private synchronized void heard(T answer, long now) {
        misses = 0;
        last = answer;
        lastAt = now;
        if (!part.state().equals("up")) {
            part = new Part(name, address, "up", now, "");
        }
    }

    private synchronized void missed(Throwable failure, long now) {
        misses++;
        boolean isGone = part.state().equals("gone");
        if (!isGone && (misses >= MISSES || part.state().equals("unknown"))) {
            part = new Part(name, address, "gone", now, reason(failure));
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case TimeoutException e -> "does not answer";
            case ConnectException e -> "cannot be reached";
            case UnknownHostException e -> "its name is not known";
            default -> cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        };
    }

    Part part() {
        return part;
    }

    boolean isUp() {
        return part.state().equals("up");
    }

    /** What it last said, null when it never did. */
    @Nullable
    T last() {
        return last;
    }

    /** When it last said something, milliseconds since 1970; 0 when it never did. */
    long lastAt() {
        return lastAt;
    }
}
