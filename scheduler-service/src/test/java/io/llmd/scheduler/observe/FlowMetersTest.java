package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.Admission.Reason;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlowMetersTest {

    private static final Admission DISPATCHED = new Admission.Dispatched(Duration.ZERO);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final FlowMeters meters = new FlowMeters(registry, "pool", new SchedulerObserver(registry));

    @Test
    void aRequestThatCameAsOneOfTheOthersLeavesAsOne() {
        for (int i = 0; i < 1_000; i++) {
            passThrough(request("flow-" + i, 0));
        }
        FlowRequest late = request("late", 0);
        meters.entered(late);
        assertThat(size("other", 0)).isOne();
        meters.flowRemoved(0, "flow-0");
        meters.left(late, DISPATCHED, 0, 1);
        assertThat(size("other", 0)).isZero();
        assertThat(total()).isZero();
    }

    @Test
    void aFlowThatStillWaitsInAnotherBandKeepsItsName() {
        FlowRequest waiting = request("team", 0);
        meters.entered(waiting);
        passThrough(request("team", 10));
        meters.flowRemoved(10, "team");
        assertThat(size("team", 0)).isOne();
        meters.left(waiting, DISPATCHED, 0, 1);
        assertThat(size("team", 0)).isZero();
        meters.flowRemoved(0, "team");
        assertThat(registry.getMeters())
                .noneMatch(meter -> "team".equals(meter.getId().getTag("fairness_id")));
    }

    @Test
    void theSeriesOfAFlowWithALongNameGoToo() {
        String name = "n".repeat(200);
        passThrough(request(name, 0));
        meters.flowRemoved(0, name);
        assertThat(registry.find("llm_d_epp_flow_control_queue_size").gauge()).isNull();
    }

    @Test
    void aStageWithoutEndpointsHasNoSeries() {
        meters.saturation(0.5, 0.25, 0.5);
        meters.saturation(Double.NaN, 0.25, 0.25);
        assertThat(registry.find("llm_d_epp_flow_control_pool_saturation").gauges())
                .extracting(gauge -> gauge.getId().getTag("stage"))
                .containsExactlyInAnyOrder("decode", "effective");
    }

    @Test
    void bothOutcomesOfRevocationsAreThereBeforeTheFirst() {
        assertThat(registry.find("llm_d_epp_flow_control_revocations").counters())
                .extracting(counter -> counter.getId().getTag("outcome"))
                .containsExactlyInAnyOrder("confirmed", "timed_out");
        meters.revocationEnded(false, 1);
        assertThat(registry.get("llm_d_epp_flow_control_revocations")
                        .tag("outcome", "timed_out")
                        .counter()
                        .count())
                .isOne();
    }

    @Test
    void aRequestThatNeverGotAnEndpointExpired() {
        FlowRequest request = request("team", 0);
        meters.entered(request);
        meters.left(
                request,
                new Admission.Evicted(Reason.TTL_EXPIRED_WITHOUT_ENDPOINTS, Duration.ZERO, Duration.ZERO),
                0,
                1);
        assertThat(registry.get("llm_d_epp_flow_control_requests")
                        .tag("outcome", "EvictedTTL")
                        .counter()
                        .count())
                .isOne();
    }

    @Test
    void requestsThatWaitElsewhereOrShareAFlowAreCounted() {
        meters.fellBack(7, 0);
        meters.overflowed(0);
        assertThat(registry.get("scheduler.flow.fallbacks")
                        .tags("priority", "7", "band", "0")
                        .counter()
                        .count())
                .isOne();
        assertThat(registry.get("scheduler.flow.overflows")
                        .tag("band", "0")
                        .counter()
                        .count())
                .isOne();
    }

    @Test
    void programsHaveSeriesUntilNothingIsHeardOfThem() {
        meters.programsServed(0.5);
        meters.programServed("a", 12, 2000);
        meters.programServed("b", 3, 50);
        assertThat(registry.get("llm_d_epp_program_aware_jains_fairness_index")
                        .gauge()
                        .value())
                .isEqualTo(0.5);
        assertThat(program("avg_wait_time_milliseconds", "a")).isEqualTo(12);
        assertThat(program("attained_service_tokens", "b")).isEqualTo(50);
        for (int i = 0; i < 20; i++) {
            meters.programsServed(1);
            meters.programServed("b", 3, 40);
        }
        assertThat(programs()).containsExactly("b");
        assertThat(program("attained_service_tokens", "b")).isEqualTo(40);
    }

    @Test
    void onlyAThousandProgramsHaveSeries() {
        meters.programsServed(1);
        for (int i = 0; i < 1_200; i++) {
            meters.programServed("p" + i, 1, 1);
        }
        assertThat(programs()).hasSize(1_000).doesNotContain("p1000");
    }

    private double program(String what, String id) {
        return registry.get("llm_d_epp_program_aware_" + what)
                .tag("program_id", id)
                .gauge()
                .value();
    }

    private List<String> programs() {
        return registry.find("llm_d_epp_program_aware_attained_service_tokens").gauges().stream()
                .map(gauge -> String.valueOf(gauge.getId().getTag("program_id")))
                .toList();
    }

    private void passThrough(FlowRequest request) {
        meters.entered(request);
        meters.left(request, DISPATCHED, request.priority(), 1);
    }

    private double size(String flow, int priority) {
        return registry.get("llm_d_epp_flow_control_queue_size")
                .tags("fairness_id", flow, "priority", String.valueOf(priority))
                .gauge()
                .value();
    }

    private double total() {
        return registry.find("llm_d_epp_flow_control_queue_size").gauges().stream()
                .mapToDouble(Gauge::value)
                .sum();
    }

    private static FlowRequest request(String flow, int priority) {
        return new FlowRequest("r", flow, priority, 10, 1, 0, null, null, "m", "m");
    }
}
