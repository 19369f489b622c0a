package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llmd.testsupport.MutableClock;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;

class LoopWatchTest {

    private final MutableClock clock = new MutableClock();
    private final DefaultEventExecutorGroup loops = new DefaultEventExecutorGroup(1);
    private final AtomicInteger stalls = new AtomicInteger();
    private final List<Object> states = new CopyOnWriteArrayList<>();
    private final CountDownLatch unblock = new CountDownLatch(1);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final LoopWatch watch = new LoopWatch(
            new GatewayProperties.Watchdog(Duration.ofSeconds(2), Duration.ofSeconds(15)),
            () -> List.of(loops),
            stalls::incrementAndGet,
            event -> states.add(((AvailabilityChangeEvent<?>) event).getState()),
            clock::nanos);

    @BeforeEach
    void listen() {
        lines.start();
        ((Logger) LoggerFactory.getLogger(LoopWatch.class)).addAppender(lines);
    }

    @AfterEach
    void stop() {
        ((Logger) LoggerFactory.getLogger(LoopWatch.class)).detachAppender(lines);
        unblock.countDown();
        loops.shutdownGracefully();
    }

    private void lookAfter(Duration time) {
        clock.advance(time);
        watch.look(List.of(loops));
    }

    private void blockOne() {
        CountDownLatch blocked = new CountDownLatch(1);
        loops.next().execute(() -> {
            blocked.countDown();
            LoopWatchTest.waitForGood(unblock);
        });
        await("blocked").until(() -> blocked.getCount() == 0);
    }

    private static void waitForGood(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @Tag("fault-F59")
    void aBlockedLoopIsToldOfWithItsStackAndEndsLivenessWhenItStaysAway() {
        blockOne();
        lookAfter(Duration.ZERO);
        lookAfter(Duration.ofMillis(1_900));
        assertThat(stalls).hasValue(0);

        lookAfter(Duration.ofMillis(200));
        lookAfter(Duration.ofSeconds(5));
        assertThat(stalls).as("once for each time").hasValue(1);
        assertThat(lines.list)
                .singleElement()
                .satisfies(
                        line -> assertThat(line.getKeyValuePairs().toString()).contains("waitForGood"));
        assertThat(states).isEmpty();

        lookAfter(Duration.ofSeconds(8));
        assertThat(states).containsExactly(LivenessState.BROKEN);

        unblock.countDown();
        await("the loop is back").until(() -> {
            watch.look(List.of(loops));
            return states.size() == 2;
        });
        assertThat(states).containsExactly(LivenessState.BROKEN, LivenessState.CORRECT);
    }

    @Test
    void aLoopThatIsShutDownBreaksNothing() {
        lookAfter(Duration.ZERO);
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();

        lookAfter(Duration.ofSeconds(20));
        lookAfter(Duration.ofSeconds(20));
        assertThat(stalls).hasValue(0);
        assertThat(states).isEmpty();
    }

    @Test
    void aLookThatFailsIsToldOfAndDoesNotEndTheWatch() {
        LoopWatch failing = new LoopWatch(
                new GatewayProperties.Watchdog(Duration.ofSeconds(2), Duration.ofSeconds(15)),
                () -> List.of(loops),
                () -> {
                    throw new IllegalStateException("no meters");
                },
                event -> states.add(((AvailabilityChangeEvent<?>) event).getState()),
                clock::nanos);
        blockOne();
        failing.look(List.of(loops));
        clock.advance(Duration.ofSeconds(3));
        failing.start();
        try {
            await("the failure is told")
                    .until(() -> lines.list.stream()
                            .anyMatch(line -> line.getMessage().startsWith("event loops could not be looked at")));

            clock.advance(Duration.ofSeconds(15));
            await("looked at again").until(() -> states.contains(LivenessState.BROKEN));
        } finally {
            failing.stop();
        }
    }

    @Test
    void loopsThatGetOnAreLeftAlone() {
        for (int i = 0; i < 20; i++) {
            lookAfter(Duration.ZERO);
            loops.forEach(loop -> loop.submit(() -> {}).syncUninterruptibly());
            lookAfter(Duration.ofSeconds(1));
        }

        assertThat(stalls).hasValue(0);
        assertThat(states).isEmpty();
    }
}
