package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Need;
import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ColdStartTest {

    @Test
    void quantilesOfTheLastTwentyStarts() {
        ColdStart starts = new ColdStart(120);
        assertThat(starts.quantile(0.9)).isEqualTo(120);
        starts.add(60);
        assertThat(starts.quantile(0.9)).as("few starts do not make it faster").isEqualTo(120);
        for (int i = 1; i <= 30; i++) {
            starts.add(i);
        }
        starts.add(Double.NaN);
        starts.add(-1);
        assertThat(starts.starts()).hasSize(20);
        assertThat(starts.quantile(0.5)).isEqualTo(20);
        assertThat(starts.quantile(0.9)).isEqualTo(28);
        assertThat(starts.quantile(0)).isEqualTo(11);
    }

    @Test
    @DisplayName("row 67: the bill of a jump from 2 to 10 requests a second")
    @Tag("autoscaling-67")
    void bill() {
        ViolationBill bill = ViolationBill.of(10, 2 * 1.5, 14 * 1.4, 120);
        assertThat(bill.backlog()).isEqualTo(840);
        assertThat(bill.drainSeconds()).isCloseTo(87.5, within(0.1));
        assertThat(bill.violations()).isCloseTo(2_080, within(10.0));
        // Replayed second by second as a queue: whoever has to wait more than 3 s is a violation.
        assertThat(bill.violations()).isCloseTo(replayed(10, 3, 19.6, 120), Percentage.withPercentage(25));
        assertThat(ViolationBill.of(2, 3, 3, 120)).isEqualTo(ViolationBill.NONE);
        assertThat(ViolationBill.of(10, 3, 9, 120).drainSeconds()).isInfinite();
    }

    private static double replayed(double rate, double before, double after, double outage) {
        double backlog = 0;
        double violations = 0;
        double step = 0.1;
        for (double t = 0; t < 600; t += step) {
            double served = t < outage ? before : after;
            violations += backlog / served > 3 ? rate * step : 0;
            backlog = Math.max(0, backlog + (rate - served) * step);
        }
        return violations;
    }

    @Test
    @DisplayName("row 56: batch work is started as late as is safe")
    @Tag("autoscaling-56")
    void batchIsStartedLate() {
        Need early = BatchDeadlines.need(List.of(new Work(1_800, 3_600)), supply(0, 526));
        assertThat(early.fraction()).isCloseTo(0.188, within(5e-4));
        assertThat(early.replicas()).isZero();
        assertThat(1_800 - early.latestStart()).isCloseTo(808, within(0.5));
        assertThat(BatchDeadlines.need(List.of(new Work(809, 3_600)), supply(0, 526))
                        .replicas())
                .isZero();
        assertThat(BatchDeadlines.need(List.of(new Work(808, 3_600)), supply(0, 526))
                        .replicas())
                .isEqualTo(1);
    }

    @Test
    @DisplayName("row 57: batch work that fits what others leave free starts nothing")
    @Tag("autoscaling-57")
    void batchFillsWhatIsFree() {
        assertThat(BatchDeadlines.need(List.of(new Work(600, 3_600)), supply(6, 526)))
                .isEqualTo(new Need(0, 0, Double.POSITIVE_INFINITY));
        assertThat(BatchDeadlines.need(List.of(new Work(600, 3_600)), supply(0, 526))
                        .replicas())
                .as("demand has come back and nothing is free")
                .isPositive();
    }

    @Test
    void workThatIsPastDueIsWorkedOffLikeAnyBacklog() {
        Need late = BatchDeadlines.need(List.of(new Work(-60, 90_000)), supply(0, 100));
        assertThat(late.replicas())
                .as("within ten minutes, and not within one second")
                .isEqualTo(10);
        assertThat(late.latestStart()).isZero();
        assertThat(BatchDeadlines.need(List.of(new Work(-60, 30)), supply(0, 100))
                        .replicas())
                .as("however little it is")
                .isEqualTo(1);
        assertThat(BatchDeadlines.need(List.of(new Work(-60, 30)), supply(1, 100))
                        .replicas())
                .as("what others leave free does it")
                .isZero();
    }

    @Test
    void nothingIsBoughtForLessTimeThanItsStartTakes() {
        assertThat(BatchDeadlines.need(List.of(new Work(101, 3_000)), supply(0, 100))
                        .fraction())
                .isEqualTo(2);
        assertThat(BatchDeadlines.need(List.of(new Work(300, 3_000)), supply(0, 100))
                        .fraction())
                .isEqualTo(1);
    }

    private static BatchDeadlines.Supply supply(double residual, double coldSeconds) {
        return new BatchDeadlines.Supply(residual, 15, coldSeconds, 600);
    }

    @Test
    void theReserveIsAQuantileOfTheLastHour() {
        BurstReserve reserve = new BurstReserve();
        assertThat(reserve.rate(0.95)).isZero();
        for (int i = 0; i < 1_000; i++) {
            reserve.add(20 * i, i % 20 == 0 ? 12 : 2);
        }
        assertThat(reserve.rate(0.9)).isEqualTo(2);
        assertThat(reserve.rate(0.99)).isEqualTo(12);
    }

    @Test
    void fullMemoryAsksForMoreWithoutAnyModel() {
        assertThat(SaturationFloor.floor(4, true, 0.9)).isEqualTo(5);
        assertThat(SaturationFloor.floor(1, true, 1.0)).isEqualTo(2);
        assertThat(SaturationFloor.floor(10, true, 1.0)).isEqualTo(13);
        assertThat(SaturationFloor.floor(4, false, 0.9)).as("more are starting").isZero();
        assertThat(SaturationFloor.floor(4, true, 0.7)).isZero();
        assertThat(SaturationFloor.floor(4, true, Double.NaN)).isZero();
    }

    @Test
    @DisplayName("row 20: replicas that fall behind are worth less, and never more than one")
    @Tag("autoscaling-20")
    void derate() {
        Derate derate = Derate.NONE;
        Derate.Seen trouble = new Derate.Seen(true, 0.9, 1.5, 0.5, 0);
        derate = derate.after(trouble);
        assertThat(derate.factor()).isEqualTo(1);
        derate = derate.after(trouble);
        assertThat(derate.factor()).isCloseTo(0.93, within(1e-12));
        for (int i = 0; i < 100; i++) {
            derate = derate.after(trouble);
        }
        assertThat(derate.factor()).isEqualTo(0.5);
        Derate.Seen calm = new Derate.Seen(true, 0.6, 0, 0.5, 0.2);
        assertThat(derate.after(calm).factor()).isCloseTo(0.5 * 1.004, within(1e-12));
        for (int i = 0; i < 1_000; i++) {
            derate = derate.after(calm);
        }
        assertThat(derate.factor()).isEqualTo(1);
        assertThat(Derate.NONE
                        .after(new Derate.Seen(false, 0.9, 9, 0.99, 2))
                        .after(new Derate.Seen(false, 0.9, 9, 0.99, 2)))
                .as("replicas that start explain a backlog")
                .isEqualTo(Derate.NONE);
    }
}
