package io.llmd.autoscaler.collector;

import io.llmd.contracts.scaling.RequestOutcomes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads what schedulers tell of ended requests from a Kafka topic: every partition from its end, without a group, for each autoscaler
 * learns all of it by itself, and what is old says nothing of the present. While the broker is away nothing is heard, which harms
 * nobody: metrics pages are all that counts then.
 *
 * <p>At most {@value #CAPACITY} outcomes wait to be taken; further ones are dropped. A record that is none is noted in a topic of dead
 * letters, without its content: key {@code partition/offset} and a line of text.
 */
public final class OutcomeReader implements Outcomes {

    static final int CAPACITY = 50_000;
    private static final int MAX_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(OutcomeReader.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration REFRESH = Duration.ofMinutes(1);
    private static final long STOP_LIMIT_MILLIS = 5_000;

    /**
     * Where outcomes are told.
     *
     * @param bootstrapServers brokers, as {@code host:port,...}
     * @param topic topic of the outcomes; waited for until it is there
     * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
     */
    public record Settings(String bootstrapServers, String topic, Map<String, String> clientProperties) {
        public Settings {
            Objects.requireNonNull(bootstrapServers, "bootstrapServers");
            Objects.requireNonNull(topic, "topic");
            clientProperties = Map.copyOf(clientProperties);
        }

        /** Client properties may hold passwords, so they are left out. */
        @Override
        public String toString() {
            return "Settings[bootstrapServers=" + bootstrapServers + ", topic=" + topic + "]";
        }
    }

    /** Hears what became of outcomes. Called on the reader's thread; must not block or throw. */
    @FunctionalInterface
    public interface Listener {

        /** What became of outcomes. */
        enum Event {
            /** They wait to be looked at. */
            TAKEN,
            /** Too many waited. */
            DROPPED,
            /** A record was none. */
            REFUSED
        }

        /** It happened to some. */
        void happened(Event event, int count);
    }

    private final Settings settings;
    private final Listener listener;
    private final JsonMapper json = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
            .build();
    private final ArrayBlockingQueue<Outcome> waiting = new ArrayBlockingQueue<>(CAPACITY);
    private @Nullable Thread thread;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private volatile boolean running;
    private volatile boolean isAssigned;
    private long assignedNanos;
    private volatile boolean haveLettersFailed;
    private volatile long lettersFailedNanos;
    private boolean isTroubled;

    /** A reader that has not started. */
    public OutcomeReader(Settings settings, Listener listener) {
        this.settings = settings;
        this.listener = listener;
    }

    /** Starts; does nothing while it runs. */
    public synchronized void start() {
        if (running) {
            return;
        }
        running = true;
        thread = Thread.ofPlatform().daemon().name("autoscaler-outcomes").start(this::run);
        LOG.atInfo().addKeyValue("topic", settings.topic()).log("listening to what becomes of requests");
    }

    /** Whether it reads: what is told from now on is heard. */
    public boolean isReading() {
        return isAssigned;
    }

    @Override
    public List<Outcome> take() {
        List<Outcome> taken = new ArrayList<>();
        waiting.drainTo(taken);
        return taken;
    }

    @Override
    public synchronized void close() {
        Thread reading = thread;
        if (reading == null) {
            return;
        }
        running = false;
        KafkaConsumer<byte[], byte[]> reader = consumer;
        if (reader != null) {
            reader.wakeup();
        }
        try {
            reading.join(STOP_LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    private void run() {
        while (running) {
            try (KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(consumerProperties());
                    KafkaProducer<byte[], byte[]> letters = new KafkaProducer<>(producerProperties())) {
                consumer = reader;
                while (running) {
                    turn(reader, letters);
                }
            } catch (WakeupException stopping) {
                return;
            } catch (KafkaException e) {
                // Names of brokers that nobody knows yet, for instance.
                trouble(e);
            } catch (RuntimeException e) {
                isAssigned = false;
                LOG.atError().setCause(e).log("what becomes of requests could not be read, and is tried again");
                pause();
            }
        }
    }

    private void turn(KafkaConsumer<byte[], byte[]> reader, KafkaProducer<byte[], byte[]> letters) {
        try {
            if (!isAssigned || System.nanoTime() - assignedNanos > REFRESH.toNanos()) {
                assign(reader);
            }
            for (ConsumerRecord<byte[], byte[]> each : reader.poll(POLL)) {
                read(each, letters);
            }
            if (isTroubled) {
                isTroubled = false;
                LOG.atInfo().log("what becomes of requests is heard again");
            }
        } catch (WakeupException stopping) {
            throw stopping;
        } catch (KafkaException e) {
            trouble(e);
        }
    }

    private void trouble(KafkaException e) {
        isAssigned = false;
        if (!isTroubled) {
            isTroubled = true;
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("nothing is heard of what becomes of requests");
        }
        pause();
    }

    /** Those that are there: at their end at first, and after that where it is, for there may be more than there were. */
    private void assign(KafkaConsumer<byte[], byte[]> reader) {
        List<TopicPartition> partitions = reader.partitionsFor(settings.topic(), CALL_LIMIT).stream()
                .map(each -> new TopicPartition(each.topic(), each.partition()))
                .toList();
        if (partitions.isEmpty()) {
            throw new KafkaException("topic " + settings.topic() + " is not there yet");
        }
        List<TopicPartition> added = new ArrayList<>(partitions);
        if (isAssigned) {
            added.removeAll(reader.assignment());
        }
        reader.assign(partitions);
        if (!added.isEmpty()) {
            reader.seekToEnd(added);
        }
        added.forEach(each -> reader.position(each, CALL_LIMIT));
        assignedNanos = System.nanoTime();
        isAssigned = true;
    }

    private void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
        } catch (InterruptedException e) {
            running = false;
        }
    }

    private void read(ConsumerRecord<byte[], byte[]> each, KafkaProducer<byte[], byte[]> letters) {
        byte[] value = each.value();
        if (value == null || value.length > MAX_BYTES) {
            refuse(each, value == null ? "no value" : "more than " + MAX_BYTES + " bytes", letters);
            return;
        }
        try {
            RequestOutcomes outcomes = json.readValue(value, RequestOutcomes.class);
            int taken = 0;
            for (RequestOutcomes.Ended ended : outcomes.ended()) {
                taken += waiting.offer(new Outcome(outcomes.model(), ended)) ? 1 : 0;
            }
            listener.happened(Listener.Event.TAKEN, taken);
            if (taken < outcomes.ended().size()) {
                listener.happened(Listener.Event.DROPPED, outcomes.ended().size() - taken);
            }
        } catch (JacksonException | NullPointerException e) {
            refuse(each, "not understood", letters);
        }
    }

    private void refuse(ConsumerRecord<byte[], byte[]> each, String reason, KafkaProducer<byte[], byte[]> letters) {
        listener.happened(Listener.Event.REFUSED, 1);
        String place = each.partition() + "/" + each.offset();
        String text = "topic=" + each.topic() + " partition=" + each.partition() + " offset=" + each.offset()
                + " reason=" + reason;
        LOG.atDebug()
                .addKeyValue("reason", reason)
                .addKeyValue("offset", each.offset())
                .log("a record is no outcome");
        if (haveLettersFailed && System.nanoTime() - lettersFailedNanos < REFRESH.toNanos()) {
            // Where nobody may make the topic, each would wait for it.
            return;
        }
        try {
            letters.send(
                    new ProducerRecord<>(
                            RequestOutcomes.DEAD_LETTERS,
                            place.getBytes(StandardCharsets.UTF_8),
                            text.getBytes(StandardCharsets.UTF_8)),
                    (written, failure) -> lettersFailed(failure != null));
        } catch (KafkaException e) {
            lettersFailed(true);
        }
    }

    private void lettersFailed(boolean haveFailed) {
        haveLettersFailed = haveFailed;
        lettersFailedNanos = System.nanoTime();
    }

    private Map<String, Object> consumerProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("key.deserializer", ByteArrayDeserializer.class);
        properties.put("value.deserializer", ByteArrayDeserializer.class);
        properties.put("auto.offset.reset", "latest");
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        properties.put("max.poll.records", "100");
        properties.put("fetch.max.bytes", "" + 4 * MAX_BYTES);
        properties.put("max.partition.fetch.bytes", "" + MAX_BYTES);
        properties.put("default.api.timeout.ms", "" + CALL_LIMIT.toMillis());
        properties.put("request.timeout.ms", "" + CALL_LIMIT.toMillis());
        return properties;
    }

    private Map<String, Object> producerProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("key.serializer", ByteArraySerializer.class);
        properties.put("value.serializer", ByteArraySerializer.class);
        properties.put("acks", "1");
        properties.put("enable.idempotence", "false");
        properties.put("linger.ms", "0");
        properties.put("buffer.memory", "" + MAX_BYTES);
        properties.put("max.block.ms", "" + CALL_LIMIT.toMillis());
        properties.put("request.timeout.ms", "" + CALL_LIMIT.toMillis());
        properties.put("delivery.timeout.ms", "" + 5 * CALL_LIMIT.toMillis());
        return properties;
    }

    private Map<String, Object> clientProperties() {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put("bootstrap.servers", settings.bootstrapServers());
        properties.put("reconnect.backoff.max.ms", "1000");
        return properties;
    }
}
