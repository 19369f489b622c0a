package io.llmd.scheduler.plugin.flowcontrol;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.flowcontrol.ConcurrencyDetector.Params;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConcurrencyDetectorTest {

    private static final Endpoint A = endpoint("a", 0, 0, 0);
    private static final Endpoint B = endpoint("b", 0, 0, 0);

    private final InFlightTracker tracker = new InFlightTracker();
    private long lease;

    ConcurrencyDetectorTest() {
        tracker.added(A.metadata());
        tracker.added(B.metadata());
    }

    @Test
    @Tag("flow-control-F34")
    void requestsCountAgainstTheCapacityOfAll() {
        place("ns/a", 1, 0);
        place("ns/b", 2, 0);
        assertThat(measure("{maxConcurrency: 2}")).isEqualTo(0.75);
        assertThat(names(filter("{maxConcurrency: 2}", loads(1, 0, 2, 0)))).containsExactly("a");
    }

    @Test
    @Tag("flow-control-F35")
    void inHybridModeTheScarcerOfBothCountsOnEachEndpoint() {
        place("ns/a", 5, 90);
        place("ns/b", 9, 10);
        assertThat(measure("{maxConcurrency: 10, maxTokenConcurrency: 100, concurrencyMode: hybrid}"))
                .isEqualTo(0.9);
    }

    @Test
    @Tag("scheduling-61")
    void aHundredRequestsFillAnEndpointByDefault() {
        place("ns/a", 100, 0);
        place("ns/b", 50, 0);
        assertThat(measure("{}")).isEqualTo(0.75);
        assertThat(names(filter("{}", loads(100, 0, 50, 0)))).containsExactly("b");
        assertThat(filter("{}", loads(100, 0, 100, 0)).isEmpty()).isTrue();
    }

    @Test
    @Tag("scheduling-61")
    void aMillionTokensFillAnEndpointInHybridMode() {
        place("ns/a", 100, 0);
        place("ns/b", 50, 1_000_000);
        assertThat(measure("{concurrencyMode: hybrid}")).isEqualTo(1.0);
        assertThat(filter("{concurrencyMode: hybrid}", loads(100, 0, 50, 1_000_000))
                        .isEmpty())
                .isTrue();
    }

    @Test
    void tokensCountAloneInTheirMode() {
        place("ns/a", 1, 30);
        place("ns/b", 1, 10);
        assertThat(measure("{concurrencyMode: tokens, maxTokenConcurrency: 40}"))
                .isEqualTo(0.5);
        assertThat(names(filter("{concurrencyMode: tokens, maxTokenConcurrency: 40}", loads(1, 40, 1, 39))))
                .containsExactly("b");
    }

    @Test
    void headroomIsRoundedDown() {
        assertThat(names(filter("{maxConcurrency: 3, headroom: 0.5}", loads(3, 0, 4, 0))))
                .containsExactly("a");
    }

    @Test
    void anEmptyPoolIsFull() {
        assertThat(detector("{}").measure(new Endpoint[0])).isEqualTo(Saturation.OF_NOBODY);
    }

    @Test
    void oneMoreRequestTakesItsPartOfTheCapacity() {
        Endpoint[] both = {A, B};
        assertThat(detector("{maxConcurrency: 10}").share(both, 50)).isEqualTo(0.05);
        assertThat(detector("{concurrencyMode: tokens, maxTokenConcurrency: 100}")
                        .share(both, 50))
                .isEqualTo(0.25);
        assertThat(detector("{}").signal()).isEqualTo(Signal.COUNTED);
    }

    @Test
    void theLoadsOfTheNamedProducerAreRequired() {
        assertThat(detector("{inFlightLoadProducerName: mine}").requires())
                .isEqualTo(List.of(DataKeys.inFlightLoads("mine")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{maxConcurrency: 0}", "{maxTokenConcurrency: 0}", "{headroom: -1}"})
    void parametersOutOfRangeAreRefused(String yaml) {
        assertThatThrownBy(() -> detector(yaml)).isInstanceOf(ConfigException.class);
    }

    private void place(String endpointId, int requests, long tokens) {
        for (int i = 0; i < requests; i++) {
            tracker.place(lease++, List.of(new Placement(endpointId, i == 0 ? tokens : 0, Release.NOTHING)));
        }
    }

    private double measure(String yaml) {
        return detector(yaml).measure(new Endpoint[] {A, B}).value();
    }

    private Candidates filter(String yaml, InFlightLoads loads) {
        Candidates candidates = idle("a", "b");
        candidates.put(DataKeys.inFlightLoads(""), loads);
        return detector(yaml).filter(request(), candidates);
    }

    private static InFlightLoads loads(long requestsA, long tokensA, long requestsB, long tokensB) {
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, requestsA, tokensA);
        loads.set(1, requestsB, tokensB);
        return loads;
    }

    private ConcurrencyDetector detector(String yaml) {
        return new ConcurrencyDetector("c", ParameterBinder.bind(Params.class, yaml), tracker, () -> 0);
    }
}
