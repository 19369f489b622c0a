package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SampleBufferTest {

    static final LatencyFeatures FEATURES = new LatencyFeatures(0.5, 100, 1, 2, 1, 0.25, 300, 0, 0, "");

    private final SampleBuffer buffer = new SampleBuffer(10, new SplittableRandom(3));

    @Test
    void allAreKeptWhileThereIsRoom() {
        buffer.add(sample(Kind.TIME_TO_FIRST_TOKEN, 1));
        buffer.add(sample(Kind.TIME_PER_OUTPUT_TOKEN, 2));
        assertThat(buffer.drain()).extracting(LatencySample::millis).containsExactly(1.0, 2.0);
        assertThat(buffer.drain()).isEmpty();
    }

    @Test
    void theRarerKindKeepsItsRoomWhenThereAreTooMany() {
        for (int i = 1; i <= 1000; i++) {
            buffer.add(sample(Kind.TIME_TO_FIRST_TOKEN, i));
        }
        buffer.add(sample(Kind.TIME_PER_OUTPUT_TOKEN, 7));
        List<LatencySample> kept = buffer.drain();
        assertThat(kept).hasSize(6);
        assertThat(kept).filteredOn(s -> s.kind() == Kind.TIME_TO_FIRST_TOKEN).anyMatch(s -> s.millis() > 5);
        assertThat(kept).contains(sample(Kind.TIME_PER_OUTPUT_TOKEN, 7));
    }

    private static LatencySample sample(Kind kind, double millis) {
        return new LatencySample(kind, FEATURES, millis);
    }
}
