package io.llmd.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.explain.PoolSnapshot.SavedEndpoint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolSnapshotTest {

    @Test
    void whatIsInFlightOnAllEndpointsTogetherIsBounded() {
        assertThat(new PoolSnapshot(Instant.EPOCH, List.of(busy("a", 600_000), busy("b", 400_000))).endpoints())
                .hasSize(2);
        assertThatThrownBy(() -> new PoolSnapshot(Instant.EPOCH, List.of(busy("a", 600_000), busy("b", 400_001))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("endpoints.inFlightRequests: 1000001 together (expected: at most 1000000)");
    }

    private static SavedEndpoint busy(String name, long requests) {
        return new SavedEndpoint("ns/" + name, name, "127.0.0.1", 8000, 8000, Map.of(), 0, null, requests, 7);
    }
}
