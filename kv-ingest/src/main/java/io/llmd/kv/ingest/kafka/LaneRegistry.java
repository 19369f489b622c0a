package io.llmd.kv.ingest.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Registers lanes: gives each a number and a partition and writes them to the topic of lanes, which all replicas and owners
 * read. Several processes may register at the same time. For one thread; every call blocks, for a few seconds at most.
 *
 * <p>Partitions are filled one after the other, so that the lanes of a pool are in few of them; when all have
 * {@link KvTopics#LANES_PER_PARTITION} lanes the topics grow by a partition.
 */
public final class LaneRegistry implements AutoCloseable {

    /*
     * Numbers are drawn by lot instead of counted: two processes that register at the same time hardly ever draw the same,
     * and a number is not used again while records of its former lane are in the log. Should it happen, the lane with the
     * greater id sees it after writing and draws again.
     */

    private static final int ATTEMPTS = 5;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    private final KafkaConnection connection;
    private final RandomGenerator random;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Producer<byte[], byte[]> producer;
    private final LaneTable table = new LaneTable();
    private List<TopicPartition> partitions = List.of();

    /** A registry that connects with its first call. */
    public LaneRegistry(KafkaConnection connection, RandomGenerator random) {
        this.connection = connection;
        this.random = random;
        consumer = new KafkaConsumer<>(connection.reader());
        Map<String, Object> properties = connection.writer();
        properties.put("delivery.timeout.ms", KafkaConnection.CALL_LIMIT_MILLIS);
        properties.put("max.block.ms", KafkaConnection.CALL_LIMIT_MILLIS);
        properties.put("linger.ms", "0");
        producer = new KafkaProducer<>(properties);
    }

    /**
     * Registers lanes of pools whose topics exist; one that is known keeps its number and partition.
     *
     * @return the lanes as they are registered now, by id
     * @throws KafkaException when no broker answers, or a topic does not exist
     */
    public Map<String, LaneDescription> register(Collection<LaneSpec> specs) {
        catchUp();
        List<LaneSpec> missing = new ArrayList<>(specs);
        for (int attempt = 0; attempt < ATTEMPTS && !missing.isEmpty(); attempt++) {
            write(missing);
            catchUp();
            missing.removeIf(this::isRegistered);
        }
        if (!missing.isEmpty()) {
            throw new KafkaException(missing.size() + " lanes could not be registered");
        }
        Map<String, LaneDescription> registered = new HashMap<>();
        for (LaneSpec spec : specs) {
            LaneTable.Entry entry = table.get(spec.id());
            if (entry != null) {
                registered.put(spec.id(), entry.lane());
            }
        }
        return registered;
    }

    /**
     * Says that lanes are gone, for ever: their ids hold what makes an endpoint unique.
     *
     * @throws KafkaException when no broker answers
     */
    public void remove(Collection<String> laneIds) {
        catchUp();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (String id : laneIds) {
            LaneTable.Entry entry = table.get(id);
            if (entry != null) {
                sent.add(send(entry.lane().spec().key(), null));
            }
        }
        await(sent);
    }

    /** All lanes of a pool, as they are registered. */
    public List<LaneDescription> lanes(String pool) {
        catchUp();
        return table.entries().stream()
                .map(LaneTable.Entry::lane)
                .filter(lane -> lane.spec().pool().equals(pool))
                .toList();
    }

    private boolean isRegistered(LaneSpec spec) {
        LaneTable.Entry entry = table.get(spec.id());
        return entry != null && entry.lane().spec().equals(spec) && !mustDrawAgain(entry.lane());
    }

    private boolean mustDrawAgain(LaneDescription lane) {
        for (LaneTable.Entry other : table.entries()) {
            if (other.lane().number() == lane.number() && other.lane().id().compareTo(lane.id()) < 0) {
                return true;
            }
        }
        return false;
    }

    private void write(List<LaneSpec> specs) {
        Set<Integer> numbers = new HashSet<>();
        Map<String, Map<Integer, Integer>> loads = new HashMap<>();
        for (LaneTable.Entry each : table.entries()) {
            numbers.add(each.lane().number());
            loads.computeIfAbsent(each.lane().spec().pool(), pool -> new HashMap<>())
                    .merge(each.lane().partition(), 1, Integer::sum);
        }
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (LaneSpec spec : specs) {
            LaneTable.Entry known = table.get(spec.id());
            if (known != null && isRegistered(spec)) {
                continue;
            }
            LaneDescription lane = known != null && !mustDrawAgain(known.lane())
                    ? new LaneDescription(
                            spec, known.lane().number(), known.lane().partition())
                    : placed(spec, numbers, loads.computeIfAbsent(spec.pool(), pool -> new HashMap<>()));
            if (known != null && known.lane().number() != lane.number()) {
                sent.add(send(spec.key(), null));
            }
            sent.add(send(spec.key(), new LaneRecord(lane, "").toBytes()));
        }
        await(sent);
    }

    private LaneDescription placed(LaneSpec spec, Set<Integer> numbers, Map<Integer, Integer> loads) {
        int number = random.nextInt(1, Integer.MAX_VALUE);
        while (!numbers.add(number)) {
            number = random.nextInt(1, Integer.MAX_VALUE);
        }
        int partition = 0;
        while (loads.getOrDefault(partition, 0) >= KvTopics.LANES_PER_PARTITION) {
            partition++;
        }
        KvTopics topics = new KvTopics(spec.pool());
        if (partition >= TopicReader.partitions(consumer, topics.events()).size()) {
            topics.grow(connection, partition + 1);
        }
        loads.merge(partition, 1, Integer::sum);
        return new LaneDescription(spec, number, partition);
    }

    private Future<RecordMetadata> send(byte[] key, byte @Nullable [] value) {
        return producer.send(new ProducerRecord<>(KvTopics.LANES, key, value));
    }

    private void catchUp() {
        if (partitions.isEmpty()) {
            partitions = TopicReader.partitions(consumer, KvTopics.LANES);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }
        long deadline = System.nanoTime() + 2 * TimeUnit.MILLISECONDS.toNanos(KafkaConnection.CALL_LIMIT_MILLIS);
        boolean isDone = TopicReader.readToEnd(
                consumer,
                partitions,
                () -> System.nanoTime() - deadline < 0,
                each -> table.offer(each.key(), each.value(), each.offset(), each.timestamp()));
        if (!isDone) {
            throw new KafkaException("lanes were not read in time");
        }
    }

    private static void await(List<Future<RecordMetadata>> sent) {
        for (Future<RecordMetadata> each : sent) {
            try {
                each.get(2L * KafkaConnection.CALL_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new KafkaException("a lane could not be written", e.getCause());
            } catch (TimeoutException e) {
                throw new KafkaException("no broker answers", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptException(e);
            }
        }
    }

    @Override
    public void close() {
        producer.close(CLOSE_LIMIT);
        consumer.close(CloseOptions.timeout(CLOSE_LIMIT));
    }
}
