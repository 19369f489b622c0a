package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MetersPageTest {

    private final MetersPage page = new MetersPage("""
            # TYPE gateway_inflight gauge
            gateway_inflight{route="chat"} 2.0
            gateway_inflight{route="messages"} 3.0
            gateway_inflight_other 7.0
            scheduler_leases 0.0
            """);

    @Test
    void seriesOfTheNameAreAddedUp() {
        assertThat(page.required("gateway_inflight")).isEqualTo(5.0);
        assertThat(page.required("gateway_inflight", "route=\"messages\"")).isEqualTo(3.0);
    }

    @Test
    void aMeterThatIsZeroIsNotAMissingOne() {
        assertThat(page.required("scheduler_leases")).isZero();
        assertThat(page.sum("scheduler_lease")).isZero();
        assertThatThrownBy(() -> page.required("scheduler_lease"))
                .isInstanceOf(BenchFailure.class)
                .hasMessageContaining("scheduler_lease");
        assertThatThrownBy(() -> page.required("gateway_inflight", "route=\"rerank\""))
                .isInstanceOf(BenchFailure.class);
    }
}
