package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.prefix.SnapshotRestored;
import io.llmd.kvindex.ingest.IndexedPool;
import io.llmd.kvindex.ingest.PoolSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Downloads a snapshot of the index, and goes on from one: one request at a time, which ends when its client neither sends nor
 * reads for half a minute. Memory holds one lane at a time, a file what was sent.
 */
final class SnapshotRoutes {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotRoutes.class);
    private static final int PIECE_BYTES = 64 * 1024;
    private static final int THREADS = 4;
    private static final int WAITING = 16;
    private static final int THREAD_IDLE_SECONDS = 10;

    private final IndexedPool pool;
    private final long maxBytes;
    private final Duration idle;
    private final Scheduler threads =
            Schedulers.newBoundedElastic(THREADS, WAITING, "kv-index-snapshot-http", THREAD_IDLE_SECONDS, true);
    private final AtomicReference<@Nullable Object> holder = new AtomicReference<>();

    /** @param idle after which a client that does not go on is left; longer than copying a lane takes */
    SnapshotRoutes(IndexedPool pool, long maxBytes, Duration idle) {
        this.pool = pool;
        this.maxBytes = maxBytes;
        this.idle = idle;
    }

    Mono<ServerResponse> download() {
        PoolSnapshots snapshots = pool.snapshots();
        if (snapshots == null) {
            return elsewhere();
        }
        if (holder.get() != null) {
            return busy();
        }
        Executor executor = threads::schedule;
        // A response may never be written, so what is taken for it is taken when it is.
        Flux<DataBuffer> bytes = Flux.defer(() -> {
            Object hold = new Object();
            return holder.compareAndSet(null, hold)
                    ? Flux.from(DataBufferUtils.outputStreamPublisher(
                                    out -> write(snapshots, out),
                                    DefaultDataBufferFactory.sharedInstance,
                                    executor,
                                    PIECE_BYTES))
                            .timeout(idle)
                            .doOnTerminate(() -> holder.compareAndSet(hold, null))
                            .doOnCancel(() -> holder.compareAndSet(hold, null))
                    : Flux.error(new ResponseStatusException(HttpStatus.TOO_MANY_REQUESTS));
        });
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"kv-index.snapshot\"")
                .body(bytes, DataBuffer.class);
    }

    private static void write(PoolSnapshots snapshots, OutputStream out) {
        try {
            snapshots.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Mono<ServerResponse> restore(ServerRequest request) {
        PoolSnapshots snapshots = pool.snapshots();
        if (snapshots == null) {
            return elsewhere();
        }
        boolean isReplacing = request.queryParam("replace").orElse("false").equals("true");
        return Mono.defer(() -> {
            Object hold = new Object();
            return holder.compareAndSet(null, hold)
                    ? restore(snapshots, request, isReplacing)
                            .doOnTerminate(() -> holder.compareAndSet(hold, null))
                            .doOnCancel(() -> holder.compareAndSet(hold, null))
                    : busy();
        });
    }

    private Mono<ServerResponse> restore(PoolSnapshots snapshots, ServerRequest request, boolean isReplacing) {
        AtomicLong received = new AtomicLong();
        Flux<DataBuffer> body = request.exchange()
                .getRequest()
                .getBody()
                .timeout(idle)
                .map(piece -> {
                    if (received.addAndGet(piece.readableByteCount()) > maxBytes) {
                        DataBufferUtils.release(piece);
                        throw new DataBufferLimitException("too large");
                    }
                    return piece;
                });
        return Mono.usingWhen(
                Mono.fromCallable(() -> Files.createTempFile("kv-index", ".snapshot"))
                        .subscribeOn(threads),
                file -> DataBufferUtils.write(body, file)
                        .then(Mono.fromCallable(() -> snapshots.restore(file, isReplacing))
                                .subscribeOn(threads))
                        .flatMap(done -> Answers.ok(new SnapshotRestored(done.restored(), done.skipped())))
                        .onErrorResume(
                                DataBufferLimitException.class,
                                tooLarge -> Answers.problem(
                                        ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBytes + " bytes"))
                        .onErrorResume(
                                TimeoutException.class,
                                late -> Answers.problem(
                                        ErrorCode.REQUEST_TIMEOUT,
                                        "nothing of the body came for " + idle.toSeconds() + " seconds"))
                        .onErrorResume(
                                IOException.class,
                                damaged -> Answers.problem(
                                        ErrorCode.INVALID_VALUE, "the snapshot " + damaged.getMessage())),
                this::delete);
    }

    private Mono<Void> delete(Path file) {
        return Mono.<Void>fromRunnable(() -> {
                    try {
                        Files.deleteIfExists(file);
                    } catch (IOException e) {
                        LOG.atWarn().setCause(e).log("a file of a snapshot cannot be deleted");
                    }
                })
                .subscribeOn(threads);
    }

    private static Mono<ServerResponse> busy() {
        return Answers.problem(ErrorCode.SERVER_OVERLOADED, "another snapshot is written or read now");
    }

    private static Mono<ServerResponse> elsewhere() {
        return Answers.problem(
                ErrorCode.UNSUPPORTED_VALUE, "this pool is carried over Kafka, where its snapshots are as well");
    }
}
