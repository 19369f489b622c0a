package io.llmd.scheduler.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.test.StepVerifier;

@Timeout(60)
class SideWorkTest {

    @Test
    void whatIsDoneInTimeIsAnswered() {
        SideWork work = new SideWork("sum", 1, Duration.ofSeconds(30));
        StepVerifier.create(work.run(() -> 7)).expectNext(7).verifyComplete();
        StepVerifier.create(work.run(() -> 8)).expectNext(8).verifyComplete();
    }

    @Test
    void aFailureIsToldAndGivesThePlaceBack() {
        SideWork work = new SideWork("sum", 1, Duration.ofSeconds(30));
        StepVerifier.create(work.run(() -> {
                    throw new IllegalArgumentException("boom");
                }))
                .verifyErrorMessage("boom");
        StepVerifier.create(work.run(() -> 8)).expectNext(8).verifyComplete();
    }

    @Test
    void whatTakesTooLongIsNotWaitedForAndKeepsItsPlaceUntilItIsOver() throws InterruptedException {
        SideWork work = new SideWork("sum", 1, Duration.ofMillis(20));
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        StepVerifier.create(work.run(() -> {
                    awaitUninterrupted(end);
                    over.countDown();
                    return 7;
                }))
                .verifyErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(SideWork.RefusedException.class)
                        .hasMessage("the sum takes longer than PT0.02S"));
        StepVerifier.create(work.run(() -> 8)).verifyErrorMessage("another sum is going on");
        end.countDown();
        over.await();
        StepVerifier.create(work.run(() -> 8).retry(10_000)).expectNext(8).verifyComplete();
    }

    /** The end of the wait interrupts the thread, which work that computes does not notice. */
    private static void awaitUninterrupted(CountDownLatch latch) {
        boolean isOver = false;
        while (!isOver) {
            try {
                latch.await();
                isOver = true;
            } catch (InterruptedException e) {
                isOver = false;
            }
        }
    }
}
