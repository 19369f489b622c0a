package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;

class AdmissionLifecycleTest {

    private final AtomicInteger waiting = new AtomicInteger(1);
    private final AtomicBoolean isShutDown = new AtomicBoolean();
    private final List<Object> events = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Test
    void requestsThatWaitMayBePlacedBeforeTheQueuesClose() throws InterruptedException {
        stop(Duration.ofMinutes(1));
        assertThat(events)
                .singleElement()
                .extracting(event -> ((AvailabilityChangeEvent<?>) event).getState())
                .isEqualTo(ReadinessState.REFUSING_TRAFFIC);
        await("still taken").during(Duration.ofMillis(100)).until(() -> !isShutDown.get());

        waiting.set(0);

        assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(isShutDown).isTrue();
    }

    @Test
    void theQueuesCloseAtTheEndOfTheDrainTime() throws InterruptedException {
        stop(Duration.ofMillis(50));

        assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(isShutDown).isTrue();
    }

    private void stop(Duration timeout) {
        new AdmissionLifecycle(
                        waiting::get,
                        () -> isShutDown.set(true),
                        new SchedulerProperties.Drain(Duration.ZERO, timeout),
                        events::add)
                .stop(stopped::countDown);
    }
}
