package io.llmd.lab.autoscale;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatedTest {

    @Test
    void eachTimeBeginsWhereTheOneBeforeEndsWithASeedOfItsOwn() {
        Repeated repeated = new Repeated(
                seed -> new TraceWorkload(
                        List.of(TraceRow.of(seed, 10, 5), TraceRow.of(90, 20, 5), TraceRow.of(150, 30, 5))
                                .iterator(),
                        1),
                7,
                3,
                100);

        List<Long> times = new ArrayList<>();
        List<Long> ids = new ArrayList<>();
        while (repeated.nextTime() != Workload.NEVER) {
            times.add(repeated.nextTime());
            ClientRequest request = repeated.next();
            assertThat(request).isNotNull();
            ids.add(request.id());
        }

        assertThat(times).containsExactly(7L, 90L, 108L, 190L, 209L, 290L);
        assertThat(ids).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(repeated.next()).isNull();
    }
}
