package io.llmd.scheduler.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.scaling.RequestOutcomes;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.outcome.OutcomeListener.Event;
import io.llmd.testsupport.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/** The log against a real broker. */
@Timeout(120)
class OutcomeLogIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Map<Event, Integer> events = Collections.synchronizedMap(new EnumMap<>(Event.class));
    private KafkaBroker broker;
    private OutcomeLog log;

    @BeforeEach
    void start() {
        broker = KafkaBroker.start();
        log = new OutcomeLog(
                new OutcomeSettings(broker.bootstrapServers(), RequestOutcomes.TOPIC, Duration.ofMillis(50), Map.of()),
                (event, count) -> events.merge(event, count, Integer::sum));
        log.start();
    }

    @AfterEach
    void stop() {
        log.stop();
        broker.close();
    }

    private static Ended ended(int prompt) {
        return new Ended("ns/a", 1, true, Cause.NATURAL, 200, new TokenUsage(prompt, 5, 0), 1_000, 2_000, 3);
    }

    private List<ConsumerRecord<byte[], byte[]>> read(int outcomes) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "key.deserializer",
                ByteArrayDeserializer.class,
                "value.deserializer",
                ByteArrayDeserializer.class,
                "auto.offset.reset",
                "earliest",
                "group.id",
                "reader-" + outcomes))) {
            consumer.subscribe(List.of(RequestOutcomes.TOPIC));
            await("outcomes").atMost(SOON).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                return records.stream()
                                .mapToInt(each -> outcomes(each).ended().size())
                                .sum()
                        >= outcomes;
            });
        }
        return records;
    }

    private static RequestOutcomes outcomes(ConsumerRecord<byte[], byte[]> each) {
        return JSON.readValue(each.value(), RequestOutcomes.class);
    }

    @Test
    void outcomesOfAModelAreToldTogether() {
        for (int i = 0; i < 1_500; i++) {
            log.add(i % 3 == 0 ? "small" : "big", ended(i));
        }
        List<ConsumerRecord<byte[], byte[]>> records = read(1_500);
        assertThat(records).hasSizeLessThan(20);
        assertThat(records)
                .allSatisfy(each -> assertThat(new String(each.key(), StandardCharsets.UTF_8))
                        .isEqualTo(outcomes(each).model()));
        assertThat(records.stream()
                        .filter(each -> outcomes(each).model().equals("small"))
                        .mapToInt(each -> outcomes(each).ended().size())
                        .sum())
                .isEqualTo(500);
        await("the broker has said so").atMost(SOON).until(() -> events.getOrDefault(Event.SENT, 0) == 1_500);
    }

    @Test
    void whileTheBrokerIsAwayOutcomesWaitOrAreDroppedAndNobodyElseWaits() {
        log.add("m", ended(0));
        read(1);
        broker.goAway();
        long begin = System.nanoTime();
        for (int i = 0; i < 3 * OutcomeLog.CAPACITY; i++) {
            log.add("m", ended(i));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
        assertThat(events.get(Event.DROPPED)).isPositive();
        broker.comeBack();
        await("it goes on").atMost(SOON).until(() -> {
            log.add("m", ended(1));
            return events.getOrDefault(Event.SENT, 0) > 1;
        });
    }
}
