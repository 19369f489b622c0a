package io.llmd.scheduler.latency;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks llm-d's prediction servers, and sends measured latencies to its training server, over HTTP.
 *
 * <p>Rows of requests that arrive within a moment share a call, and many rows are split over several calls, none larger than
 * the servers take. Calls in flight, rows that wait and latencies that are kept are bounded; beyond that a prediction fails
 * at once and latencies are dropped at random. Nothing is tried twice: a late prediction is of no use.
 */
public final class RemoteLatencyPredictor implements LatencyPredictor, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteLatencyPredictor.class);
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final int THREADS = 2;

    /** Rows of one request that are in line. */
    private static final class Job {
        private final List<LatencyFeatures> rows;
        private final List<PredictedLatency> predictions;
        private final CompletableFuture<List<PredictedLatency>> answer = new CompletableFuture<>();
        private int taken;
        private int missing;

        private Job(List<LatencyFeatures> rows) {
            this.rows = rows;
            this.missing = rows.size();
            this.predictions = new ArrayList<>(Collections.nCopies(rows.size(), new PredictedLatency(0, 0)));
        }

        /** Rows that nobody has asked about yet. */
        private int open() {
            return rows.size() - taken;
        }
    }

    /** Consecutive rows of one job that travel in one call. */
    private record Part(Job job, int from, int to) {}

    private final RemotePredictorSettings settings;
    private final RandomGenerator random;
    private final InstantSource clock;
    private final SampleBuffer samples;
    private final ExecutorService callbacks = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("latency-predictor-", 0).factory());
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("latency-predictor-timer").factory());

    /** Absent where no server is to be asked: a client reads all certificates that the JDK trusts. */
    private final @Nullable HttpClient http;

    private final AtomicBoolean isFlushing = new AtomicBoolean();
    private final AtomicBoolean predicts = new AtomicBoolean(true);
    private final AtomicBoolean learns = new AtomicBoolean(true);
    private final Object lock = new Object();
    private final Deque<Job> line = new ArrayDeque<>();
    private int waitingRows;
    private int calls;
    private boolean isWindowOpen;

    /** A predictor that sends latencies only after {@link #start}. */
    public RemoteLatencyPredictor(RemotePredictorSettings settings, RandomGenerator random, InstantSource clock) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.random = Objects.requireNonNull(random, "random");
        this.clock = Objects.requireNonNull(clock, "clock");
        samples = new SampleBuffer(settings.maxSamples(), random);
        http = settings.predictionUrls().isEmpty() && settings.trainingUrl() == null
                ? null
                : HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(settings.predictionTimeout())
                        .executor(callbacks)
                        .build();
    }

    /** Begins to send latencies. */
    public void start() {
        if (settings.trainingUrl() != null) {
            long nanos = settings.flushInterval().toNanos();
            timer.scheduleWithFixedDelay(this::flush, nanos, nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public boolean isAvailable() {
        return !settings.predictionUrls().isEmpty();
    }

    @Override
    public Duration timeout() {
        return settings.predictionTimeout().plus(settings.coalesceWindow());
    }

    @Override
    public CompletionStage<List<PredictedLatency>> predict(List<LatencyFeatures> rows) {
        if (rows.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        Job job = new Job(List.copyOf(rows));
        boolean sendsNow;
        synchronized (lock) {
            if (waitingRows + rows.size() > settings.maxWaitingRows()) {
                return CompletableFuture.failedFuture(
                        new IllegalStateException(waitingRows + " rows wait for predictions already"));
            }
            waitingRows += rows.size();
            line.add(job);
            sendsNow = settings.coalesceWindow().isZero();
            if (!sendsNow && !isWindowOpen) {
                isWindowOpen = true;
                timer.schedule(this::closeWindow, settings.coalesceWindow().toNanos(), TimeUnit.NANOSECONDS);
            }
        }
        if (sendsNow) {
            send();
        }
        return job.answer.orTimeout(timeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void closeWindow() {
        synchronized (lock) {
            isWindowOpen = false;
        }
        send();
    }

    private void send() {
        for (List<Part> parts = nextCall(); !parts.isEmpty(); parts = nextCall()) {
            call(parts);
        }
    }

    /** The rows of the next call, empty when there are none or too many calls are in flight. */
    private List<Part> nextCall() {
        List<Part> parts = new ArrayList<>();
        synchronized (lock) {
            int room = settings.maxRows();
            while (calls < settings.maxCalls() && room > 0 && !line.isEmpty()) {
                Job job = line.getFirst();
                int rows = Math.min(room, job.open());
                if (!job.answer.isDone()) {
                    parts.add(new Part(job, job.taken, job.taken + rows));
                    room -= rows;
                } else {
                    rows = job.open();
                }
                job.taken += rows;
                waitingRows -= rows;
                if (job.open() == 0) {
                    line.removeFirst();
                }
            }
            calls += parts.isEmpty() ? 0 : 1;
        }
        return parts;
    }

    private void call(List<Part> parts) {
        List<LatencyFeatures> rows = new ArrayList<>(settings.maxRows());
        parts.forEach(part -> rows.addAll(part.job().rows.subList(part.from(), part.to())));
        URI server = settings.predictionUrls()
                .get(random.nextInt(settings.predictionUrls().size()));
        post(server, "/predict/bulk/strict", PredictorWire.predictionRequest(rows), settings.predictionTimeout())
                .thenApply(answer -> PredictorWire.predictions(answer, rows.size()))
                .whenCompleteAsync(
                        (predictions, failure) -> {
                            synchronized (lock) {
                                calls--;
                            }
                            said(predicts, failure, "latencies cannot be predicted");
                            if (failure == null) {
                                answer(parts, predictions);
                            } else {
                                parts.forEach(part -> part.job().answer.completeExceptionally(failure));
                            }
                            send();
                        },
                        callbacks);
    }

    private void answer(List<Part> parts, List<PredictedLatency> predictions) {
        int next = 0;
        for (Part part : parts) {
            Job job = part.job();
            boolean isComplete;
            synchronized (lock) {
                for (int row = part.from(); row < part.to(); row++) {
                    job.predictions.set(row, predictions.get(next++));
                }
                job.missing -= part.to() - part.from();
                isComplete = job.missing == 0;
            }
            if (isComplete) {
                job.answer.complete(List.copyOf(job.predictions));
            }
        }
    }

    @Override
    public void learn(LatencySample sample) {
        if (settings.trainingUrl() != null) {
            samples.add(sample);
        }
    }

    /** Sends what was learned, unless it is still being sent. */
    void flush() {
        URI server = settings.trainingUrl();
        if (server == null || !isFlushing.compareAndSet(false, true)) {
            return;
        }
        List<LatencySample> batch = samples.drain();
        if (batch.isEmpty()) {
            isFlushing.set(false);
            return;
        }
        byte[] body = PredictorWire.trainingRequest(batch, clock.instant());
        post(server, "/add_training_data_bulk", body, settings.trainingTimeout())
                .whenComplete((answer, failure) -> {
                    isFlushing.set(false);
                    said(learns, failure, "measured latencies cannot be sent and are dropped");
                });
    }

    private CompletableFuture<byte[]> post(URI server, String path, byte[] body, Duration timeout) {
        if (http == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("no server is configured"));
        }
        try {
            HttpRequest request = HttpRequest.newBuilder(at(server, path))
                    .timeout(timeout)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            return http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES))
                    .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .thenApply(RemoteLatencyPredictor::body);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static URI at(URI server, String path) {
        String base = server.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    private static byte[] body(HttpResponse<byte[]> response) {
        if (response.statusCode() / 100 != 2) {
            throw new IllegalStateException(
                    response.uri().getPath() + " answered " + response.statusCode() + " (expected: 2xx)");
        }
        return response.body();
    }

    /** Logs when something begins to fail and when it works again, not each time. */
    private static void said(AtomicBoolean works, @Nullable Throwable failure, String what) {
        boolean isChanged = works.getAndSet(failure == null) != (failure == null);
        if (isChanged && failure == null) {
            LOG.atInfo().log("the latency predictor works again");
        } else if (isChanged && failure != null) {
            LOG.atWarn().addKeyValue("reason", failure.toString()).log(what);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        if (http != null) {
            http.shutdownNow();
        }
        callbacks.shutdown();
    }
}
