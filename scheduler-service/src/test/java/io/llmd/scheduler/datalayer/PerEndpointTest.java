package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PerEndpointTest {

    private final Set<String> pool = new HashSet<>(Set.of("a", "b"));
    private final PerEndpoint<AtomicInteger> memory = new PerEndpoint<>(pool::contains, AtomicInteger::new);

    @Test
    void whatIsKnownStaysUntilItIsForgotten() {
        memory.of("a").set(1);

        assertThat(memory.of("a")).hasValue(1);
        assertThat(memory.find("b")).isNull();
        memory.forget("a");
        assertThat(memory.of("a")).hasValue(0);
    }

    @Test
    void aDecisionUnderWayBringsNobodyBackWhoHasLeft() {
        memory.of("a");
        pool.remove("a");
        memory.forget("a");
        memory.of("a").set(1);

        assertThat(memory.size()).isZero();
        assertThat(memory.find("a")).isNull();
    }
}
