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
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Downloads a snapshot of the index, and goes on from one. Memory holds one lane at a time, a file what was sent. */
final class SnapshotRoutes {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotRoutes.class);
    private static final int PIECE_BYTES = 64 * 1024;

    private final IndexedPool pool;
    private final long maxBytes;

    SnapshotRoutes(IndexedPool pool, long maxBytes) {
        this.pool = pool;
        this.maxBytes = maxBytes;
    }

    Mono<ServerResponse> download() {
        PoolSnapshots snapshots = pool.snapshots();
        if (snapshots == null) {
            return elsewhere();
        }
        Scheduler elastic = Schedulers.boundedElastic();
        Executor executor = elastic::schedule;
        Flux<DataBuffer> bytes = Flux.from(DataBufferUtils.outputStreamPublisher(
                out -> write(snapshots, out), DefaultDataBufferFactory.sharedInstance, executor, PIECE_BYTES));
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
        AtomicLong received = new AtomicLong();
        Flux<DataBuffer> body = request.exchange().getRequest().getBody().map(piece -> {
            if (received.addAndGet(piece.readableByteCount()) > maxBytes) {
                DataBufferUtils.release(piece);
                throw new DataBufferLimitException("too large");
            }
            return piece;
        });
        return Mono.usingWhen(
                Mono.fromCallable(() -> Files.createTempFile("kv-index", ".snapshot"))
                        .subscribeOn(Schedulers.boundedElastic()),
                file -> DataBufferUtils.write(body, file)
                        .then(Mono.fromCallable(() -> snapshots.restore(file)).subscribeOn(Schedulers.boundedElastic()))
                        .flatMap(done -> Answers.ok(new SnapshotRestored(done.restored(), done.skipped())))
                        .onErrorResume(
                                DataBufferLimitException.class,
                                tooLarge -> Answers.problem(
                                        ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBytes + " bytes"))
                        .onErrorResume(
                                IOException.class,
                                damaged -> Answers.problem(
                                        ErrorCode.INVALID_VALUE, "the snapshot " + damaged.getMessage())),
                SnapshotRoutes::delete);
    }

    private static Mono<Void> delete(Path file) {
        return Mono.<Void>fromRunnable(() -> {
                    try {
                        Files.deleteIfExists(file);
                    } catch (IOException e) {
                        LOG.atWarn().setCause(e).log("a file of a snapshot cannot be deleted");
                    }
                })
                .subscribeOn(Schedulers.boundedElastic());
    }

    private static Mono<ServerResponse> elsewhere() {
        return Answers.problem(
                ErrorCode.UNSUPPORTED_VALUE, "this pool is carried over Kafka, where its snapshots are as well");
    }
}
