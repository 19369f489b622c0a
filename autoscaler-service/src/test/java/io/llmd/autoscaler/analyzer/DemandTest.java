package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.RouterShares.Report;
import io.llmd.autoscaler.analyzer.RouterShares.Total;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Shape;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DemandTest {

    @Test
    @DisplayName("row 21: a counter that begins anew makes neither a spike nor a negative rate")
    @Tag("autoscaling-21")
    void counterReset() {
        CounterRate counter = new CounterRate();
        for (int t = 0; t <= 300; t += 10) {
            counter.add(t, 1_000 + 5 * t);
        }
        assertThat(counter.rate(60, 300)).isCloseTo(5, within(1e-9));
        counter.add(310, 0);
        assertThat(counter.rate(60, 310)).isCloseTo(5, within(1e-9));
        counter.add(320, 50);
        assertThat(counter.rate(60, 320)).isCloseTo(5, within(1e-9));
        for (int t = 330; t <= 500; t += 10) {
            counter.add(t, 50 + 2 * (t - 320));
        }
        assertThat(counter.rate(60, 500)).isCloseTo(2, within(1e-9));
    }

    @Test
    @DisplayName("row 21: after a reset and silence, the last rate is kept for two windows and no longer")
    @Tag("autoscaling-21")
    void resetAndSilence() {
        CounterRate counter = new CounterRate();
        counter.add(0, 0);
        counter.add(60, 300);
        counter.add(70, 1);
        assertThat(counter.rate(60, 180)).isCloseTo(5, within(1e-9));
        assertThat(counter.rate(60, 191)).isNaN();
    }

    @Test
    void absurdReadingsAreLeftOut() {
        CounterRate counter = new CounterRate();
        counter.add(0, 0);
        counter.add(10, 20);
        counter.add(20, Double.NaN);
        counter.add(20, Double.POSITIVE_INFINITY);
        counter.add(20, -5);
        counter.add(5, 1e9);
        assertThat(counter.rate(60, 20)).isCloseTo(2, within(1e-9));
    }

    @Test
    @DisplayName("row 22: a silent router keeps its share, and makes the inputs partial")
    @Tag("autoscaling-22")
    void silentRouter() {
        RouterShares shares = new RouterShares(30);
        assertThat(shares.total(List.of(new Report("a", 6, 2), new Report("b", 4, 2))))
                .isEqualTo(new Total(10, Grade.COMPLETE));
        Total later = shares.total(List.of(new Report("a", 6, 2), new Report("b", 4, 60)));
        assertThat(later.rate()).isCloseTo(10, within(1e-9));
        assertThat(later.grade()).isEqualTo(Grade.PARTIAL);
        assertThat(shares.total(List.of(new Report("a", 6, 90), new Report("b", 4, 90)))
                        .grade())
                .isEqualTo(Grade.BLIND);
    }

    @Test
    @DisplayName("row 24: a jump of Poisson arrivals is seen within 30 s")
    @Tag("autoscaling-24")
    void jumpIsSeen() {
        int seen = 0;
        int seeds = 400;
        for (int seed = 0; seed < seeds; seed++) {
            Random random = new Random(seed);
            CounterRate counter = new CounterRate();
            double total = 0;
            for (int t = -300; t < 0; t += 10) {
                counter.add(t, total);
                total += poisson(random, 20);
            }
            double most = 0;
            for (int t = 0; t <= 30; t += 10) {
                counter.add(t, total);
                ArrivalRate rate = new ArrivalRate(counter.rate(20, t), counter.rate(60, t));
                most = Math.max(most, rate.now() + rate.guard(1, 1));
                total += poisson(random, 100);
            }
            seen += most >= 8 ? 1 : 0;
        }
        assertThat(seen).isGreaterThanOrEqualTo(95 * seeds / 100);
    }

    @Test
    @DisplayName("row 25: constant Poisson arrivals hardly move the target")
    @Tag("autoscaling-25")
    void constantArrivalsAreCalm() {
        int calm = 0;
        int seeds = 100;
        for (int seed = 0; seed < seeds; seed++) {
            calm += events(new Random(seed)) <= 3 ? 1 : 0;
        }
        assertThat(calm).isGreaterThanOrEqualTo(95);
    }

    /** Changes of the target within an hour at 5 requests a second, 2 for each replica, 15 % headroom and a down window. */
    private static int events(Random random) {
        CounterRate counter = new CounterRate();
        ArrayDeque<double[]> window = new ArrayDeque<>();
        double total = 0;
        int target = -1;
        int events = 0;
        for (int t = 0; t <= 3_900; t += 10) {
            counter.add(t, total);
            total += poisson(random, 50);
            if (t < 300) {
                continue;
            }
            ArrivalRate rate = new ArrivalRate(counter.rate(20, t), counter.rate(60, t));
            int wanted = (int) Math.ceil((rate.now() + rate.guard(1, 1)) / (2 * 0.85));
            window.addLast(new double[] {t, wanted});
            while (window.getFirst()[0] < t - 300) {
                window.removeFirst();
            }
            int next = (int) window.stream().mapToDouble(each -> each[1]).max().orElseThrow();
            events += target >= 0 && next != target ? 1 : 0;
            target = next;
        }
        return events;
    }

    private static int poisson(Random random, double mean) {
        double sum = 0;
        int count = -1;
        while (sum < mean) {
            sum -= Math.log(1 - random.nextDouble());
            count++;
        }
        return count;
    }

    @Test
    @DisplayName("row 30: a backlog is worked off within its time")
    @Tag("autoscaling-30")
    void backlog() {
        double with = 10 + new Backlog(900).rate(0, 60);
        double capacity = 1.338;
        LoadVector one = LoadVector.of(0, 1 / capacity, 0, 0, 0);
        assertThat(LoadVector.NONE.plus(with, one).replicas(0)).isEqualTo(19);
        assertThat(LoadVector.NONE.plus(10, one).replicas(0)).isEqualTo(8);
        assertThat(new Backlog(900).rate(15, 60)).isZero();
        assertThat(Backlog.of(3, 1, 0, 5).waiting()).isEqualTo(7);
        assertThat(new Backlog(Double.NaN).rate(0, 60)).isZero();
    }

    @Test
    void longerAnswersCountAtOnceAndShorterOnesSlowly() {
        ShapeWindow window = new ShapeWindow(Shape.fixed(1_000, 0, 100));
        double count = 0;
        double output = 0;
        for (int t = 0; t <= 600; t += 10) {
            window.add(t, new ShapeWindow.Totals(count, 1_000 * count, 0, 1e6 * count, output, 100 * output));
            count += 10;
            output += 10 * (t < 540 ? 100 : 200);
        }
        assertThat(window.shape(600).output()).isCloseTo(200, within(1e-6));
        for (int t = 610; t <= 680; t += 10) {
            window.add(t, new ShapeWindow.Totals(count, 1_000 * count, 0, 1e6 * count, output, 100 * output));
            count += 10;
            output += 10 * 20;
        }
        assertThat(window.shape(680).output()).isGreaterThan(80);
    }

    @Test
    void theShapeStaysWhileNothingFinishes() {
        ShapeWindow window = new ShapeWindow(Shape.fixed(700, 0, 70));
        assertThat(window.shape(0)).isEqualTo(Shape.fixed(700, 0, 70));
        window.add(0, new ShapeWindow.Totals(0, 0, 0, 0, 0, 0));
        window.add(10, new ShapeWindow.Totals(10, 20_000, 15_000, 4e7, 500, 25_000));
        Shape seen = window.shape(10);
        assertThat(seen.input()).isEqualTo(2_000);
        assertThat(seen.uncached()).isEqualTo(500);
        window.add(1_000, new ShapeWindow.Totals(10, 20_000, 15_000, 4e7, 500, 25_000));
        assertThat(window.shape(1_000)).isEqualTo(seen);
    }
}
