package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.scheduling.ClientBody;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.tokenizer.TokenizationListener.Outcome;
import io.llmd.scheduler.tokenizer.TokenizationListener.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes tokens of requests on a few threads of its own, and keeps those of the latest. Requests that wait, and the bytes of
 * their bodies, are bounded; beyond that a request gets no tokens. Safe from any thread.
 */
public final class RequestTokenizer implements AutoCloseable {

    private static final int MAX_WAITING = 1024;
    private static final long MAX_WAITING_BYTES = 128L << 20;
    private static final long KEPT_NANOS = TimeUnit.MINUTES.toNanos(5);

    /** Tokens of a request; an engine may be started anew with another template, so that they do not count for ever. */
    private record Known(List<Prompt> prompts, long endNanos) {}

    private final String name;
    private final TokenSource source;
    private final int threads;
    private final TokenizationListener listener;
    private final LongSupplier nanoClock;
    private final TokenCache<Known> known;
    private final AtomicLong waitingBytes = new AtomicLong();
    private volatile @Nullable ExecutorService executor;

    /**
     * A tokenizer that makes no tokens until it is started.
     *
     * @param name name for meters
     * @param threads most requests whose tokens are made at once
     * @param cacheBytes most bytes of tokens that are kept
     */
    public RequestTokenizer(
            String name,
            TokenSource source,
            int threads,
            long cacheBytes,
            TokenizationListener listener,
            LongSupplier nanoClock) {
        this.name = name;
        this.source = source;
        this.threads = threads;
        this.listener = listener;
        this.nanoClock = nanoClock;
        known = new TokenCache<>(name, Store.REQUESTS, cacheBytes, RequestTokenizer::bytes, listener);
    }

    private static long bytes(Known known) {
        long bytes = 0;
        for (Prompt prompt : known.prompts()) {
            bytes += prompt.bytes().length + 64L + 64L * prompt.media().size();
        }
        return bytes;
    }

    /** Begins to work; does nothing while it works. */
    public synchronized void start() {
        if (executor == null) {
            executor = new ThreadPoolExecutor(
                    threads,
                    threads,
                    0,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(MAX_WAITING),
                    Thread.ofPlatform().daemon().name("tokenizer-", 0).factory());
            source.start();
        }
    }

    /**
     * Begins to make tokens; copies the body and returns.
     *
     * @param timeout after which there are none
     * @return exact prompts, none when they would not be exact; fails when there is no way to make them. Null when there is
     *     nothing to do: the tokens are exact, the source does not take such a request, or nothing was started
     */
    public @Nullable CompletionStage<List<Prompt>> tokenize(RequestBody body, Duration timeout) {
        ClientBody client = body.source();
        ExecutorService running = executor;
        if (client == null || running == null || body.prompts().isEmpty() || body.isExact()) {
            return null;
        }
        long start = nanoClock.getAsLong();
        if (!source.takes(body)) {
            listener.ended(name, Outcome.UNSUPPORTED, 0);
            return null;
        }
        int size = client.bytes().remaining();
        if (waitingBytes.addAndGet(size) > MAX_WAITING_BYTES) {
            waitingBytes.addAndGet(-size);
            return busy();
        }
        byte[] json = client.copy();
        CompletableFuture<List<Prompt>> tokens = new CompletableFuture<>();
        tokens.whenComplete((prompts, failure) -> waitingBytes.addAndGet(-size));
        try {
            running.execute(() -> answer(body, json, tokens, start));
        } catch (RejectedExecutionException e) {
            tokens.cancel(false);
            return busy();
        }
        return tokens.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).whenComplete((prompts, failure) -> {
            if (failure != null) {
                boolean late = failure instanceof TimeoutException;
                listener.ended(name, late ? Outcome.TIMED_OUT : Outcome.FAILED, nanoClock.getAsLong() - start);
            }
        });
    }

    private CompletableFuture<List<Prompt>> busy() {
        listener.ended(name, Outcome.BUSY, 0);
        return CompletableFuture.failedFuture(new IllegalStateException("too many requests wait for tokens"));
    }

    private void answer(RequestBody body, byte[] json, CompletableFuture<List<Prompt>> tokens, long start) {
        if (tokens.isDone()) {
            return;
        }
        try {
            Digest key = source.isStable(body) ? Digest.of(body.api().name(), json) : null;
            List<Prompt> kept = key == null ? null : find(key);
            if (kept != null) {
                end(tokens, kept, Outcome.CACHED, start);
                return;
            }
            source.tokenize(body, json).whenComplete((prompts, failure) -> {
                if (failure != null) {
                    tokens.completeExceptionally(cause(failure));
                    return;
                }
                if (key != null && !prompts.isEmpty()) {
                    known.put(key, new Known(prompts, nanoClock.getAsLong() + KEPT_NANOS));
                }
                end(tokens, prompts, prompts.isEmpty() ? Outcome.UNSUPPORTED : Outcome.TOKENIZED, start);
            });
        } catch (RuntimeException e) {
            tokens.completeExceptionally(e);
        }
    }

    private void end(CompletableFuture<List<Prompt>> tokens, List<Prompt> prompts, Outcome outcome, long start) {
        if (!tokens.isDone()) {
            listener.ended(name, outcome, nanoClock.getAsLong() - start);
        }
        tokens.complete(prompts);
    }

    private @Nullable List<Prompt> find(Digest key) {
        Known found = known.get(key);
        if (found != null && found.endNanos() - nanoClock.getAsLong() < 0) {
            known.remove(key);
            found = null;
        }
        known.lookedUp(found == null ? 0 : 1, found == null ? 1 : 0);
        return found == null ? null : found.prompts();
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Ends work; requests that wait get no tokens. */
    @Override
    public synchronized void close() {
        ExecutorService running = executor;
        if (running != null) {
            executor = null;
            running.shutdownNow();
            source.close();
            known.clear();
        }
    }
}
