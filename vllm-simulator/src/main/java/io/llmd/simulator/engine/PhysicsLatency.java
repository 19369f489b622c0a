package io.llmd.simulator.engine;

/**
 * Step time from the work in a step and the hardware: a smooth maximum of compute and weight reading, plus attention,
 * KV reading, reductions between GPUs and fixed overheads. Fitted coefficients are in {@link GpuModel}.
 */
public final class PhysicsLatency implements LatencyModel {
    private static final double NANOS = 1e9;
    /** What products in fp8 reach of twice the peak, in that of other ones; docs/simulator-calibration.md has the measurement. */
    private static final double FP8_EFFICIENCY = 0.9;
    /** What experts reach of the share of dense products; docs/simulator-accuracy.md has what it comes from. */
    private static final double EXPERT_EFFICIENCY = 0.30 / 0.78;

    private static final double MIXTURE_STEP_NANOS = 400_000;

    private final Deployment deployment;
    /** Those of experts counted as often as they take longer than others. */
    private final double flopsPerToken;

    private final double flopsPerSample;
    private final double weightBytesPerSecond;
    private final double computePerSecond;
    private final double attentionNanos;
    private final double kvNanosPerToken;
    private final double reduceNanos;
    private final double reduceNanosPerToken;
    private final double overheadNanos;

    public PhysicsLatency(Deployment deployment) {
        this.deployment = deployment;
        ModelArchitecture model = deployment.model();
        GpuModel gpu = deployment.gpu();
        int gpus = deployment.tensorParallel();
        boolean fp8 = deployment.weightBytes() == 1;
        flopsPerToken = 2 * (model.activeParameters() + model.activeExpertParameters() * (1 / EXPERT_EFFICIENCY - 1));
        flopsPerSample = 2 * model.headParameters();
        weightBytesPerSecond = gpus * gpu.bytesPerSecond() * gpu.weightEfficiency();
        computePerSecond = gpus * gpu.flops() * gpu.computeEfficiency() * (fp8 ? 2 * FP8_EFFICIENCY : 1);
        attentionNanos = 4.0
                * model.layers()
                * model.queryHeads()
                * model.headDim()
                / (gpus * gpu.flops() * gpu.attentionEfficiency())
                * NANOS;
        int kvShares = model.latentDim() > 0 ? 1 : Math.min(gpus, model.kvHeads());
        kvNanosPerToken = deployment.kvBytesPerToken() / (kvShares * gpu.bytesPerSecond() * gpu.kvEfficiency()) * NANOS;
        double reductions = gpus > 1 ? 2.0 * model.layers() : 0;
        reduceNanos = reductions * gpu.reduceNanos();
        reduceNanosPerToken = reductions
                * 2
                * (gpus - 1)
                / gpus
                * model.hidden()
                * 2
                / (gpu.linkBytesPerSecond() * gpu.linkEfficiency())
                * NANOS;
        overheadNanos =
                gpu.stepNanos() + gpu.layerNanos() * model.layers() + (model.isMixture() ? MIXTURE_STEP_NANOS : 0);
    }

    /** What it is the time of. */
    public Deployment deployment() {
        return deployment;
    }

    @Override
    public double stepNanos(StepLoad load) {
        return smoothMaximum(computeNanos(load), weightNanos(load))
                + attentionNanos * load.prefillAttention()
                + kvNanosPerToken * (load.decodeContext() + load.prefillContext())
                + reduceNanos
                + reduceNanosPerToken * load.scheduledTokens()
                + overheadNanos
                + deployment.gpu().sequenceNanos() * load.sequences();
    }

    double computeNanos(StepLoad load) {
        return (flopsPerToken * load.scheduledTokens() + flopsPerSample * load.samples()) / computePerSecond * NANOS;
    }

    private double weightNanos(StepLoad load) {
        ModelArchitecture model = deployment.model();
        double parameters = model.readParameters(load.scheduledTokens()) + model.headParameters();
        return parameters * deployment.weightBytes() / weightBytesPerSecond * NANOS;
    }

    /** Fourth root of the sum of fourth powers: near the larger one, and above both where they are alike. */
    private static double smoothMaximum(double a, double b) {
        double a2 = a * a;
        double b2 = b * b;
        return Math.sqrt(Math.sqrt(a2 * a2 + b2 * b2));
    }

    @Override
    public long apiNanos() {
        return deployment.gpu().apiNanos();
    }

    @Override
    public String toString() {
        return deployment.model().name() + "-" + deployment.gpu().name() + "x" + deployment.tensorParallel();
    }
}
