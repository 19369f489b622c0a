package io.llmd.scheduler.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.datalayer.InFlightLoad;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicaSharesTest {

    private static final long SECOND = 1_000_000_000L;

    private final ReplicaShares shares = new ReplicaShares(Duration.ofSeconds(2));

    @Test
    void sharesOfAllSchedulersAddUp() {
        shares.take(share("a", 1, "pod", 2, 100), 0);
        shares.take(share("b", 1, "pod", 3, 50), 0);
        shares.take(share("c", 1, "other", 1, 1), 0);
        assertThat(shares.sum())
                .isEqualTo(Map.of("load", Map.of("pod", new InFlightLoad(5, 150), "other", new InFlightLoad(1, 1))));
        assertThat(shares.size()).isEqualTo(3);
    }

    @Test
    void aLaterShareTakesThePlaceOfTheOneBefore() {
        shares.take(share("a", 1, "pod", 2, 100), 0);
        assertThat(shares.take(share("a", 2, "pod", 1, 10), 0)).isTrue();
        assertThat(shares.sum()).isEqualTo(Map.of("load", Map.of("pod", new InFlightLoad(1, 10))));
    }

    @Test
    void aDoubledOrOlderShareIsIgnored() {
        shares.take(share("a", 5, "pod", 2, 100), 0);
        assertThat(shares.take(share("a", 5, "pod", 9, 900), 0)).isFalse();
        assertThat(shares.take(share("a", 4, "pod", 9, 900), 0)).isFalse();
        assertThat(shares.sum()).isEqualTo(Map.of("load", Map.of("pod", new InFlightLoad(2, 100))));
    }

    @Test
    void aShareThatIsNotRenewedExpires() {
        shares.take(share("lost", 1, "pod", 2, 100), 0);
        shares.take(share("alive", 1, "pod", 1, 1), 0);
        shares.take(share("alive", 2, "pod", 1, 1), 2 * SECOND);
        assertThat(shares.expire(2 * SECOND)).isZero();
        assertThat(shares.expire(2 * SECOND + 1)).isEqualTo(1);
        assertThat(shares.sum()).isEqualTo(Map.of("load", Map.of("pod", new InFlightLoad(1, 1))));
    }

    @Test
    void aSchedulerThatLeavesTakesItsLoadWithIt() {
        shares.take(share("a", 1, "pod", 2, 100), 0);
        assertThat(shares.leave("a")).isTrue();
        assertThat(shares.leave("a")).isFalse();
        assertThat(shares.sum()).isEmpty();
    }

    @Test
    void moreSchedulersThanTheBoundAreRefused() {
        for (int i = 0; i < ReplicaShares.MAX_REPLICAS; i++) {
            assertThat(shares.take(share("r" + i, 1, "pod", 1, 1), 0)).isTrue();
        }
        assertThat(shares.take(share("one-more", 1, "pod", 1, 1), 0)).isFalse();
        assertThat(shares.take(share("r0", 2, "pod", 1, 1), 0)).isTrue();
    }

    private static LoadShare share(String replica, long sequence, String endpoint, long requests, long tokens) {
        return new LoadShare(
                "default", replica, sequence, Map.of("load", Map.of(endpoint, new InFlightLoad(requests, tokens))));
    }
}
