package io.llmd.scheduler.outcome;

import io.llmd.contracts.scaling.RequestOutcomes;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.scheduler.outcome.OutcomeListener.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes to a Kafka topic what became of attempts: one record for each model and interval. While the broker is away outcomes wait,
 * {@value #CAPACITY} of them, and further ones are dropped; requests are served all the same.
 *
 * <p>{@link #add} is safe from any thread. All else happens on one thread, between {@link #start} and {@link #stop}.
 */
public final class OutcomeLog {

    /** Most outcomes that wait; a few megabytes. */
    static final int CAPACITY = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(OutcomeLog.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(2);
    private static final Duration DELIVERY_LIMIT = Duration.ofSeconds(10);
    private static final Duration RETENTION = Duration.ofHours(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private record Waiting(String model, Ended ended) {}

    private final OutcomeSettings settings;
    private final OutcomeListener listener;
    private final JsonMapper json = JsonMapper.builder().build();
    private final ArrayBlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(CAPACITY);
    private @Nullable Thread thread;
    private volatile boolean running;
    private volatile boolean failed;
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private boolean troubled;
    private boolean isTopicMade;

    /** A log that has not started. */
    public OutcomeLog(OutcomeSettings settings, OutcomeListener listener) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /** Takes an outcome, and never waits. */
    public void add(String model, Ended ended) {
        if (!waiting.offer(new Waiting(model, ended))) {
            listener.happened(Event.DROPPED, 1);
        }
    }

    /** Starts; does nothing while it runs. */
    public synchronized void start() {
        if (running) {
            return;
        }
        running = true;
        thread = Thread.ofPlatform().daemon().name("request-outcomes").start(this::run);
        LOG.atInfo().addKeyValue("topic", settings.topic()).log("telling what became of requests");
    }

    /** Sends what waits, and stops within a few seconds. */
    public synchronized void stop() {
        Thread sender = thread;
        if (sender == null) {
            return;
        }
        running = false;
        sender.interrupt();
        try {
            sender.join(STOP_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    private void run() {
        while (running) {
            try {
                TimeUnit.NANOSECONDS.sleep(settings.interval().toNanos());
            } catch (InterruptedException stopping) {
                break;
            }
            turn();
        }
        turn();
        KafkaProducer<byte[], byte[]> open = producer;
        if (open != null) {
            open.close(CALL_LIMIT);
        }
    }

    private void turn() {
        try {
            makeTopic();
            while (!waiting.isEmpty()) {
                sendSome(producer());
            }
        } catch (KafkaException e) {
            trouble(e);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("outcomes of requests could not be told");
        }
        if (troubled && !failed) {
            troubled = false;
            LOG.atInfo().log("outcomes of requests are told again");
        }
    }

    /** The client; made when it is needed, for names of brokers may be known only later. */
    private KafkaProducer<byte[], byte[]> producer() {
        KafkaProducer<byte[], byte[]> open = producer;
        if (open == null) {
            open = new KafkaProducer<>(producerProperties());
            producer = open;
        }
        return open;
    }

    private void sendSome(KafkaProducer<byte[], byte[]> producer) {
        List<Waiting> some = new ArrayList<>();
        waiting.drainTo(some, RequestOutcomes.MAX_ENDED);
        Map<String, List<Ended>> byModel = new LinkedHashMap<>();
        some.forEach(each ->
                byModel.computeIfAbsent(each.model(), name -> new ArrayList<>()).add(each.ended()));
        byModel.forEach((model, ended) -> send(producer, model, ended));
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String model, List<Ended> ended) {
        byte[] value = json.writeValueAsBytes(new RequestOutcomes(RequestOutcomes.VERSION, model, ended));
        byte[] key = model.getBytes(StandardCharsets.UTF_8);
        try {
            producer.send(new ProducerRecord<>(settings.topic(), key, value), (metadata, failure) -> {
                failed = failure != null;
                listener.happened(failure == null ? Event.SENT : Event.SEND_FAILED, ended.size());
            });
        } catch (KafkaException e) {
            failed = true;
            listener.happened(Event.SEND_FAILED, ended.size());
            throw e;
        }
    }

    private void makeTopic() {
        if (isTopicMade || waiting.isEmpty()) {
            return;
        }
        NewTopic topic = new NewTopic(settings.topic(), Optional.empty(), Optional.empty())
                .configs(Map.of("cleanup.policy", "delete", "retention.ms", "" + RETENTION.toMillis()));
        try (Admin admin = Admin.create(adminProperties())) {
            admin.createTopics(List.of(topic)).all().get(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            isTopicMade = true;
        } catch (ExecutionException e) {
            // Who may not make topics may find that it is there.
            isTopicMade =
                    e.getCause() instanceof TopicExistsException || e.getCause() instanceof AuthorizationException;
            if (!isTopicMade) {
                throw new KafkaException("the topic could not be made", e.getCause());
            }
        } catch (TimeoutException e) {
            failed = true;
            throw new KafkaException("no broker answers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void trouble(KafkaException e) {
        failed = true;
        if (!troubled) {
            troubled = true;
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("outcomes of requests cannot be told at present");
        }
    }

    private Map<String, Object> producerProperties() {
        Map<String, Object> properties = clientProperties();
        properties.put("key.serializer", ByteArraySerializer.class);
        properties.put("value.serializer", ByteArraySerializer.class);
        properties.put("acks", "1");
        properties.put("enable.idempotence", "false");
        properties.put("compression.type", "gzip");
        properties.put("linger.ms", "0");
        properties.put("buffer.memory", "" + (8 << 20));
        properties.put("max.block.ms", "" + CALL_LIMIT.toMillis());
        properties.put("request.timeout.ms", "" + CALL_LIMIT.toMillis());
        properties.put("delivery.timeout.ms", "" + DELIVERY_LIMIT.toMillis());
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
        properties.put("reconnect.backoff.max.ms", "1000");
        return properties;
    }
}
