package io.llmd.lab.split;

import io.llmd.lab.Lab;
import io.llmd.lab.Lab.Job;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.fleet.Split;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.traffic.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Runs the deciders on a fleet whose first endpoints only compute prompts, and the same scheduling on as many endpoints that
 * do both.
 *
 * @param fleet that is split
 * @param deciders contenders of the split fleet
 */
public record SplitStudy(Fleet fleet, Conditions conditions, List<Contender> deciders) {

    public SplitStudy {
        Objects.requireNonNull(fleet, "fleet");
        Objects.requireNonNull(conditions, "conditions");
        deciders = List.copyOf(deciders);
        if (fleet.split().prefillEndpoints() == 0) {
            throw new IllegalArgumentException("prefillEndpoints: 0 (expected: >= 1)");
        }
    }

    /** Runs of one traffic: those of endpoints that do both first. */
    public int runs() {
        return 1 + deciders.size();
    }

    /**
     * Runs all.
     *
     * @param parallel runs at a time, at least one
     * @param done hears of each run when it has ended, on any thread
     * @return by traffic, then by contender, then by seed
     */
    public List<RunResult> run(List<Traffic> traffics, List<Long> seeds, int parallel, Consumer<RunResult> done) {
        Slo slo = Slo.DEFAULT.withGaps(Slo.Gaps.P95);
        Split together = fleet.split().withPrefill(0);
        List<Job> jobs = new ArrayList<>();
        for (Traffic traffic : traffics) {
            Scenario unified = new Scenario(traffic, fleet.withSplit(together), conditions, slo);
            seeds.forEach(seed -> jobs.add(new Job(unified, Contenders.unified(), seed)));
            Scenario split = new Scenario(traffic, fleet, conditions, slo);
            for (Contender decider : deciders) {
                seeds.forEach(seed -> jobs.add(new Job(split, decider, seed)));
            }
        }
        return Lab.run(jobs, parallel, done);
    }
}
