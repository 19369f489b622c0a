package io.llmd.scheduler.plugin.flowcontrol;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CompositeDetectorTest {

    private final FlowFixture.StubDetector stub = new FlowFixture.StubDetector();
    private final UtilizationDetector utilization = new UtilizationDetector(
            "u", ParameterBinder.bind(UtilizationDetector.Params.class, "{}"), () -> 1, () -> 0);
    private final CompositeDetector both = new CompositeDetector("both", List.of(stub, utilization));

    @Test
    void theFullestMeasurementCounts() {
        Endpoint[] pool = {endpoint("a", 0, 0, 0.4), stale(endpoint("b", 0, 0, 0))};
        stub.set(0.2);
        assertThat(both.measure(pool)).isEqualTo(new Saturation(0.75, 1, Long.MAX_VALUE));
        stub.set(0.9);
        assertThat(both.measure(pool).value()).isEqualTo(0.9);
    }

    @Test
    void theLargerShareAndTheSlowerSignalCount() {
        Endpoint[] pool = {endpoint("a", 0, 0, 0)};
        stub.share = 0.5;
        assertThat(both.share(pool, 1)).isEqualTo(0.5);
        assertThat(both.signal()).isEqualTo(Signal.READ);
        assertThat(new CompositeDetector("one", List.of(stub)).signal()).isEqualTo(Signal.COUNTED);
    }

    @Test
    void aChangeOfOneIsAChange() {
        long before = both.version();
        stub.set(0.3);
        assertThat(both.version()).isNotEqualTo(before);
    }

    @Test
    void itIsMadeOfDetectorsOnly() {
        CompositeDetector.Factory factory = new CompositeDetector.Factory();
        CompositeDetector.Params params = new CompositeDetector.Params(List.of("u"));
        assertThat(factory.references(params)).containsExactly("u");
        assertThat(factory.create("c", params, Map.of("u", utilization)).name()).isEqualTo("c");
        assertThatThrownBy(() -> factory.create("c", params, Map.of("u", new FcfsOrderingPolicy())))
                .hasMessage("detectors: u (expected: names of saturation detectors)");
    }
}
