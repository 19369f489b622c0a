package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.Forecast.Reason;
import io.llmd.autoscaler.analyzer.Forecast.Upper;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ForecastTest {

    @Test
    @DisplayName("row 26: a predictor without skill has no weight; the observed growth stands")
    @Tag("autoscaling-26")
    void noSkill() {
        Upper upper = Forecast.weigh(10, 10, 11, 1.02, 30, "damped-trend");
        assertThat(upper).isEqualTo(new Upper(11, 1 - 1.02, "", Reason.FORECAST_NO_SKILL));
        assertThat(Forecast.weigh(10, 10, 11, 0.9, 13, "damped-trend"))
                .isEqualTo(new Upper(13, 1 - 0.9, "damped-trend", Reason.PREDICTOR));
    }

    @Test
    @DisplayName("row 27: a forecast never asks for more than half as much again")
    @Tag("autoscaling-27")
    void capped() {
        assertThat(Forecast.weigh(10, 10, 10, 0.8, 30, "damped-trend").rate()).isEqualTo(15);
        assertThat(Forecast.weigh(10, 10, 10, 0.8, 30, "damped-trend").reason()).isEqualTo(Reason.CAPPED);
        assertThat(Forecast.weigh(10, 10, 10, 0.6, 30, "seasonal-day").rate()).isEqualTo(20);
    }

    @Test
    void aForecastNeverLowersTheRate() {
        assertThat(Forecast.weigh(10, 10, 10, 0.5, 2, "damped-trend").rate()).isEqualTo(10);
        assertThat(new Forecast(2, List.of()).upper(10, 10, 0.5).rate()).isEqualTo(10);
    }

    /** Knows that the rate grows by two in each interval. */
    private static final class Knowing implements Predictor {
        private double last;

        @Override
        public String name() {
            return "knowing";
        }

        @Override
        public void add(double rate) {
            last = rate;
        }

        @Override
        public double predict(int intervals) {
            return last + 2 * intervals;
        }
    }

    @Test
    void predictorsEarnTheirPlaceByTheirError() {
        Forecast ramp = new Forecast(2, List.of(new Knowing(), new DampedTrend(15)));
        for (int i = 0; i < 20; i++) {
            ramp.add(20 + 2.0 * i);
        }
        assertThat(ramp.upper(58, 58, 1).reason()).isEqualTo(Reason.GROWTH_QUANTILE);
        for (int i = 20; i < 200; i++) {
            ramp.add(20 + 2.0 * i);
        }
        assertThat(ramp.scaledError("knowing")).isZero();
        assertThat(ramp.upper(418, 418, 1)).isEqualTo(new Upper(422, 1, "knowing", Reason.PREDICTOR));

        Forecast noise = new Forecast(2, List.of(new Knowing(), new DampedTrend(15)));
        Random random = new Random(3);
        double walk = 100;
        for (int i = 0; i < 400; i++) {
            walk = Math.max(5, walk + random.nextGaussian() * 8);
            noise.add(walk);
        }
        assertThat(noise.upper(100, 100, 1.1).reason()).isEqualTo(Reason.FORECAST_NO_SKILL);
    }

    @Test
    void aTrendFadesAndIsUsedOnlyWhereItIsLargerThanChance() {
        DampedTrend steep = new DampedTrend(15);
        DampedTrend flat = new DampedTrend(15);
        assertThat(steep.predict(1)).isNaN();
        for (int i = 0; i < 100; i++) {
            steep.add(10 + 10.0 * i);
            flat.add(100 + (i % 2));
        }
        assertThat(steep.predict(4) - steep.predict(2)).isPositive().isLessThan(20);
        assertThat(flat.predict(8)).isEqualTo(flat.predict(1));
    }

    @Test
    void aSeasonIsForetoldAfterTwoOfThem() {
        SeasonalTrend season = new SeasonalTrend("seasonal-test", 24);
        for (int i = 0; i < 24 * 2 - 1; i++) {
            season.add(100 + 50 * Math.sin(2 * Math.PI * i / 24));
        }
        assertThat(season.predict(1)).isNaN();
        for (int i = 24 * 2 - 1; i < 24 * 4; i++) {
            season.add(100 + 50 * Math.sin(2 * Math.PI * i / 24));
        }
        for (int ahead = 1; ahead <= 24; ahead++) {
            assertThat(season.predict(ahead))
                    .isCloseTo(100 + 50 * Math.sin(2 * Math.PI * (24 * 4 + ahead - 1) / 24), within(5.0));
        }
    }

    @Test
    void growthNeedsSixHours() {
        GrowthQuantile growth = new GrowthQuantile();
        for (int i = 0; i < 5 * 60; i++) {
            growth.add(i * 60, 10 + i);
        }
        assertThat(growth.growth(120, 0.9)).isEqualTo(1);
        for (int i = 300; i <= 360; i++) {
            growth.add(i * 60, 10 + i);
        }
        assertThat(growth.growth(120, 1)).isCloseTo(1.2, within(1e-9));
    }

    @Test
    @DisplayName("row 26b: quantiles of observed growth cover a production week")
    @Tag("autoscaling-26b")
    void productionWeek() {
        double[] week = ProductionWeek.rates();
        assertCoverage(week, 0.85, 0.80, 0.85, 0.06, 0.09);
        assertCoverage(week, 0.95, 0.92, 0.96, 0.11, 0.16);
    }

    private static void assertCoverage(
            double[] week, double quantile, double least, double most, double cheap, double dear) {
        GrowthQuantile growth = new GrowthQuantile();
        int covered = 0;
        int scored = 0;
        double excess = 0;
        double sum = 0;
        for (int i = 0; i < week.length - 1; i++) {
            growth.add(i * 600.0, week[i]);
            if (i >= 2 * 144) {
                double upper = week[i] * Math.max(1, growth.growth(600, quantile));
                covered += week[i + 1] <= upper ? 1 : 0;
                excess += Math.max(0, upper - week[i + 1]);
                sum += week[i + 1];
                scored++;
            }
        }
        assertThat((double) covered / scored).isBetween(least, most);
        assertThat(excess / sum).isBetween(cheap, dear);
    }
}
