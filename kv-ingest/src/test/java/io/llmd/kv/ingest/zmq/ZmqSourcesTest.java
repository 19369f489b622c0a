package io.llmd.kv.ingest.zmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.ingest.LaneTarget;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What callers ask of the sources' thread; nobody listens at the address. */
class ZmqSourcesTest {

    private static final LaneTarget NOBODY = new LaneTarget() {
        @Override
        public int batch(long sequence, byte[] payload, int from, int to) {
            return -1;
        }

        @Override
        public void newEpoch(int epoch) {}

        @Override
        public void clear() {}

        @Override
        public void coverage(boolean isComplete) {}
    };

    @Test
    void anActionThatThrowsIsToldAndHurtsNobody() throws Exception {
        try (ZmqSources sources = new ZmqSources(ZmtpSettings.DEFAULT)) {
            sources.add(ZmqSource.of("a", 0, new ZmqAddress("127.0.0.1", 1), null), NOBODY);

            CompletableFuture<Boolean> failing = sources.between("a", 0, position -> {
                throw new IllegalStateException("cannot be told");
            });

            assertThatThrownBy(() -> failing.get(30, TimeUnit.SECONDS)).hasMessageContaining("cannot be told");
            assertThat(sources.between("a", 0, position -> {}).get(30, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(sources.between("b", 0, position -> {}).get(30, TimeUnit.SECONDS))
                    .isFalse();
        }
    }
}
