package io.llmd.scheduler.api.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The scheduler as an external processor of Envoy and its kin: names an endpoint for each request, and follows its answer.
 * Safe from any thread; what it holds grows with the requests under way, up to {@link ExtProcSettings#maxStreams}.
 */
public final class ExternalProcessor extends ExternalProcessorGrpc.ExternalProcessorImplBase
        implements Evictions.Follower, AutoCloseable {

    private final ScheduleDoor door;
    private final ExtProcSettings settings;
    private final LongSupplier nanoTime;
    private final Set<ProcessingStream> streams = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<Long, ProcessingStream> running = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final Runnable unfollow;

    /**
     * A processor in front of {@code door}.
     *
     * @param nanoTime monotonic time, as {@link System#nanoTime}
     */
    @SuppressWarnings("this-escape") // followers hear of nothing before requests run
    public ExternalProcessor(ScheduleDoor door, ExtProcSettings settings, LongSupplier nanoTime) {
        this.door = Objects.requireNonNull(door, "door");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
        this.unfollow = door.evictions(this);
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> answers) {
        ServerCallStreamObserver<ProcessingResponse> proxy = (ServerCallStreamObserver<ProcessingResponse>) answers;
        if (open.incrementAndGet() > settings.maxStreams()) {
            open.decrementAndGet();
            proxy.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("more than " + settings.maxStreams() + " requests are under way")
                    .asRuntimeException());
            return Ignored.INSTANCE;
        }
        ProcessingStream stream = new ProcessingStream(this, proxy);
        streams.add(stream);
        proxy.disableAutoRequest();
        proxy.setOnCancelHandler(stream::left);
        // Of a message that cannot be read nothing but this tells.
        proxy.setOnCloseHandler(stream::left);
        proxy.setOnReadyHandler(stream::ask);
        stream.ask();
        return stream;
    }

    /** Ends streams on which no request came; to be called now and then. */
    public void expire() {
        long now = now();
        streams.forEach(stream -> stream.expire(now));
    }

    /** Requests under way. */
    public int open() {
        return open.get();
    }

    @Override
    public void evicted(Eviction eviction) {
        ProcessingStream stream = running.get(eviction.leaseId());
        if (stream != null) {
            stream.evicted();
        }
    }

    @Override
    public void ended() {}

    /** Hears of no more evictions. */
    @Override
    public void close() {
        unfollow.run();
    }

    ScheduleDoor door() {
        return door;
    }

    ExtProcSettings settings() {
        return settings;
    }

    long now() {
        return nanoTime.getAsLong();
    }

    void runs(long leaseId, ProcessingStream stream) {
        running.put(leaseId, stream);
    }

    void ended(long leaseId) {
        running.remove(leaseId);
    }

    void over(ProcessingStream stream) {
        if (streams.remove(stream)) {
            open.decrementAndGet();
        }
    }

    /** Takes what comes on a stream that was refused. */
    private enum Ignored implements StreamObserver<ProcessingRequest> {
        INSTANCE;

        @Override
        public void onNext(ProcessingRequest message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
