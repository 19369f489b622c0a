package io.llmd.scheduler.discovery.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectListener;
import io.llmd.testsupport.FakeKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FollowedObjectsTest {

    private final FakeKind<String> kind = new FakeKind<>();
    private final Heard heard = new Heard();
    private FollowedObjects<String> followed;

    private void follow(Duration resync) {
        followed = FollowedObjects.start(kind, resync, heard);
        await().until(() -> kind.watches() == 1);
    }

    @AfterEach
    void close() {
        if (followed != null) {
            followed.close();
        }
    }

    @Test
    void objectsThatArePresentAndThoseThatComeAreKnown() {
        kind.put("a", "a");
        follow(Duration.ofHours(1));
        kind.put("b", "b");
        kind.remove("a");
        await().untilAsserted(() -> assertThat(heard.objects()).containsExactly("b"));
        assertThat(kind.lists()).isEqualTo(1);
    }

    @Test
    @Tag("fault-F46")
    void aWatchThatEndsIsFollowedByAList() {
        follow(Duration.ofHours(1));
        kind.lose("nothing");
        kind.endWatches();
        kind.put("a", "a");
        await().untilAsserted(() -> assertThat(heard.objects()).containsExactly("a"));
        await().until(() -> kind.watches() == 1);
    }

    @Test
    @Tag("fault-F46")
    void aRemovalThatNobodyToldOfIsFoundByTheNextList() {
        kind.put("a", "a");
        follow(Duration.ofMillis(50));
        kind.lose("a");
        await().untilAsserted(() -> assertThat(heard.objects()).isEmpty());
    }

    @Test
    @Tag("fault-F45")
    void whatIsKnownStaysWhileTheApiIsDownAndEachReasonIsToldOnce() {
        kind.put("a", "a");
        follow(Duration.ofHours(1));
        kind.fail(new KubeException("refused", 0, new IllegalStateException()));
        kind.endWatches();
        await().until(() -> kind.lists() >= 4);
        assertThat(heard.objects()).containsExactly("a");
        assertThat(heard.failures()).containsExactly("refused");
        kind.put("b", "b");
        kind.fail(null);
        await().untilAsserted(() -> assertThat(heard.objects()).containsExactly("a", "b"));
    }

    @Test
    @Tag("fault-F46")
    void moreChangesThanCanWaitAreReplacedByAList() {
        follow(Duration.ofHours(1));
        heard.block();
        for (int i = 0; i < 10_100; i++) {
            kind.put("x", "x" + i % 2);
        }
        kind.remove("x");
        kind.put("y", "y");
        heard.unblock();
        await().untilAsserted(() -> assertThat(heard.objects()).containsExactly("y"));
        assertThat(kind.lists()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void nothingIsToldAfterTheEnd() {
        follow(Duration.ofHours(1));
        followed.close();
        await().until(() -> kind.watches() == 0);
        kind.put("a", "a");
        assertThat(heard.objects()).isEmpty();
    }

    private static final class Heard implements ObjectListener<String> {

        private final Set<String> objects = new TreeSet<>();
        private final List<String> failures = new ArrayList<>();
        private boolean blocked;

        @Override
        public synchronized void replaced(List<String> all) {
            objects.clear();
            objects.addAll(all);
        }

        @Override
        public synchronized void changed(String object) {
            while (blocked) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    return;
                }
            }
            objects.add(object);
        }

        @Override
        public synchronized void removed(String object) {
            objects.remove(object);
        }

        @Override
        public synchronized void failed(KubeException reason) {
            failures.add(String.valueOf(reason.getMessage()));
        }

        private synchronized List<String> objects() {
            return List.copyOf(objects);
        }

        private synchronized List<String> failures() {
            return List.copyOf(failures);
        }

        private synchronized void block() {
            blocked = true;
        }

        private synchronized void unblock() {
            blocked = false;
            notifyAll();
        }
    }
}
