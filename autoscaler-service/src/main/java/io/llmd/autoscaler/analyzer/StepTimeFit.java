package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.StepTime;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * Fits the step time of one configuration to what its instances do (specs/autoscaling.md 3.7): non-negative least squares over
 * weighted samples, pulled towards what was assumed while samples are few. For one thread.
 *
 * <p>Shapes of requests do not enter: a step costs what its tokens cost, whoever they belong to. So a change of traffic needs
 * no new fit. Instances that have just become ready, that preempt, or that are slow by themselves are left out, since a few
 * samples of a cold instance would otherwise ask for a multiple of the fleet.
 */
public final class StepTimeFit {

    private static final double FORGET_SECONDS = 1_800;
    private static final double WARM_SECONDS = 90;
    private static final double FULLEST = 0.95;
    private static final int LEAST_SAMPLES = 5;
    private static final double PRIOR_SAMPLES = 3;
    private static final double PRIOR_FADES_AT = 12;
    private static final double ASSUMED_NOISE = 0.05;
    private static final double NARROW_SHARE = 0.2;
    private static final double COLLINEAR = 1e4;
    private static final double NORMAL_90 = 1.28;
    private static final double OUTLIER_SIGMAS = 4;
    private static final double OUTLIER_SHARE = 0.25;
    private static final double DRIFT_ERROR = 0.15;
    private static final double DRIFT_SECONDS = 900;
    private static final double DRIFT_WINDOW_SECONDS = 600;
    private static final int RECENT = 512;
    private static final int PER_SEQUENCE = 2;

    private final StepTime prior;
    private EngineLimits limits;
    private final SampleStrata strata;
    private final InstanceOffsets offsets = new InstanceOffsets();
    private final Deque<FitSample> recent = new ArrayDeque<>();
    private FittedStepTime current;
    private double sigma = Double.NaN;

    /** A fit that begins with what is assumed. */
    public StepTimeFit(StepTime prior, EngineLimits limits) {
        this.prior = prior;
        this.limits = limits;
        strata = new SampleStrata(() -> this.limits);
        current = FittedStepTime.assumed(prior);
    }

    /** The bounds that instances say themselves; until then those that were assumed count. */
    public void bound(EngineLimits said) {
        limits = said;
    }

    /** Takes a sample, or leaves it out where it says nothing about the hardware. */
    public void add(FitSample sample) {
        boolean isUsable = !sample.isDisturbed()
                && sample.readySeconds() > WARM_SECONDS
                && sample.contextTokens() < FULLEST * limits.kvTokens()
                && sample.stepSeconds() > 0
                && Double.isFinite(sample.stepSeconds() + sample.promptTokens() + sample.sequences())
                && sample.promptTokens() >= 0
                && sample.sequences() >= 0
                && sample.contextTokens() >= 0;
        if (!isUsable) {
            return;
        }
        double predicted = predicted(current.time(), sample);
        offsets.note(sample.instance(), sample.atSeconds(), sample.stepSeconds() / predicted);
        recent.addLast(sample);
        while (recent.size() > RECENT || recent.getFirst().atSeconds() < sample.atSeconds() - DRIFT_SECONDS) {
            recent.removeFirst();
        }
        if (current.status() == FitStatus.BOOTSTRAP || !isOutlier(sample, predicted)) {
            strata.add(sample);
        }
    }

    private boolean isOutlier(FitSample sample, double predicted) {
        double allowed = Math.max(OUTLIER_SIGMAS * sigma, OUTLIER_SHARE * predicted);
        return Math.abs(sample.stepSeconds() - predicted) > allowed;
    }

    private static double predicted(StepTime time, FitSample sample) {
        return time.step(sample.promptTokens(), sample.sequences(), sample.contextTokens());
    }

    /** Fits anew to the samples so far. */
    public void refit(double nowSeconds) {
        offsets.forgetBefore(nowSeconds - FORGET_SECONDS);
        double error = recentError();
        boolean hasDrifted = current.status() != FitStatus.BOOTSTRAP
                && error > DRIFT_ERROR
                && !recent.isEmpty()
                && recent.getFirst().atSeconds() < nowSeconds - DRIFT_WINDOW_SECONDS;
        if (hasDrifted) {
            relearn(nowSeconds);
        }
        List<FitSample> samples = strata.all().stream()
                .filter(sample -> !offsets.isSlow(sample.instance()))
                .toList();
        if (samples.size() >= LEAST_SAMPLES) {
            current = isNarrow(samples) ? scaled(samples, nowSeconds) : fitted(samples, nowSeconds, error);
        }
        if (hasDrifted) {
            current = new FittedStepTime(
                    current.time(),
                    FittedStepTime.WIDEST_MARGIN,
                    error,
                    current.samples(),
                    FitStatus.DRIFT,
                    current.isClipped());
        }
    }

    /** What was learnt no longer holds for all: only the last minutes count. */
    private void relearn(double nowSeconds) {
        strata.removeIf(sample -> true);
        recent.removeIf(sample -> sample.atSeconds() < nowSeconds - DRIFT_WINDOW_SECONDS);
        recent.forEach(strata::add);
        sigma = Double.NaN;
    }

