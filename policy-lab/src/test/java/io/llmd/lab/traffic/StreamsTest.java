package io.llmd.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.lab.traffic.Streams.Bursts;
import io.llmd.lab.traffic.Streams.Kind;
import io.llmd.lab.traffic.Streams.Lengths;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamsTest {

    private static final Lengths TEN = new Lengths(10, 0, 10);
    private static final Lengths SOME = new Lengths(100, 1, 400);

    private record Timed(double second, ClientRequest request) {}

    @Test
    void kindsComeAtTheirRatesWithTheirLengths() {
        Streams streams = new Streams(
                "two", List.of(new Kind(5, TEN, TEN, Bursts.NONE), new Kind(2, SOME, TEN, Bursts.NONE)), 1000);

        List<Timed> all = requests(streams, 1);
        List<Timed> second =
                all.stream().filter(one -> one.request().prompt().length != 10).toList();

        assertThat(all.size()).isCloseTo(7000, within(300));
        assertThat(second.size()).isCloseTo(2000, within(150));
        assertThat(second).allMatch(one -> one.request().prompt().length <= 400);
        assertThat(all).extracting(Timed::second).isSorted();
        assertThat(all.getLast().second()).isLessThan(1000);
    }

    @Test
    void burstsAreAtTheEndOfTheirPeriods() {
        Streams streams = new Streams("bursts", List.of(new Kind(2, TEN, TEN, new Bursts(5, 10, 40))), 4000);

        List<Timed> all = requests(streams, 1);
        long inBursts = all.stream().filter(one -> one.second() % 40 >= 30).count();

        assertThat(inBursts / 1000.0).isCloseTo(10, within(0.5));
        assertThat((all.size() - inBursts) / 3000.0).isCloseTo(2, within(0.2));
    }

    @Test
    void equalSeedsGiveEqualRequestsAndSpeedDividesTheirTimes() {
        Streams streams = new Streams("one", List.of(new Kind(5, SOME, SOME, Bursts.NONE)), 20);

        assertThat(shown(streams, 1)).isEqualTo(shown(streams, 1)).isNotEqualTo(shown(streams, 2));
        assertThat(requests(streams.atSpeed(2), 1).getLast().second())
                .isCloseTo(requests(streams, 1).getLast().second() / 2, within(1e-6));
    }

    @Test
    void theFirstTenthDoesNotCount() {
        Load load = new Streams("one", List.of(new Kind(50, TEN, TEN, Bursts.NONE)), 100).load(1);
        double firstCounted = Double.NaN;
        while (Double.isNaN(firstCounted)) {
            double second = load.workload().nextTime() / 1e9;
            ClientRequest request = load.workload().next();
            firstCounted = request != null && load.counted().test(request) ? second : firstCounted;
        }

        assertThat(firstCounted).isBetween(10.0, 10.5);
    }

    @Test
    void sizesThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> new Lengths(0, 1, 10)).hasMessageContaining("median 0.0");
        assertThatThrownBy(() -> new Bursts(2, 10, 5)).hasMessageContaining("expected: >= 1, >= 0, >= that");
        assertThatThrownBy(() -> new Kind(0, TEN, TEN, Bursts.NONE)).hasMessageContaining("requestsPerSecond: 0.0");
        assertThatThrownBy(() -> new Streams("none", List.of(), 0)).hasMessageContaining("seconds: 0.0");
    }

    private static List<String> shown(Streams streams, long seed) {
        return requests(streams, seed).stream()
                .map(one -> one.second() + " " + one.request().prompt().length + " "
                        + one.request().outputLength())
                .toList();
    }

    private static List<Timed> requests(Traffic traffic, long seed) {
        Workload workload = traffic.load(seed).workload();
        List<Timed> requests = new ArrayList<>();
        while (workload.nextTime() != Workload.NEVER) {
            double second = workload.nextTime() / 1e9;
            ClientRequest request = workload.next();
            if (request != null) {
                requests.add(new Timed(second, request));
            }
        }
        return requests;
    }
}
