package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ArrivalTimesTest {

    @Test
    void constantSpacingIsExact() {
        assertThat(times(Arrivals.Spacing.CONSTANT, 200, 4)).containsExactly(0L, 5_000_000L, 10_000_000L, 15_000_000L);
    }

    @Test
    void poissonKeepsTheMeanRateAndVariesTheGaps() {
        long[] times = times(Arrivals.Spacing.POISSON, 100, 20_000);

        double seconds = times[times.length - 1] / 1e9;
        double[] gaps = LongStream.range(1, times.length)
                .mapToDouble(i -> (times[(int) i] - times[(int) i - 1]) / 1e9)
                .toArray();
        double mean = LongStream.range(0, gaps.length)
                .mapToDouble(i -> gaps[(int) i])
                .average()
                .orElseThrow();
        double variance = LongStream.range(0, gaps.length)
                .mapToDouble(i -> (gaps[(int) i] - mean) * (gaps[(int) i] - mean))
                .average()
                .orElseThrow();

        assertThat(times.length / seconds).isBetween(97.0, 103.0);
        assertThat(Math.sqrt(variance) / mean).isBetween(0.95, 1.05);
    }

    @Test
    void sameSeedGivesTheSameTimes() {
        assertThat(times(Arrivals.Spacing.POISSON, 50, 100)).isEqualTo(times(Arrivals.Spacing.POISSON, 50, 100));
    }

    @Test
    void aRampGoesUpAndDownAgain() {
        ArrivalTimes times = new ArrivalTimes(
                new Arrivals.OpenLoop(10, Arrivals.Spacing.CONSTANT, Arrivals.Profile.RAMP),
                Duration.ofSeconds(100),
                new SplittableRandom(7));
        long[] all = LongStream.generate(times::next)
                .takeWhile(at -> at < 100_000_000_000L)
                .toArray();
        assertThat(all).isSorted();
        // On average 55 % of the highest rate; around the middle nearly all of it, at both ends a tenth.
        assertThat(all.length).isBetween(549, 551);
        assertThat(within(all, 0, 10)).isBetween(18L, 20L);
        assertThat(within(all, 45, 55)).isBetween(94L, 97L);
        assertThat(within(all, 90, 100)).isBetween(18L, 20L);
    }

    private static long within(long[] times, int fromSeconds, int toSeconds) {
        return LongStream.of(times)
                .filter(at -> at >= fromSeconds * 1_000_000_000L && at < toSeconds * 1_000_000_000L)
                .count();
    }

    private static long[] times(Arrivals.Spacing spacing, double rate, int count) {
        ArrivalTimes times =
                new ArrivalTimes(new Arrivals.OpenLoop(rate, spacing), Duration.ofMinutes(1), new SplittableRandom(7));
        return LongStream.range(0, count).map(i -> times.next()).toArray();
    }
}
