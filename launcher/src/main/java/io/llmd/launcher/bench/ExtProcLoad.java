package io.llmd.launcher.bench;

import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A proxy with a constant number of requests under way, over one connection. */
final class ExtProcLoad implements AutoCloseable {

    private static final int WINDOW_BYTES = 1 << 20;

    private final ManagedChannel channel;
    private final AtomicLong numbers = new AtomicLong();

    ExtProcLoad(int port) {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .directExecutor()
                .flowControlWindow(WINDOW_BYTES)
                .build();
    }

    /**
     * What came of a run.
     *
     * @param requests requests that were answered
     * @param nanos time from the end of a request to its destination
     */
    record Result(long requests, Histogram nanos) {}

    /** @throws BenchFailure when a request fails */
    Result run(ExtProcShape shape, int concurrency, Duration window) throws InterruptedException {
        Run run = new Run(shape, System.nanoTime() + window.toNanos(), concurrency);
        for (int i = 0; i < concurrency; i++) {
            new Exchange(run).start();
        }
        if (!run.idle.await(window.toMillis() + 30_000, TimeUnit.MILLISECONDS)) {
            throw new BenchFailure("requests of " + shape.label() + " do not end");
        }
        Throwable failure = run.failure.get();
        if (failure != null) {
            throw new BenchFailure("a request of " + shape.label() + " failed: " + failure.getMessage());
        }
        return new Result(run.done.get(), run.nanos);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static final class Run {
        private final ExtProcShape shape;
        private final long endNanos;
        private final CountDownLatch idle;
        private final Histogram nanos = new ConcurrentHistogram(3);
        private final AtomicLong done = new AtomicLong();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Run(ExtProcShape shape, long endNanos, int concurrency) {
            this.shape = shape;
            this.endNanos = endNanos;
            this.idle = new CountDownLatch(concurrency);
        }
    }

    /** One request and its answer; the next one follows on the same thread. */
    private final class Exchange implements StreamObserver<ProcessingResponse> {
        private final Run run;
        private @Nullable StreamObserver<ProcessingRequest> stream;
        private long sentNanos;

        Exchange(Run run) {
            this.run = run;
        }

        void start() {
            StreamObserver<ProcessingRequest> opened =
                    ExternalProcessorGrpc.newStub(channel).process(this);
            stream = opened;
            run.shape.request(numbers.getAndIncrement()).forEach(opened::onNext);
            sentNanos = System.nanoTime();
        }

        @Override
        public void onNext(ProcessingResponse message) {
            StreamObserver<ProcessingRequest> open = stream;
            if (open == null || message.hasImmediateResponse()) {
                onError(new IllegalStateException(message.getImmediateResponse().toString()));
            } else if (message.hasRequestHeaders()) {
                run.nanos.recordValue(System.nanoTime() - sentNanos);
            } else if (message.hasRequestBody() && isLast(message.getRequestBody())) {
                run.shape.answer().forEach(open::onNext);
            } else if (message.hasResponseBody() && isLast(message.getResponseBody())) {
                open.onCompleted();
            }
        }

        private static boolean isLast(BodyResponse body) {
            return body.getResponse().getBodyMutation().getStreamedResponse().getEndOfStream();
        }

        @Override
        public void onError(Throwable error) {
            run.failure.compareAndSet(null, error);
            run.idle.countDown();
        }

        @Override
        public void onCompleted() {
            run.done.incrementAndGet();
            if (System.nanoTime() < run.endNanos && run.failure.get() == null) {
                new Exchange(run).start();
            } else {
                run.idle.countDown();
            }
        }
    }
}
