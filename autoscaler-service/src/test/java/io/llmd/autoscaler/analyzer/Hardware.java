package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.StepTime;

/** The two replicas that the figures of the specification are about. */
public final class Hardware {

    /** A model of 32 billion parameters on two large cards. */
    public static final StepTime H = new StepTime(0.013, 62.8e-6, 30e-6, 0.056e-6);

    public static final EngineLimits H_LIMITS = new EngineLimits(350_000, 256, 8_192);

    /** The same on a cheap card. */
    public static final StepTime L = new StepTime(0.030, 200e-6, 60e-6, 0.16e-6);

    public static final EngineLimits L_LIMITS = new EngineLimits(120_000, 128, 4_096);

    private Hardware() {}

    public static LoadFunction h() {
        return LoadFunction.of(H, H_LIMITS);
    }

    public static LoadFunction l() {
        return LoadFunction.of(L, L_LIMITS);
    }
}
