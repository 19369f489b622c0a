package io.llmd.scheduler.replica;

import io.llmd.scheduler.datalayer.InFlightLoad;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.replica.ReplicaListener.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other schedulers of the pool over a Kafka topic what this one has in flight, and adds what they tell to the
 * in-flight trackers. While the broker is away nothing of the others counts after the expiry, and requests are served.
 *
 * <p>All of it happens on one thread, between {@link #start} and {@link #stop}.
 */
public final class LoadExchange {

    /*
     * Every record holds all that its sender has in flight. So lost, doubled and late records do no harm: a later one
     * replaces them, sequence numbers keep an older one from replacing a newer one, and no record has to be read from
     * the past, which is why every scheduler reads all partitions from their end, without a consumer group.
     */

    private static final Logger LOG = LoggerFactory.getLogger(LoadExchange.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration RETENTION = Duration.ofMinutes(10);
    private static final long STOP_LIMIT_SECONDS = 5;

    private final ReplicaSettings settings;
    private final InFlightTrackers trackers;
    private final ReplicaListener listener;
    private final LongSupplier nanoClock;
    private final LoadShareJson json = new LoadShareJson();
    private final ReplicaShares shares;
    private final byte[] key;
    private @Nullable Thread thread;
    private volatile boolean running;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private volatile boolean sendFailed;

    private long sequence;
    private long checkedNanos;
    private long sentNanos;
    private @Nullable Map<String, Map<String, InFlightLoad>> sent;
    private @Nullable Future<?> sending;
    private boolean assigned;
    private long triedNanos;
    private boolean troubled;

    /**
     * An exchange that has not started.
     *
     * @param nanoClock monotonic clock
     */
    public LoadExchange(
            ReplicaSettings settings, InFlightTrackers trackers, ReplicaListener listener, LongSupplier nanoClock) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.trackers = Objects.requireNonNull(trackers, "trackers");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        shares = new ReplicaShares(settings.expiry());
        key = settings.replica().getBytes(StandardCharsets.UTF_8);
    }

    /** Starts; does nothing while it runs. @throws KafkaException when a property of the clients is wrong */
    public synchronized void start() {
        if (running) {
            return;
        }
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerProperties());
        KafkaConsumer<byte[], byte[]> reader;
        try {
            reader = new KafkaConsumer<>(consumerProperties());
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
        running = true;
        consumer = reader;
        thread = Thread.ofPlatform().daemon().name("replica-load").start(() -> run(producer, reader));
        LOG.atInfo()
                .addKeyValue("topic", settings.topic())
                .addKeyValue("replica", settings.replica())
                .log("telling other schedulers of the load");
    }

    /** Says that this scheduler leaves, stops, and waits a few seconds at most. What the others told counts no more. */
    public synchronized void stop() {
        KafkaConsumer<byte[], byte[]> reader = consumer;
        Thread running = thread;
        if (running == null || reader == null) {
            return;
        }
        this.running = false;
        reader.wakeup();
        try {
            running.join(TimeUnit.SECONDS.toMillis(STOP_LIMIT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
        consumer = null;
        trackers.elsewhere(Map.of());
    }

    private void run(KafkaProducer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> reader) {
        try (producer;
                reader) {
            while (running) {
                turn(producer, reader);
            }
            leave(producer);
            producer.close(CALL_LIMIT);
        } catch (KafkaException e) {
            LOG.atError().setCause(e).log("schedulers tell each other no load any more");
        }
    }

    private void turn(KafkaProducer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> reader) {
        long now = nanoClock.getAsLong();
        if (sent == null || now - checkedNanos >= settings.interval().toNanos()) {
            checkedNanos = now;
            publish(producer, now);
        }
        boolean changed = false;
        try {
            if (assign(reader, now)) {
                for (ConsumerRecord<byte[], byte[]> each : reader.poll(untilNextShare())) {
                    changed |= take(each);
                }
            } else {
                TimeUnit.NANOSECONDS.sleep(untilNextShare().toNanos());
            }
            if (!sendFailed) {
                recovered();
            }
        } catch (WakeupException stopping) {
            return;
        } catch (InterruptedException e) {
            running = false;
            return;
        } catch (KafkaException e) {
            assigned = false;
            trouble(e);
        }
        int expired = shares.expire(nanoClock.getAsLong());
        if (expired > 0) {
            listener.happened(Event.EXPIRED, expired);
        }
        if (changed || expired > 0) {
            trackers.elsewhere(shares.sum());
            listener.others(shares.size());
        }
    }

    private Duration untilNextShare() {
        long interval = settings.interval().toNanos();
        long left = interval - (nanoClock.getAsLong() - checkedNanos);
        return Duration.ofNanos(Math.clamp(left, 1_000_000, interval));
    }

    /** Whether the partitions are known; looks for them, and makes the topic, when they are not. */
    private boolean assign(KafkaConsumer<byte[], byte[]> reader, long now) {
        if (assigned) {
            return true;
        }
        if (triedNanos != 0 && now - triedNanos < RETRY.toNanos()) {
            return false;
        }
        triedNanos = now;
        createTopic();
        List<TopicPartition> partitions = reader.partitionsFor(settings.topic(), CALL_LIMIT).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        if (partitions.isEmpty()) {
            throw new KafkaException("topic " + settings.topic() + " has no partitions");
        }
        reader.assign(partitions);
        reader.seekToEnd(partitions);
        assigned = true;
        return true;
    }

    private void createTopic() {
        NewTopic topic = new NewTopic(settings.topic(), Optional.of(1), Optional.empty())
                .configs(Map.of("cleanup.policy", "delete", "retention.ms", "" + RETENTION.toMillis()));
        try (Admin admin = Admin.create(adminProperties())) {
            admin.createTopics(List.of(topic)).all().get(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                LOG.atDebug().setCause(e.getCause()).log("the topic could not be made");
            }
        } catch (TimeoutException e) {
            throw new KafkaException("no broker answers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WakeupException();
        }
    }

    private boolean take(ConsumerRecord<byte[], byte[]> each) {
        if (each.key() == null || each.key().length > LoadShare.MAX_NAME_LENGTH) {
            listener.happened(Event.REFUSED, 1);
            return false;
        }
        if (each.value() == null) {
            boolean left = shares.leave(new String(each.key(), StandardCharsets.UTF_8));
            if (left) {
                listener.happened(Event.LEFT, 1);
            }
            return left;
        }
        try {
            LoadShare share = json.read(each.value());
            if (share.replica().equals(settings.replica()) || !share.pool().equals(settings.pool())) {
                return false;
            }
            boolean taken = shares.take(share, nanoClock.getAsLong());
            if (taken) {
                listener.happened(Event.TAKEN, 1);
            }
            return taken;
        } catch (IllegalArgumentException e) {
            listener.happened(Event.REFUSED, 1);
            LOG.atDebug().setCause(e).log("a record in the topic of loads is not understood");
            return false;
        }
    }

    private void publish(KafkaProducer<byte[], byte[]> producer, long now) {
        Map<String, Map<String, InFlightLoad>> own = trackers.own();
        boolean due = sent == null
                || !own.equals(sent)
                || now - sentNanos >= settings.renewal().toNanos();
        if (!due || (sending != null && !sending.isDone())) {
            return;
        }
        sentNanos = now;
        LoadShare share = new LoadShare(settings.pool(), settings.replica(), sequence++, own);
        try {
            sending = producer.send(
                    new ProducerRecord<>(settings.topic(), key, json.write(share)), (metadata, failure) -> {
                        sendFailed = failure != null;
                        listener.happened(failure == null ? Event.SENT : Event.SEND_FAILED, 1);
                    });
            sent = own;
        } catch (KafkaException e) {
            listener.happened(Event.SEND_FAILED, 1);
            trouble(e);
        }
    }

    private void leave(KafkaProducer<byte[], byte[]> producer) {
        try {
            producer.send(new ProducerRecord<>(settings.topic(), key, null));
        } catch (KafkaException e) {
            LOG.atDebug().setCause(e).log("other schedulers were not told that this one leaves");
        }
    }

    private void trouble(KafkaException e) {
        if (!troubled) {
            troubled = true;
            LOG.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("schedulers cannot tell each other their load; each counts its own alone");
        }
    }

    private void recovered() {
        if (troubled && assigned) {
            troubled = false;
            LOG.atInfo().log("schedulers tell each other their load again");
        }
    }

    private Map<String, Object> producerProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("key.serializer", ByteArraySerializer.class);
        properties.put("value.serializer", ByteArraySerializer.class);
        properties.put("acks", "1");
        properties.put("enable.idempotence", "false");
        properties.put("linger.ms", "0");
        properties.put("max.block.ms", "" + settings.interval().toMillis());
        properties.put("request.timeout.ms", "" + settings.expiry().toMillis());
        properties.put("delivery.timeout.ms", "" + settings.expiry().toMillis());
        return properties;
    }

    private Map<String, Object> consumerProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("key.deserializer", ByteArrayDeserializer.class);
        properties.put("value.deserializer", ByteArrayDeserializer.class);
        properties.put("auto.offset.reset", "latest");
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        properties.put("default.api.timeout.ms", "" + CALL_LIMIT.toMillis());
        properties.put("request.timeout.ms", "" + CALL_LIMIT.toMillis());
        return properties;
    }

    private Map<String, Object> adminProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("default.api.timeout.ms", "" + CALL_LIMIT.toMillis());
        properties.put("request.timeout.ms", "" + CALL_LIMIT.toMillis());
        return properties;
    }

    private Map<String, Object> clientProperties() {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put("bootstrap.servers", settings.bootstrapServers());
        properties.put("client.id", settings.replica());
        properties.put("reconnect.backoff.max.ms", "1000");
        return properties;
    }
}
