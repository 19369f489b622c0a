package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KubeKindTest {

    private static final WatchedKind.WatchEvents<Pod> NOBODY = new WatchedKind.WatchEvents<>() {
        @Override
        public void changed(Pod object) {}

        @Override
        public void removed(Pod object) {}

        @Override
        public void ended(String reason) {}
    };

    @Test
    void aWatchThatComesAfterItsCallerWasInterruptedIsClosed() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answers = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        KubeKind<Pod> pods = pods(() -> {
            asked.countDown();
            answers.await();
            return (Watch) closed::countDown;
        });
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                pods.watch("1", NOBODY).close();
            } catch (KubeException e) {
                failure.complete(e);
            }
        });
        asked.await();
        caller.interrupt();
        assertThat(failure.get()).hasMessageContaining("interrupted");
        answers.countDown();
        closed.await();
    }

    @Test
    void aWatchThatDoesNotBeginInTimeIsClosedWhenItComesAndNoOtherIsOpenedMeanwhile() throws Exception {
        CountDownLatch answers = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicInteger opened = new AtomicInteger();
        Callable<Watch> opening = () -> {
            opened.incrementAndGet();
            answers.await();
            return closed::countDown;
        };
        KubeKind<Pod> pods = pods(opening, Duration.ofMillis(20));
        assertThatThrownBy(() -> pods.watch("1", NOBODY))
                .isInstanceOf(KubeException.class)
                .hasMessageContaining("did not begin within PT0.02S");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> pods.watch("1", NOBODY))
                    .isInstanceOf(KubeException.class)
                    .hasMessageContaining("an earlier watch has still not begun");
        }
        assertThat(opened).hasValueLessThanOrEqualTo(1);
        answers.countDown();
        closed.await();
        while (opened.get() < 2) {
            try {
                pods.watch("1", NOBODY).close();
            } catch (KubeException e) {
                assertThat(e).as("a busy machine").hasMessageContaining("beg");
            }
        }
    }

    @Test
    void aRefusalKeepsItsStatus() {
        KubeKind<Pod> pods = pods(() -> {
            throw new KubernetesClientException("forbidden", 403, null);
        });
        assertThatThrownBy(() -> pods.watch("1", NOBODY))
                .isInstanceOfSatisfying(
                        KubeException.class,
                        refused -> assertThat(refused.isForbidden()).isTrue());
    }

    private static KubeKind<Pod> pods(Callable<Watch> watch) {
        return pods(watch, Duration.ofSeconds(10));
    }

    @SuppressWarnings("unchecked")
    private static KubeKind<Pod> pods(Callable<Watch> watch, Duration patience) {
        Object operation = Proxy.newProxyInstance(
                KubeKindTest.class.getClassLoader(),
                new Class<?>[] {FilterWatchListDeletable.class},
                (proxy, method, arguments) -> watch.call());
        return new KubeKind<>("pods", (FilterWatchListDeletable<Pod, PodList, ?>) operation, patience);
    }
}
