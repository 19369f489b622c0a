package io.llmd.scheduler.plugin.flowcontrol;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.flowcontrol.LegacyAdmission;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.flowcontrol.UtilizationDetector.Params;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UtilizationDetectorTest {

    private static final Endpoint QUEUE_FULL = endpoint("a", 5, 0, 0.1);
    private static final Endpoint HALF_FULL = endpoint("b", 0, 0, 0.4);
    private static final Endpoint STALE = stale(endpoint("c", 0, 0, 0));

    private final UtilizationDetector detector = detector("{}", 1);

    @Test
    @Tag("flow-control-F31")
    void thePoolIsAsFullAsItsEndpointsOnAverage() {
        assertThat(measure(QUEUE_FULL, HALF_FULL).value()).isEqualTo(0.75);
        assertThat(measure(QUEUE_FULL).value()).isEqualTo(1.0);
        assertThat(measure(HALF_FULL).value()).isEqualTo(0.5);
    }

    @Test
    @Tag("flow-control-F32")
    void anEndpointWithoutARecentReadingCountsAsFull() {
        Saturation saturation = measure(endpoint("fresh", 0, 0, 0), STALE);
        assertThat(saturation.value()).isEqualTo(0.5);
        assertThat(saturation.staleEndpoints()).isOne();
        assertThat(measure(unscraped("new")).value()).isEqualTo(1.0);
    }

    @Test
    @Tag("scheduling-60")
    void threeEndpointsOfWhichOneIsStale() {
        assertThat(measure(QUEUE_FULL, HALF_FULL, STALE).value()).isEqualTo(0.8333, within(1e-4));
        assertThat(names(filter(QUEUE_FULL, HALF_FULL, STALE))).containsExactly("b");
    }

    @Test
    void anIdlePoolThatIsReadSeldomIsNotFull() {
        Endpoint idle = endpoint("a", 0, 0, 0);
        long second = idle.metrics().updatedNanos() + 1_000_000_000L;
        String yaml = "{metricsStalenessThreshold: 200ms}";
        assertThat(detector(yaml, second, 50_000_000)
                        .measure(new Endpoint[] {idle})
                        .value())
                .isEqualTo(1.0);
        assertThat(detector(yaml, second, 1_000_000_000)
                        .measure(new Endpoint[] {idle})
                        .value())
                .isZero();
    }

    @Test
    @Tag("scheduling-60")
    void whenAllAreFullTheFilterKeepsAll() {
        assertThat(names(filter(QUEUE_FULL, STALE))).containsExactly("a", "c");
    }

    @Test
    void headroomLetsTheFilterKeepMore() {
        UtilizationDetector lenient = detector("{headroom: 0.5}", 1);
        Endpoint seven = endpoint("seven", 7, 0, 0);
        Endpoint eight = endpoint("eight", 8, 0, 0);
        assertThat(names(lenient.filter(request(), Candidates.of(seven, eight))))
                .containsExactly("seven");
    }

    @Test
    @Tag("flow-control-F33")
    void anEmptyPoolIsFull() {
        assertThat(measure()).isEqualTo(Saturation.OF_NOBODY);
    }

    @Test
    void aThresholdOfItsOwnMakesReadingsStaleAndSaysWhen() {
        long readNanos = endpoint("a", 0, 0, 0).metrics().updatedNanos();
        long limit = Duration.ofMillis(200).toNanos();
        Saturation atLimit = detector("{metricsStalenessThreshold: 200ms}", readNanos + limit)
                .measure(new Endpoint[] {HALF_FULL});
        assertThat(atLimit.staleEndpoints()).isZero();
        assertThat(atLimit.validForNanos()).isOne();
        Saturation after = detector("{metricsStalenessThreshold: 200ms}", readNanos + limit + 1)
                .measure(new Endpoint[] {HALF_FULL});
        assertThat(after.staleEndpoints()).isOne();
    }

    @Test
    void oneMoreRequestFillsAQueuePlaceOfOneEndpoint() {
        assertThat(detector.share(new Endpoint[] {QUEUE_FULL, HALF_FULL}, 5000)).isEqualTo(0.1);
        assertThat(detector.signal()).isEqualTo(Signal.READ);
    }

    @ParameterizedTest
    @CsvSource({"-1, 5, true", "-1, 4, false", "0, 35, false"})
    @Tag("scheduling-63")
    @Tag("flow-control-F49")
    void withoutFlowControlOnlyNegativePrioritiesAreShedAndOnlyWhileThePoolIsFull(
            int priority, int waiting, boolean isShed) {
        Endpoint[] candidates = {endpoint("a", waiting, 0, 0)};
        assertThat(LegacyAdmission.isShed(priority, candidates, detector)).isEqualTo(isShed);
    }

    @Test
    @Tag("scheduling-63")
    void aPoolThatIsAlmostFullShedsNobody() {
        Endpoint[] candidates = {endpoint("a", 0, 0, 0.792)};
        assertThat(measure(candidates).value()).isCloseTo(0.99, within(1e-9));
        assertThat(LegacyAdmission.isShed(-1, candidates, detector)).isFalse();
    }

    @Test
    void withoutEndpointsNobodyIsShedAsSaturated() {
        assertThat(LegacyAdmission.isShed(-1, new Endpoint[0], detector)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{queueDepthThreshold: 0}",
                "{kvCacheUtilThreshold: 0}",
                "{kvCacheUtilThreshold: 1.1}",
                "{metricsStalenessThreshold: 0s}",
                "{headroom: -0.1}"
            })
    void parametersOutOfRangeAreRefused(String yaml) {
        assertThatThrownBy(() -> ParameterBinder.bind(Params.class, yaml)).isInstanceOf(ConfigException.class);
    }

    private Saturation measure(Endpoint... endpoints) {
        return detector.measure(endpoints);
    }

    private Candidates filter(Endpoint... endpoints) {
        return detector.filter(request(), Candidates.of(endpoints));
    }

    private static UtilizationDetector detector(String yaml, long nowNanos) {
        return detector(yaml, nowNanos, 0);
    }

    private static UtilizationDetector detector(String yaml, long nowNanos, long pauseNanos) {
        return new UtilizationDetector("u", ParameterBinder.bind(Params.class, yaml), () -> nowNanos, () -> pauseNanos);
    }
}
