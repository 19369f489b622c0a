package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.FailureType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FaultSwitchTest {
    private static final String PREFILL = "{\"kv_transfer_params\":{\"do_remote_decode\":true}}";
    private static final String DECODE = "{\"kv_transfer_params\":{\"do_remote_prefill\":true}}";

    private final FaultSwitch faults = new FaultSwitch(7, 8000);

    @Test
    void shareOfRequestsIsNearTheProbability() {
        faults.set(old -> old.with(new Injection(new RequestFault.Status(503), Trigger.withProbability(0.3))));
        int met = 0;
        for (int i = 0; i < 10_000; i++) {
            met += draw("{}").get(FaultKind.STATUS) == null ? 0 : 1;
        }
        assertThat(met).isBetween(2_850, 3_150);
    }

    @Test
    void equalSeedsGiveEqualDrawsAndOtherEndpointsOthers() {
        assertThat(pattern(new FaultSwitch(7, 8000))).isEqualTo(pattern(new FaultSwitch(7, 8000)));
        assertThat(pattern(new FaultSwitch(7, 8000))).isNotEqualTo(pattern(new FaultSwitch(7, 8001)));
        assertThat(pattern(new FaultSwitch(7, 8000))).isNotEqualTo(pattern(new FaultSwitch(8, 8000)));
    }

    @Test
    void anotherKindDoesNotShiftTheDraws() {
        FaultSwitch both = new FaultSwitch(7, 8000);
        both.set(old -> old.with(new Injection(new RequestFault.DropAfterTokens(1), Trigger.withProbability(0.5))));
        assertThat(pattern(both)).isEqualTo(pattern(new FaultSwitch(7, 8000)));
    }

    @Test
    void countedFaultIsMetSoManyTimes() {
        faults.set(old -> old.with(new Injection(new RequestFault.Status(503), Trigger.times(2))));
        assertThat(draw("{}").get(FaultKind.STATUS)).isEqualTo(new RequestFault.Status(503));
        assertThat(draw("{}").get(FaultKind.STATUS)).isEqualTo(new RequestFault.Status(503));
        assertThat(draw("{}")).isSameAs(RequestFaults.NONE);
        assertThat(faults.get()).isEqualTo(Faults.NONE);
    }

    @Test
    void faultOfAPhaseLeavesTheOthersAlone() {
        Trigger decode = new Trigger(1, RequestPhase.DECODE, Trigger.ALL);
        faults.set(old -> old.with(new Injection(new RequestFault.Status(500), decode)));
        assertThat(draw(DECODE).get(FaultKind.STATUS)).isNotNull();
        assertThat(draw(PREFILL)).isSameAs(RequestFaults.NONE);
        assertThat(draw("{\"prompt\":\"a\"}")).isSameAs(RequestFaults.NONE);
        assertThat(draw("no json")).isSameAs(RequestFaults.NONE);
    }

    @Test
    void failureTypesAreDrawnEvenly() {
        faults.set(old -> old.with(Injection.always(new RequestFault.Failure(List.of()))));
        Map<FailureType, Integer> counts = new HashMap<>();
        for (int i = 0; i < 6_000; i++) {
            RequestFault fault = draw("{}").get(FaultKind.FAILURE);
            assertThat(fault).isInstanceOf(RequestFault.Failure.class);
            List<FailureType> types = ((RequestFault.Failure) fault).types();
            assertThat(types).hasSize(1);
            counts.merge(types.getFirst(), 1, Integer::sum);
        }
        assertThat(counts)
                .hasSize(6)
                .allSatisfy((type, count) -> assertThat(count).isBetween(880, 1_120));
    }

    @Test
    void refusalMeetsOtherRequestsToo() {
        assertThat(faults.drawOther("/health").isRefused()).isFalse();
        faults.set(old -> old.with(new Injection(new RequestFault.Refuse(), Trigger.times(1))));
        assertThat(faults.drawOther("/health").isRefused()).isTrue();
        assertThat(faults.drawOther("/health").isRefused()).isFalse();
    }

    @Test
    void lateMetricsAreThoseOnly() {
        faults.set(old -> old.withMetrics(new MetricsFault(MetricsFault.Page.LIVE, 0, Duration.ofSeconds(1))));
        assertThat(AnswerFaults.of(faults.drawOther("/metrics")).headStallNanos())
                .isEqualTo(1_000_000_000);
        assertThat(faults.drawOther("/health")).isSameAs(RequestFaults.NONE);
    }

    @Test
    void whatARequestAsksForReplacesTheSameKind() {
        faults.set(old -> old.with(Injection.always(new RequestFault.Status(503)))
                .with(Injection.always(new RequestFault.DropAfterTokens(3))));
        RequestFaults met = faults.draw(Map.of("x-return-error", "429")::get, () -> new byte[0]);
        assertThat(met)
                .isEqualTo(
                        RequestFaults.of(List.of(new RequestFault.Status(429), new RequestFault.DropAfterTokens(3))));
    }

    @Test
    void listenersHearWhatIsSetAndEveryChange() {
        List<Double> heard = new ArrayList<>();
        FaultListener listener = changed -> heard.add(changed.slowFactor());
        faults.set(old -> old.withSlowFactor(2));
        faults.listen(listener);
        faults.set(old -> old.withSlowFactor(3));
        faults.forget(listener);
        faults.set(old -> old.withSlowFactor(4));
        assertThat(heard).containsExactly(2.0, 3.0);
    }

    private static List<Boolean> pattern(FaultSwitch faults) {
        faults.set(old -> old.with(new Injection(new RequestFault.Status(503), Trigger.withProbability(0.5))));
        List<Boolean> met = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            met.add(faults.draw(name -> null, () -> new byte[0]).get(FaultKind.STATUS) != null);
        }
        return met;
    }

    private RequestFaults draw(String body) {
        return faults.draw(name -> null, () -> body.getBytes(StandardCharsets.UTF_8));
    }
}
