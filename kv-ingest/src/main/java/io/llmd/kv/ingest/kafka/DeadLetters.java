package io.llmd.kv.ingest.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Notes records that nobody can read, without their content: key {@code partition/offset}, which is the same from every
 * replica, and a line of text. Never waits for long; what finds no room, 1 MiB, is only logged.
 * One of a thousand is a warning. For one thread.
 */
final class DeadLetters implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private static final int WARN_EACH = 1_000;

    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private int noted;

    DeadLetters(KafkaConnection connection, KvTopics topics) {
        topic = topics.deadLetters();
        Map<String, Object> properties = connection.writer();
        properties.put("buffer.memory", "1048576");
        properties.put("max.block.ms", "100");
        properties.put("delivery.timeout.ms", "30000");
        properties.put("linger.ms", "0");
        producer = new KafkaProducer<>(properties);
    }

    void note(ConsumerRecord<byte[], byte[]> record, String reason) {
        int bytes = record.value() == null ? 0 : record.value().length;
        String place = record.partition() + "/" + record.offset();
        String text = "topic=" + record.topic() + " partition=" + record.partition() + " offset=" + record.offset()
                + " bytes=" + bytes + " reason=" + reason;
        LOG.atLevel(noted++ % WARN_EACH == 0 ? Level.WARN : Level.DEBUG)
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .addKeyValue("reason", reason)
                .log("a record of deltas is of no use");
        try {
            producer.send(new ProducerRecord<>(
                    topic, place.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8)));
        } catch (KafkaException e) {
            LOG.atDebug().setCause(e).log("a dead letter was not written");
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
    }
}
