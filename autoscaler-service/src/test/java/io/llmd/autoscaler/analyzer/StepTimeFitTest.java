package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StepTimeFitTest {

    private static final StepTime PRIOR = Hardware.H.times(1.1);

    private final Random random = new Random(5);
    private final StepTimeFit fit = new StepTimeFit(PRIOR, Hardware.H_LIMITS);
    private double now;

    private FitSample sample(String instance, double factor, double prompts, double sequences, double context) {
        now += 15;
        double step = factor * Hardware.H.step(prompts, sequences, context);
        return new FitSample(instance, now, 600, step, prompts, sequences, context, false);
    }

    private FitSample anySample(String instance, double factor) {
        return sample(
                instance,
                factor,
                random.nextDouble(0, 4_000),
                random.nextDouble(5, 200),
                random.nextDouble(20_000, 300_000));
    }

    private void learn(int count) {
        for (int i = 0; i < count; i++) {
            fit.add(anySample("a", 1));
        }
        fit.refit(now);
    }

    private static void assertClose(StepTime found, StepTime expected, double percent) {
        Percentage near = Percentage.withPercentage(percent);
        assertThat(found.base()).isCloseTo(expected.base(), near);
        assertThat(found.perPromptToken()).isCloseTo(expected.perPromptToken(), near);
        assertThat(found.perSequence()).isCloseTo(expected.perSequence(), near);
        assertThat(found.perContextToken()).isCloseTo(expected.perContextToken(), near);
    }

    @Test
    @DisplayName("row 14: forty clean samples give all parameters")
    @Tag("autoscaling-14")
    void cleanSamples() {
        learn(40);
        assertClose(fit.current().time(), Hardware.H, 1);
        assertThat(fit.current().status()).isEqualTo(FitStatus.FITTED);
        assertThat(fit.current().confidence()).isEqualTo(1.03);
    }

    @Test
    @DisplayName("row 15: a parameter that would be negative becomes zero, and is said to")
    @Tag("autoscaling-15")
    void negativeParameter() {
        for (int i = 0; i < 40; i++) {
            double context = random.nextDouble(20_000, 300_000);
            double prompts = random.nextDouble(0, 4_000);
            // Steps that get a little shorter with more context, as when longer batches happen to run at night.
            double step = 0.013 + 62.8e-6 * prompts + 30e-6 * 50 - 0.004e-6 * context;
            now += 15;
            fit.add(new FitSample("a", now, 600, step, prompts, 50 + random.nextDouble(), context, false));
        }
        fit.refit(now);
        FittedStepTime found = fit.current();
        assertThat(found.isClipped()).isTrue();
        assertThat(found.time().perContextToken()).isZero();
        Shape shape = Shape.fixed(512, 0, 200);
        double truth = capacity(new StepTime(0.013, 62.8e-6, 30e-6, 0), shape);
        assertThat(capacity(found.time(), shape)).isCloseTo(truth, Percentage.withPercentage(20));
    }

    private static double capacity(StepTime time, Shape shape) {
        return LoadFunction.of(time, Hardware.H_LIMITS)
                .load(Role.UNIFIED, shape, 0.072, Double.POSITIVE_INFINITY)
                .capacity();
    }

    @Test
    @DisplayName("row 16: samples of an instance that has just become ready change nothing")
    @Tag("autoscaling-16")
    void coldSamples() {
        learn(40);
        StepTime before = fit.current().time();
        for (int i = 0; i < 6; i++) {
            FitSample slow = anySample("cold", 3);
            fit.add(new FitSample(
                    "cold",
                    slow.atSeconds(),
                    20,
                    slow.stepSeconds(),
                    slow.promptTokens(),
                    slow.sequences(),
                    slow.contextTokens(),
                    false));
        }
        fit.refit(now);
        assertClose(fit.current().time(), before, 1);
    }

    @Test
    @DisplayName("row 17: samples that are all alike give one factor")
    @Tag("autoscaling-17")
    void narrowSamples() {
        for (int i = 0; i < 40; i++) {
            fit.add(sample("a", 1, 500, 60, random.nextDouble(0.40 * 350_000, 0.45 * 350_000)));
        }
        fit.refit(now);
        StepTime found = fit.current().time();
        assertThat(fit.current().status()).isEqualTo(FitStatus.NARROW);
        double factor = found.base() / PRIOR.base();
        assertThat(factor).isCloseTo(1 / 1.1, within(1e-3));
        assertClose(found, PRIOR.times(factor), 1e-6);
    }

    @Test
    @DisplayName("row 18: longer answers change the capacity and not the parameters")
    @Tag("autoscaling-18")
    void longerAnswers() {
        learn(40);
        StepTime before = fit.current().time();
        double shorter = capacity(before, Shape.fixed(1_000, 0, 200));
        for (int i = 0; i < 40; i++) {
            fit.add(sample(
                    "a",
                    1,
                    random.nextDouble(0, 800),
                    random.nextDouble(100, 220),
                    random.nextDouble(150_000, 300_000)));
        }
        fit.refit(now);
        assertThat(fit.current().status()).isEqualTo(FitStatus.FITTED);
        assertClose(fit.current().time(), before, 1);
        assertThat(capacity(fit.current().time(), Shape.fixed(1_000, 0, 1_000))).isLessThan(shorter / 2);
    }

    @Test
    @DisplayName("row 19: one slow instance is found and does not slow down the others")
    @Tag("autoscaling-19")
    void slowInstance() {
        for (int i = 0; i < 30; i++) {
            for (String instance : List.of("a", "b", "c", "d")) {
                fit.add(anySample(instance, 1));
                now -= 11.25;
            }
        }
        fit.refit(now);
        for (int i = 0; i < 40; i++) {
            for (String instance : List.of("a", "b", "c", "d")) {
                fit.add(anySample(instance, instance.equals("d") ? 1.4 : 1));
                now -= 11.25;
            }
            fit.refit(now);
        }
        assertClose(fit.current().time(), Hardware.H, 3);
        assertThat(fit.isSlow("d")).isTrue();
        assertThat(fit.isSlow("a")).isFalse();
        assertThat(fit.supply(List.of("a", "b", "c", "d"))).isCloseTo(3 + 1 / 1.4, within(0.02));
    }

    @Test
    void hardwareThatChangesForAllIsLearntAnewWithTheWidestMargin() {
        learn(40);
        for (int i = 0; i < 48; i++) {
            fit.add(anySample("a", 1.6));
        }
        fit.refit(now);
        assertThat(fit.current().status()).isEqualTo(FitStatus.DRIFT);
        assertThat(fit.current().confidence()).isEqualTo(1.25);
        for (int i = 0; i < 80; i++) {
            fit.add(anySample("a", 1.6));
        }
        fit.refit(now);
        fit.refit(now);
        assertThat(fit.current().status()).isEqualTo(FitStatus.FITTED);
        assertThat(fit.current().time().perPromptToken()).isCloseTo(1.6 * 62.8e-6, Percentage.withPercentage(3));
    }

    @Test
    void disturbedSamplesAndFewSamplesSayNothing() {
        for (int i = 0; i < 40; i++) {
            FitSample sample = anySample("a", 1);
            fit.add(new FitSample("a", now, 600, sample.stepSeconds(), 1, 1, 1, true));
            fit.add(new FitSample("a", now, 600, Double.NaN, 1, 1, 1, false));
            fit.add(new FitSample("a", now, 600, 0.02, 1, 1, 349_000, false));
        }
        fit.refit(now);
        assertThat(fit.current().status()).isEqualTo(FitStatus.BOOTSTRAP);
        assertThat(fit.current().time()).isEqualTo(PRIOR);
        assertThat(fit.current().confidence()).isEqualTo(1.25);
    }

    @Test
    void collinearSamplesKeepTheAssumedCostOfASequence() {
        for (int i = 0; i < 40; i++) {
            double sequences = random.nextDouble(10, 200);
            fit.add(sample("a", 1, random.nextDouble(0, 4_000), sequences, 1_500 * sequences));
        }
        fit.refit(now);
        assertThat(fit.current().time().perSequence()).isEqualTo(PRIOR.perSequence());
    }
}
