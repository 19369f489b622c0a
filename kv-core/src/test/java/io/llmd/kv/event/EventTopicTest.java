package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventTopicTest {

    @ParameterizedTest
    @Tag("kv-index-54")
    @CsvSource({
        "kv@10.0.0.7:8000@org/model@v2, 10.0.0.7:8000, org/model@v2",
        "kv@pod-a@m, pod-a, m",
        "kv@SHARED_STORAGE@m, SHARED_STORAGE, m",
        "kv@pod-a, kv@pod-a, ''",
        "kv@@, '', ''",
        "'', '', ''",
        "plain, plain, ''"
    })
    void topicIsSplitAtTheFirstTwoSeparators(String topic, String endpoint, String model) {
        assertThat(EventTopic.parse(topic)).isEqualTo(new EventTopic(endpoint, model));
    }
}
