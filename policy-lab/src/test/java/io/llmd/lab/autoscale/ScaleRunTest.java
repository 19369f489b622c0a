package io.llmd.lab.autoscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScaleRunTest {

    private static final Contestant OURS = Ours.SHIPPED.contestant(ScaleStudy.OURS, "as shipped");

    private static ScaleResult run(ScaleWorkload workload, Contestant contestant) {
        return ScaleRun.run(workload, contestant, Environment.USUAL, 1);
    }

    private static Contestant fixed(double replicas) {
        return new Contestant(
                "fixed", "" + replicas, job -> new MetricController(1, (cluster, now) -> replicas, Actuation.DIRECT));
    }

    @Test
    @Tag("autoscaling-68")
    void ofTheRampNearlyAllIsGoodWithLittleMoreThanSixReplicas() {
        ScaleResult result = run(ScaleWorkloads.ramp(), OURS);

        assertThat(result.attainment()).isGreaterThanOrEqualTo(0.97);
        assertThat(result.replicas()).isLessThanOrEqualTo(6.1);
        assertThat(result.unexplained()).isZero();
    }

    @Test
    void equalSeedsGiveEqualRuns() {
        ScaleWorkload workload = ScaleWorkloads.ramp().beginning(0.2);

        ScaleResult first = run(workload, OURS);
        ScaleResult second = run(workload, OURS);

        assertThat(second.good()).isEqualTo(first.good());
        assertThat(second.replicaHours()).isEqualTo(first.replicaHours());
        assertThat(second.series().asked()).isEqualTo(first.series().asked());
    }

    @Test
    void aReplicaIsPaidForWhileItStartsAndServesWhenItHasStarted() {
        ScaleWorkload workload = ScaleWorkloads.ramp().beginning(0.1);

        ScaleResult result = run(workload, fixed(5));

        // Two more from the first second on, which are ready at 101 s.
        assertThat(result.series().paid()[0]).isEqualTo(5);
        assertThat(result.series().ready()[19]).isEqualTo(3);
        assertThat(result.series().ready()[20]).isEqualTo(5);
        assertThat(result.replicaHours()).isCloseTo(5 * workload.seconds() / 3_600, within(1e-9));
    }

    @Test
    void whatDrainsIsPaidForUntilItsLastAnswerIsOver() {
        ScaleWorkload workload = ScaleWorkloads.ramp().beginning(0.2);
        Contestant shrinking = new Contestant(
                "shrinking", "", job -> new MetricController(1, (cluster, now) -> now < 200 ? 3 : 1, Actuation.DIRECT));

        ScaleResult result = run(workload.on(List.of(ScaleWorkloads.large(1, 8, 3))), shrinking);

        assertThat(result.series().asked()[40]).isEqualTo(1);
        assertThat(result.series().paid()[40]).isGreaterThan(1);
        assertThat(result.series().paid()[60]).isEqualTo(1);
        assertThat(result.requests()).isGreaterThan(500);
    }

    @Test
    void nothingIsTakenAwayWhileNothingCanBeRead() {
        ScaleWorkload workload = ScaleWorkloads.step().beginning(0.5);
        Environment blind = new Environment(15, Troubles.blind(60, 1_100));

        ScaleResult result = ScaleRun.run(workload, OURS, blind, 1);

        for (float asked : result.series().asked()) {
            assertThat(asked).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void workThatCanWaitIsDoneInTimeBesideOthersOnTheReplicasOfItsTiers() {
        ScaleWorkload workload = ScaleWorkloads.mixed().beginning(0.1);

        ScaleResult result = run(workload, OURS);

        assertThat(result.goodByTier()).hasSize(4);
        assertThat(result.goodByTier().get(1)).isGreaterThan(0.95);
        assertThat(result.requests()).isGreaterThan(20_000);
        assertThat(result.unexplained()).isZero();
    }

    @Test
    void promptsAndAnswersAreServedByReplicasOfTheirOwn() {
        ScaleResult result = run(ScaleWorkloads.split().beginning(0.15), OURS);

        assertThat(result.attainment()).isGreaterThan(0.9);
        assertThat(result.unexplained()).isZero();
    }

    @Test
    void stepsOfAReplicaLastAsLongAsTheClosedFormSays() {
        // Loaded to 0.6 by a rate of (2,000, 400): T = t0 / (1 - 0.6), within two in a hundred.
        double rate = 0.6 / 0.1869;
        List<RequestResult> results =
                served(Arrivals.poisson(1_500, time -> rate, rate, time -> new Arrivals.Lengths(2_000, 0, 400, 0), 7));

        double mean = results.stream()
                        .filter(each -> each.arrival() > 300e9)
                        .mapToDouble(RequestResult::interTokenLatency)
                        .average()
                        .orElse(0)
                / 1e9;

        assertThat(mean).isCloseTo(0.013 / 0.4, within(0.03 * 0.013 / 0.4));
    }

    @Test
    void theFirstTokenOfALoneRequestTakesItsPromptAndAStep() {
        List<RequestResult> results = served(List.of(TraceRow.of(0, 4_000, 10)));

        assertThat(results.getFirst().timeToFirstToken() / 1e9).isCloseTo(4_000 * 62.8e-6 + 0.013, within(0.02));
    }

    private static List<RequestResult> served(List<TraceRow> rows) {
        List<RequestResult> results = new ArrayList<>();
        new Simulation(
                        SimulationSettings.DEFAULTS,
                        List.of(ScaleWorkloads.large(1, 1, 1).engine()),
                        (request, now, endpoints) -> Target.endpoint(0),
                        new TraceWorkload(rows.iterator(), 1),
                        results::add)
                .run();
        return results;
    }
}