    private double recentError() {
        double sum = 0;
        int count = 0;
        for (FitSample sample : recent) {
            if (!offsets.isSlow(sample.instance())) {
                sum += Math.abs(sample.stepSeconds() - predicted(current.time(), sample)) / sample.stepSeconds();
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }

    private boolean isNarrow(List<FitSample> samples) {
        return spread(samples.stream().mapToDouble(FitSample::contextTokens).toArray())
                        < NARROW_SHARE * limits.kvTokens()
                && spread(samples.stream().mapToDouble(FitSample::promptTokens).toArray())
                        < NARROW_SHARE * limits.stepTokens();
    }

    private static double spread(double[] values) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        return high - low;
    }

    /** The shape of the cost cannot be seen, only its size. */
    private FittedStepTime scaled(List<FitSample> samples, double nowSeconds) {
        double together = 0;
        double squares = 0;
        for (FitSample sample : samples) {
            double weight = weight(sample, nowSeconds);
            double assumed = predicted(prior, sample);
            together += weight * sample.stepSeconds() * assumed;
            squares += weight * assumed * assumed;
        }
        StepTime time = prior.times(together / squares);
        double margin = margin(samples, time, nowSeconds, 0);
        return new FittedStepTime(time, margin, meanError(samples, time), samples.size(), FitStatus.NARROW, false);
    }

    private FittedStepTime fitted(List<FitSample> samples, double nowSeconds, double error) {
        NormalEquations equations = new NormalEquations();
        for (FitSample sample : samples) {
            equations.add(weight(sample, nowSeconds), sample.x(), sample.stepSeconds());
        }
        boolean isCollinear = equations.condition() > COLLINEAR;
        double[] assumed = {prior.base(), prior.perPromptToken(), prior.perSequence(), prior.perContextToken()};
        double[] mean = mean(samples);
        double leverage = equations.leverage(mean);
        int frozen = isCollinear ? PER_SEQUENCE : -1;
        double[] plain = equations.nonNegative(frozen, prior.perSequence(), 0);
        double noise = plain == null ? 1 : noise(samples, plain);
        equations.pull(assumed, PRIOR_SAMPLES * noise * Math.min(1, PRIOR_FADES_AT / samples.size()));
        double[] found = equations.nonNegative(frozen, prior.perSequence(), plain == null ? 0 : zeros(plain));
        if (found == null) {
            return current;
        }
        StepTime time = new StepTime(found[0], found[1], found[2], found[3]);
        boolean isClipped = found[1] == 0 || (found[2] == 0 && !isCollinear) || found[3] == 0;
        double margin = margin(samples, time, nowSeconds, Double.isInfinite(leverage) ? 1 : leverage);
        double shown = Double.isNaN(error) ? meanError(samples, time) : error;
        return new FittedStepTime(time, margin, shown, samples.size(), FitStatus.FITTED, isClipped);
    }

    /** How much what is assumed has to say: nothing beside exact samples, all of it beside those with 5 % of noise. */
    private static double noise(List<FitSample> samples, double[] theta) {
        double squares = 0;
        for (FitSample sample : samples) {
            double predicted = 0;
            double[] x = sample.x();
            for (int i = 0; i < x.length; i++) {
                predicted += theta[i] * x[i];
            }
            double residual = (sample.stepSeconds() - predicted) / sample.stepSeconds();
            squares += residual * residual / samples.size();
        }
        return Math.min(1, squares / (ASSUMED_NOISE * ASSUMED_NOISE));
    }

    private static int zeros(double[] theta) {
        int zeros = 0;
        for (int i = 1; i < theta.length; i++) {
            zeros |= theta[i] == 0 ? 1 << i : 0;
        }
        return zeros;
    }

    private static double weight(FitSample sample, double nowSeconds) {
        return Math.exp(-Math.max(0, nowSeconds - sample.atSeconds()) / FORGET_SECONDS);
    }

    private static double[] mean(List<FitSample> samples) {
        double[] mean = new double[NormalEquations.SIZE];
        for (FitSample sample : samples) {
            double[] x = sample.x();
            for (int i = 0; i < mean.length; i++) {
                mean[i] += x[i] / samples.size();
            }
        }
        return mean;
    }

    /** {@code 1 + 1.28·σ·sqrt(1/n + leverage)/ŷ}, within bounds. */
    private double margin(List<FitSample> samples, StepTime time, double nowSeconds, double leverage) {
        double squares = 0;
        double weights = 0;
        double weightSquares = 0;
        double predicted = 0;
        for (FitSample sample : samples) {
            double weight = weight(sample, nowSeconds);
            double residual = sample.stepSeconds() - predicted(time, sample);
            squares += weight * residual * residual;
            weights += weight;
            weightSquares += weight * weight;
            predicted += weight * predicted(time, sample);
        }
        sigma = Math.sqrt(squares / weights);
        double count = weights * weights / weightSquares;
        double margin = 1 + NORMAL_90 * sigma * Math.sqrt(1 / count + leverage) / (predicted / weights);
        return Math.clamp(margin, FittedStepTime.LEAST_MARGIN, FittedStepTime.WIDEST_MARGIN);
    }

    private static double meanError(List<FitSample> samples, StepTime time) {
        return samples.stream()
                .mapToDouble(sample -> Math.abs(sample.stepSeconds() - predicted(time, sample)) / sample.stepSeconds())
                .average()
                .orElse(Double.NaN);
    }

    /** What is known at present. */
    public FittedStepTime current() {
        return current;
    }

    /** Goes on from what an earlier process knew. */
    public void restore(FittedStepTime known, List<FitSample> samples) {
        current = known;
        samples.forEach(strata::add);
    }

    /** The samples that it is fitted to. */
    public List<FitSample> samples() {
        return strata.all();
    }

    /** Whether an instance has been slower than the others for minutes. */
    public boolean isSlow(String instance) {
        return offsets.isSlow(instance);
    }

    /** What instances are worth together: 1 each, a slow one less. */
    public double supply(Collection<String> instances) {
        return offsets.supply(instances);
    }
}
