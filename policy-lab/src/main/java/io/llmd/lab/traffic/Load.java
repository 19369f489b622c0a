package io.llmd.lab.traffic;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.workload.LadderWorkload;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The requests of one run.
 *
 * @param workload taken from once
 * @param counted whether a request counts in the results; those of the warm-up do not
 * @param stages when which stage was, once the run is over; empty where there are none
 */
public record Load(Workload workload, Predicate<ClientRequest> counted, Supplier<List<LadderWorkload.Span>> stages) {

    /** A load without stages. */
    public static Load of(Workload workload, Predicate<ClientRequest> counted) {
        return new Load(workload, counted, List::of);
    }
}
