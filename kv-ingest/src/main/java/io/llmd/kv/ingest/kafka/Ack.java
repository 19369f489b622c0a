package io.llmd.kv.ingest.kafka;

import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/** Whether a record arrived, and where. Written by the producer's thread, read by the lane's. */
final class Ack implements Callback {

    private static final long PENDING = -1;
    private static final long FAILED = -2;

    private final Runnable arrived;
    private final Consumer<String> failed;
    private volatile long offset = PENDING;

    Ack(Runnable arrived, Consumer<String> failed) {
        this.arrived = arrived;
        this.failed = failed;
    }

    /** Hands a record to a producer; one that cannot take it is a failure like any other. */
    void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        try {
            producer.send(record, this);
        } catch (KafkaException | IllegalStateException e) {
            onCompletion(null, e);
        }
    }

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        if (exception == null) {
            offset = Objects.requireNonNull(metadata).offset();
            arrived.run();
        } else {
            offset = FAILED;
            String message = exception.getMessage();
            failed.accept(message == null ? exception.getClass().getSimpleName() : message);
        }
    }

    boolean isPending() {
        return offset == PENDING;
    }

    boolean isFailed() {
        return offset == FAILED;
    }

    /** Offset of the record; negative while it has none. */
    long offset() {
        return offset;
    }
}
