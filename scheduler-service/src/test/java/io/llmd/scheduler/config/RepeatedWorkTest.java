package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RepeatedWorkTest {

    @Test
    void aFailureIsToldAndDoesNotEndTheTurnsThatFollow() {
        List<RuntimeException> failures = new CopyOnWriteArrayList<>();
        AtomicInteger turns = new AtomicInteger();
        RepeatedWork work = new RepeatedWork(
                "work",
                () -> {
                    if (turns.incrementAndGet() <= 2) {
                        throw new IllegalStateException("broken");
                    }
                },
                failures::add);
        try (ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor()) {
            executor.scheduleWithFixedDelay(work, 0, 1, TimeUnit.MILLISECONDS);
            await("turns after failures").until(() -> turns.get() >= 4);
            executor.shutdownNow();
        }
        assertThat(failures).hasSize(2);
    }
}
