package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.flowcontrol.EngineFixture.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The controller with its thread, under many callers at once. */
class FlowControllerStormTest {

    private static final int REQUESTS = 10_000;
    private static final int CALLERS = 4;

    private final Gate gate = new Gate();
    private final AtomicInteger told = new AtomicInteger();
    private final ConcurrentHashMap<String, AtomicInteger> outcomes = new ConcurrentHashMap<>();
    private final AtomicLong waitingForMeters = new AtomicLong();
    private final FlowController controller = new FlowController(
            EngineFixture.settings(gate, 0, 20_000, 1_000_000_000, Duration.ofMinutes(10)),
            new PoolViews(() -> EngineFixture.POOL),
            new FlowObserver() {
                @Override
                public void entered(FlowRequest request) {
                    waitingForMeters.incrementAndGet();
                }

                @Override
                public void left(FlowRequest request, Admission outcome, int bandPriority, long nanos) {
                    waitingForMeters.decrementAndGet();
                }
            },
            lease -> {},
            System::nanoTime);

    @AfterEach
    void close() {
        controller.close();
    }

    @Test
    void tenThousandWaitHalfOfThemLeaveAtOnceAndCountsStayExact() throws InterruptedException {
        controller.start();
        Ticket[] tickets = new Ticket[REQUESTS];
        inParallel(caller -> {
            for (int i = caller; i < REQUESTS; i += CALLERS) {
                tickets[i] = submit(i);
            }
        });
        await("all requests wait").until(() -> controller.waiting() == REQUESTS);
        inParallel(caller -> {
            for (int i = caller; i < REQUESTS / 2; i += CALLERS) {
                tickets[i].cancel();
                tickets[i].cancel();
            }
        });
        await("half of them have left").until(() -> told.get() == REQUESTS / 2);
        assertThat(controller.waiting()).isEqualTo(REQUESTS / 2);
        assertThat(outcomes("EvictedContextCancelled")).isEqualTo(REQUESTS / 2);
        controller.close();
        assertThat(told.get()).isEqualTo(REQUESTS);
        assertThat(outcomes("EvictedOther")).isEqualTo(REQUESTS / 2);
        assertThat(controller.waiting()).isZero();
        assertThat(controller.engine().waitingBytes()).isZero();
        assertThat(waitingForMeters.get()).isZero();
    }

    @Test
    void cancellationsDispatchesAndTheEndRaceWithoutLosingAnOutcome() throws InterruptedException {
        controller.start();
        gate.open(1000);
        inParallel(caller -> {
            for (int i = caller; i < REQUESTS; i += CALLERS) {
                Ticket ticket = submit(i);
                if (i % 2 == 0) {
                    ticket.cancel();
                } else if (i % 5 == 0) {
                    ticket.placed(i, "ns/e");
                    controller.ended(i);
                }
                if (i == REQUESTS / 2) {
                    controller.close();
                }
            }
        });
        controller.close();
        assertThat(told.get()).isEqualTo(REQUESTS);
        assertThat(outcomes.values().stream().mapToInt(AtomicInteger::get).sum())
                .isEqualTo(REQUESTS);
        assertThat(controller.waiting()).isZero();
        assertThat(waitingForMeters.get()).isZero();
    }

    @Test
    void theEndOfThousandsThatEachHandSomethingInTakesNoDeepStack() {
        AtomicInteger rejected = new AtomicInteger();
        Ticket[] tickets = new Ticket[FlowController.MOST_HANDED_IN];
        for (int i = 0; i < tickets.length; i++) {
            int number = i;
            tickets[i] = controller.submit(EngineFixture.request(i, "f", 0, 1), outcome -> {
                rejected.incrementAndGet();
                tickets[number].dropped();
            });
        }
        controller.close();
        assertThat(rejected.get()).isEqualTo(tickets.length);
    }

    @Test
    void anErrorOfADetectorLeavesTheOwnerAliveAndTheEndExact() {
        AtomicBoolean isBroken = new AtomicBoolean(true);
        SaturationDetector broken = new Gate() {
            @Override
            public long version() {
                if (isBroken.get()) {
                    throw new NoClassDefFoundError("gone");
                }
                return super.version();
            }
        };
        AtomicInteger failures = new AtomicInteger();
        AtomicInteger outcomesTold = new AtomicInteger();
        try (FlowController other = new FlowController(
                EngineFixture.settings(broken, 0, 20_000, 1_000_000_000, Duration.ofMinutes(10)),
                new PoolViews(() -> EngineFixture.POOL),
                new FlowObserver() {
                    @Override
                    public void policyFailed(String what, Throwable failure) {
                        failures.incrementAndGet();
                    }
                },
                lease -> {},
                System::nanoTime)) {
            other.start();
            other.submit(EngineFixture.request(0, "f", 0, 1), outcome -> outcomesTold.incrementAndGet());
            await("the error is told").until(() -> failures.get() > 0);
            isBroken.set(false);
            Ticket second =
                    other.submit(EngineFixture.request(1, "f", 0, 1), outcome -> outcomesTold.incrementAndGet());
            await("both wait").until(() -> other.waiting() == 2);
            second.cancel();
            await("one has left").until(() -> outcomesTold.get() == 1);
        }
        assertThat(outcomesTold.get()).isEqualTo(2);
    }

    @Test
    void requestsThatTheOwnerHasNotTakenYetAreBounded() {
        for (int i = 0; i < FlowController.MOST_HANDED_IN; i++) {
            submit(i);
        }
        assertThat(told.get()).isZero();
        submit(-1);
        assertThat(outcomes("RejectedCapacity")).isOne();
    }

    @Test
    void anOutcomeComesWithoutWaitingForATick() {
        controller.start();
        gate.open(1000);
        for (int i = 0; i < 100; i++) {
            int before = told.get();
            submit(i);
            await("request " + i)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> told.get() > before);
        }
        assertThat(outcomes("Dispatched")).isEqualTo(100);
    }

    private Ticket submit(int number) {
        FlowRequest request = EngineFixture.request(number, "f" + number % 4, 10 * (number % 2), 7);
        return controller.submit(request, outcome -> {
            outcomes.computeIfAbsent(AdmissionResponse.outcomeName(outcome), name -> new AtomicInteger())
                    .incrementAndGet();
            told.incrementAndGet();
        });
    }

    private int outcomes(String name) {
        return outcomes.getOrDefault(name, new AtomicInteger()).get();
    }

    private interface Caller {
        void call(int caller);
    }

    private static void inParallel(Caller work) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            int caller = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    start.await();
                    work.call(caller);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
