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
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scheduler as an external processor of Envoy and its kin: names an endpoint for each request, and follows its answer.
 * Safe from any thread; holds little for each request under way, of which there are at most {@link ExtProcSettings#maxStreams},
 * and bodies of requests that are not forwarded yet, up to {@link ExtProcSettings#maxHeldBytes} in all.
 */
public final class ExternalProcessor extends ExternalProcessorGrpc.ExternalProcessorImplBase
        implements Evictions.Follower, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ExternalProcessor.class);
    private static final long EARLY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST_EARLY = 10_000;

    private final ScheduleDoor door;
    private final ExtProcSettings settings;
    private final LongSupplier nanoTime;
    private final Set<ProcessingStream> streams = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<Long, ProcessingStream> running = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong lastToldNanos = new AtomicLong();
    private final Executor later;

    /** Leases that were evicted before their decision was delivered, and those of the other door; forgotten soon. */
    private final ConcurrentHashMap<Long, Long> early = new ConcurrentHashMap<>();

    private final Runnable unfollow;

    /**
     * A processor in front of {@code door}.
     *
     * @param later runs what follows a wait
     * @param nanoTime monotonic time, as {@link System#nanoTime}
     */
    @SuppressWarnings("this-escape") // followers hear of nothing before requests run
    public ExternalProcessor(ScheduleDoor door, ExtProcSettings settings, Executor later, LongSupplier nanoTime) {
        this.door = Objects.requireNonNull(door, "door");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.later = Objects.requireNonNull(later, "later");
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
        proxy.setOnReadyHandler(stream::goOn);
        stream.goOn();
        return stream;
    }

    /** Ends streams on which nothing comes any more; to be called now and then. */
    public void expire() {
        long now = now();
        streams.forEach(stream -> stream.expire(now));
        early.values().removeIf(since -> now - since > EARLY_NANOS);
    }

    /** Lets proxies go on alone with requests whose answer has not begun. */
    public void abandon() {
        streams.forEach(ProcessingStream::abandon);
    }

    /** Bytes of bodies that are not forwarded yet. */
    public long heldBytes() {
        return held.get();
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
        } else if (early.size() < MOST_EARLY) {
            early.put(eviction.leaseId(), now());
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
        if (early.remove(leaseId) != null) {
            stream.evicted();
        }
    }

    /** Claims room for bytes of a body. */
    boolean holdBytes(int bytes) {
        if (held.addAndGet(bytes) <= settings.maxHeldBytes()) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void releaseBytes(int bytes) {
        held.addAndGet(-bytes);
    }

    /** Does something on a thread that may be kept busy for a while. */
    void later(Runnable task) {
        later.execute(task);
    }

    /** A defect; told at most once in a while. */
    void failed(Throwable failure) {
        long now = now();
        long last = lastToldNanos.get();
        if ((last == 0 || now - last > TELL_NANOS) && lastToldNanos.compareAndSet(last, now)) {
            LOG.atWarn().setCause(failure).log("a proxied request failed");
        }
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
