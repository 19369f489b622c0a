package io.llmd.testsupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AwaitDefaultsTest {

    /** With the defaults of Awaitility the first look is after 100 ms; a busy machine may delay some. */
    @Test
    void theFirstLookIsAtOnce() {
        assertThat(IntStream.range(0, 5).mapToObj(i -> untilTheFirstLook()).min(Duration::compareTo))
                .hasValueSatisfying(delay -> assertThat(delay).isLessThan(Duration.ofMillis(90)));
    }

    private static Duration untilTheFirstLook() {
        long begin = System.nanoTime();
        AtomicLong look = new AtomicLong();
        await().until(() -> {
            look.set(System.nanoTime());
            return true;
        });
        return Duration.ofNanos(look.get() - begin);
    }

    /** With the defaults of Awaitility all pauses are 100 ms; of these a busy machine lengthens some. */
    @Test
    void whatIsNotMetAtOnceIsLookedAtAgainSoon() {
        List<Long> looks = new ArrayList<>();

        await().until(() -> {
            looks.add(System.nanoTime());
            return looks.size() == 5;
        });

        assertThat(IntStream.range(1, 5)
                        .mapToObj(i -> Duration.ofNanos(looks.get(i) - looks.get(i - 1)))
                        .min(Duration::compareTo))
                .hasValueSatisfying(pause -> assertThat(pause).isLessThan(Duration.ofMillis(90)));
    }
}
