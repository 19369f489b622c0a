package io.llmd.autoscaler.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.autoscaler.collector.OutcomeReader.Listener.Event;
import io.llmd.autoscaler.collector.Outcomes.Outcome;
import io.llmd.contracts.scaling.RequestOutcomes;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.testsupport.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/** Outcomes over a real broker. */
@Timeout(120)
class OutcomeReaderIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration SOON = Duration.ofSeconds(30);

    private static KafkaBroker broker;
    private static KafkaProducer<byte[], byte[]> producer;

    private final Map<Event, Integer> events = Collections.synchronizedMap(new EnumMap<>(Event.class));
    private final List<Outcome> heard = new ArrayList<>();
    private String topic;
    private OutcomeReader reader;

    @BeforeAll
    static void startBroker() {
        broker = KafkaBroker.start();
        producer = new KafkaProducer<>(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "key.serializer",
                ByteArraySerializer.class,
                "value.serializer",
                ByteArraySerializer.class,
                "reconnect.backoff.max.ms",
                "500"));
    }

    @AfterAll
    static void stopBroker() {
        producer.close(Duration.ZERO);
        broker.close();
    }

    @BeforeEach
    void read(TestInfo test) {
        topic = "outcomes-" + test.getTestMethod().orElseThrow().getName();
        reader = new OutcomeReader(
                new OutcomeReader.Settings(broker.bootstrapServers(), topic, Map.of()),
                (event, count) -> events.merge(event, count, Integer::sum));
        reader.start();
    }

    @AfterEach
    void close() {
        reader.close();
    }

    private void makeTopic(int partitions) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty())))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        await("it reads").atMost(SOON).until(reader::isReading);
    }

    private void send(byte[] value) throws Exception {
        producer.send(new ProducerRecord<>(topic, "m".getBytes(StandardCharsets.UTF_8), value))
                .get(20, TimeUnit.SECONDS);
    }

    private static RequestOutcomes outcomes(int... prompts) {
        List<Ended> ended = new ArrayList<>();
        for (int prompt : prompts) {
            TokenUsage usage = new TokenUsage(prompt, 10, 0);
            ended.add(new Ended("ns/a", 0, true, Cause.NATURAL, 200, usage, 1_000, 2_000, 3));
        }
        return new RequestOutcomes(RequestOutcomes.VERSION, "m", ended);
    }

    private void awaitPrompts(Integer... prompts) {
        await("outcomes").atMost(SOON).untilAsserted(() -> {
            heard.addAll(reader.take());
            assertThat(heard)
                    .extracting(each -> each.ended().usage().promptTokens())
                    .containsExactly(prompts);
        });
    }

    @Test
    void whatIsToldFromNowOnIsHeardOnce() throws Exception {
        makeTopic(1);
        send(JSON.writeValueAsBytes(outcomes(1, 2)));
        send(JSON.writeValueAsBytes(outcomes(3)));
        awaitPrompts(1, 2, 3);
        assertThat(heard).extracting(Outcome::model).containsOnly("m");
        assertThat(reader.take()).isEmpty();
    }

    @Test
    void recordsThatAreNoneAreNotedByTheirPlaceAndOthersAreHeard() throws Exception {
        makeTopic(1);
        send("no outcome".getBytes(StandardCharsets.UTF_8));
        send("{\"version\":2,\"model\":\"m\",\"ended\":[]}".getBytes(StandardCharsets.UTF_8));
        send("{\"version\":1,\"model\":null,\"ended\":[{}]}".getBytes(StandardCharsets.UTF_8));
        send("null".getBytes(StandardCharsets.UTF_8));
        send(null);
        send(JSON.writeValueAsBytes(outcomes(7)));
        awaitPrompts(7);
        assertThat(events).containsEntry(Event.REFUSED, 5).containsEntry(Event.TAKEN, 1);

        List<String> letters = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "key.deserializer",
                StringDeserializer.class,
                "value.deserializer",
                StringDeserializer.class,
                "auto.offset.reset",
                "earliest",
                "group.id",
                topic))) {
            consumer.subscribe(List.of(RequestOutcomes.DEAD_LETTERS));
            await("dead letters").atMost(SOON).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(each -> letters.add(each.key() + " " + each.value()));
                return letters.size() >= 5;
            });
        }
        assertThat(letters).allSatisfy(each -> assertThat(each).doesNotContain("no outcome"));
        assertThat(letters.getFirst()).startsWith("0/0 topic=" + topic).contains("reason=not understood");
    }

    @Test
    void aBrokerThatGoesAndComesBackHarmsNobody() throws Exception {
        makeTopic(1);
        send(JSON.writeValueAsBytes(outcomes(1)));
        awaitPrompts(1);
        broker.goAway();
        assertThat(reader.take()).isEmpty();
        broker.comeBack();
        send(JSON.writeValueAsBytes(outcomes(2)));
        awaitPrompts(1, 2);
    }

    @Test
    void thoseThatNobodyTakesAreDropped() throws Exception {
        makeTopic(1);
        int[] prompts = new int[RequestOutcomes.MAX_ENDED];
        byte[] full = JSON.writeValueAsBytes(outcomes(prompts));
        int records = OutcomeReader.CAPACITY / prompts.length + 2;
        for (int i = 0; i < records; i++) {
            producer.send(new ProducerRecord<>(topic, full));
        }
        await("all are read")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(events)
                        .containsEntry(Event.TAKEN, OutcomeReader.CAPACITY)
                        .containsEntry(Event.DROPPED, 2 * prompts.length));
        assertThat(reader.take()).hasSize(OutcomeReader.CAPACITY);
    }
}
