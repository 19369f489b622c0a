package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;

/**
 * What a request takes of a replica (specs/autoscaling.md 3.1, 3.2 and 3.5). Immutable.
 *
 * <p>With stationary arrivals a step lasts {@code T = t0 / (1 - rho)} with {@code rho = sum of rate·work}, so that every limit
 * on T, on resident tokens or on running sequences is linear in the rates: n replicas carry a mix if and only if, in each
 * dimension, the loads times the rates add up to at most n. That is why loads of classes add up and no profile is needed.
 */
public final class LoadFunction {

    /** Share of the memory for keys and values that may be used on average. */
    public static final double MEMORY_FILL = 0.78;

    private static final double BATCH_STEP_SHARE = 0.95;

    private final StepTime time;
    private final EngineLimits limits;
    private final double memoryFill;
    private final double sharing;
    private final boolean countsPrefill;
    private final double transferSecondsPerToken;

    private LoadFunction(
            StepTime time,
            EngineLimits limits,
            double memoryFill,
            double sharing,
            boolean countsPrefill,
            double transferSecondsPerToken) {
        this.time = time;
        this.limits = limits;
        this.memoryFill = memoryFill;
        this.sharing = sharing;
        this.countsPrefill = countsPrefill;
        this.transferSecondsPerToken = transferSecondsPerToken;
    }

    /** The load function of a replica, in the fluid limit and without corrections. */
    public static LoadFunction of(StepTime time, EngineLimits limits) {
        return new LoadFunction(time, limits, MEMORY_FILL, 1, false, 0);
    }

    /** With another share of the memory that may be used, in (0, 1]. */
    public LoadFunction withMemoryFill(double fill) {
        return new LoadFunction(time, limits, fill, sharing, countsPrefill, transferSecondsPerToken);
    }

    /**
     * With the corrections that measurements allow: prompts also occupy memory while they are computed, and shared prefixes
     * are held once.
     *
     * @param measuredSharing tokens held, measured, by tokens held, predicted; cut to [0.3, 1.1]
     */
    public LoadFunction corrected(double measuredSharing) {
        double cut = Math.clamp(measuredSharing, 0.3, 1.1);
        return new LoadFunction(time, limits, memoryFill, cut, true, transferSecondsPerToken);
    }

    /** With a link between prefill and decode; seconds of it for one token, of which at most 70 % may be used. */
    public LoadFunction withTransfer(double secondsPerToken) {
        return new LoadFunction(time, limits, memoryFill, sharing, countsPrefill, secondsPerToken / 0.7);
    }

    /** Parameters in use. */
    public StepTime time() {
        return time;
    }

    /** Bounds of a replica. */
    public EngineLimits limits() {
        return limits;
    }

    /** Seconds of engine that a request takes: {@code a·E[Iu] + b·E[O] + c·(E[I·O] + E[O²]/2)}. */
    public double work(Shape shape) {
        return time.perPromptToken() * shape.uncached()
                + time.perSequence() * shape.output()
                + time.perContextToken() * sharing * shape.contextSteps();
    }

    /**
     * Load of a request on a replica that is operated at a step time.
     *
     * @param stepLimit longest mean step in seconds, that of the strictest tier on the replica; infinite for batch
     * @param maxPrefillUse share of the time that computing prompts may take, as {@link Tails} finds it; infinite without a target
     */
    public LoadVector load(Role role, Shape shape, double stepLimit, double maxPrefillUse) {
        return switch (role) {
            case UNIFIED -> together(time, shape, stepLimit, maxPrefillUse);
            case PREFILL -> prefill(shape, maxPrefillUse);
            case DECODE -> decode(shape, stepLimit);
        };
    }

    private LoadVector together(StepTime step, Shape shape, double stepLimit, double maxPrefillUse) {
        if (stepLimit <= step.base()) {
            return LoadVector.infeasible();
        }
        double work = step.perPromptToken() * shape.uncached()
                + step.perSequence() * shape.output()
                + step.perContextToken() * sharing * shape.contextSteps();
        double itl = work / (Double.isInfinite(stepLimit) ? BATCH_STEP_SHARE : 1 - step.base() / stepLimit);
        double mem = work + sharing * shape.contextSteps() * step.base() / (memoryFill * limits.kvTokens());
        if (countsPrefill && step.perPromptToken() > 0) {
            mem += shape.input() * shape.uncached() * step.perPromptToken() / (memoryFill * limits.kvTokens());
        }
        double seq = work + shape.output() * step.base() / limits.maxSequences();
        double ttft = step.perPromptToken() == 0 ? 0 : prefillSeconds(shape) / maxPrefillUse;
        return valid(itl, mem, seq, ttft, 0);
    }

    private LoadVector prefill(Shape shape, double maxPrefillUse) {
        // Without a target a prefill replica may still not be busy for more than nearly all of the time.
        double use = Double.isInfinite(maxPrefillUse) ? BATCH_STEP_SHARE : maxPrefillUse;
        return valid(0, 0, 0, promptSeconds(shape) / use, transferSecondsPerToken * shape.input());
    }

    private LoadVector decode(Shape shape, double stepLimit) {
        LoadVector alone = together(time.withoutPrompts(), shape, stepLimit, Double.POSITIVE_INFINITY);
        return alone.isFeasible()
                ? alone.plus(1, LoadVector.of(0, 0, 0, 0, transferSecondsPerToken * shape.input()))
                : alone;
    }

    /** Computing a prompt where nothing is decoded: its tokens, and a whole step for each chunk. */
    private double promptSeconds(Shape shape) {
        return time.perPromptToken() * shape.uncached()
                + Math.ceil(shape.uncached() / limits.stepTokens()) * time.base();
    }

    /** Computing a prompt, beside decoding: each token takes its own time and its share of the steps that carry it. */
    private double prefillSeconds(Shape shape) {
        return shape.uncached() * (time.perPromptToken() + time.base() / limits.stepTokens());
    }

    private static LoadVector valid(double itl, double mem, double seq, double ttft, double xfer) {
        return Double.isFinite(itl + mem + seq + ttft + xfer)
                ? LoadVector.of(itl, mem, seq, ttft, xfer)
                : LoadVector.infeasible();
    }
}
