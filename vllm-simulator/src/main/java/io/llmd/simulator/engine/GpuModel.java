package io.llmd.simulator.engine;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A GPU with the share of its data-sheet figures that an engine reaches. Efficiencies were fitted on published
 * measurements of vLLM 0.15.1 servers; those of H200 are H100's with its faster memory, which measured kernels confirm
 * (docs/simulator-calibration.md).
 *
 * @param name as presets are asked for
 * @param memoryBytes device memory
 * @param flops dense bf16 operations in a second
 * @param bytesPerSecond memory bandwidth
 * @param linkBytesPerSecond to the other GPUs of the group, in one direction
 * @param computeEfficiency e_c, of matrix multiplications
 * @param weightEfficiency e_w, of reading weights
 * @param kvEfficiency e_k, of reading the KV cache
 * @param attentionEfficiency e_a, of prefill attention
 * @param linkEfficiency e_n, of reductions over the link
 * @param reduceNanos l_ar, latency of one reduction
 * @param stepNanos t_s, engine overhead of a step; depends on the engine's version
 * @param layerNanos t_l, overhead of a layer
 * @param sequenceNanos t_r, overhead of a sequence in the batch
 * @param apiNanos t_api, of a request before the engine sees it
 */
public record GpuModel(
        String name,
        long memoryBytes,
        double flops,
        double bytesPerSecond,
        double linkBytesPerSecond,
        double computeEfficiency,
        double weightEfficiency,
        double kvEfficiency,
        double attentionEfficiency,
        double linkEfficiency,
        double reduceNanos,
        double stepNanos,
        double layerNanos,
        double sequenceNanos,
        long apiNanos) {

    private static final long GIB = 1L << 30;
    private static final long API = 11_000_000;

    /** H100 SXM with 80 GB. */
    public static final GpuModel H100 = new GpuModel(
            "h100", 80 * GIB, 989.5e12, 3.35e12, 450e9, 0.78, 0.84, 0.71, 0.60, 0.70, 5400, 1.1e6, 8300, 7000, API);

    /** H200 SXM with 141 GB. */
    public static final GpuModel H200 = new GpuModel(
            "h200",
            141_000_000_000L,
            989.5e12,
            4.8e12,
            450e9,
            0.78,
            0.84,
            0.71,
            0.60,
            0.70,
            5400,
            1.1e6,
            8300,
            7000,
            API);

    /** A100 SXM with 80 GB. */
    public static final GpuModel A100 = new GpuModel(
            "a100", 80 * GIB, 312e12, 2.039e12, 300e9, 0.86, 0.78, 0.61, 0.60, 0.70, 5400, 1.5e6, 8300, 7000, API);

    /** L40S with 48 GB; several of them talk over PCIe. */
    public static final GpuModel L40S = new GpuModel(
            "l40s",
            48_000_000_000L,
            362e12,
            0.864e12,
            32e9,
            0.40,
            0.80,
            0.85,
            0.50,
            0.70,
            5400,
            1.1e6,
            8300,
            7000,
            API);

    private static final List<GpuModel> PRESETS = List.of(H100, H200, A100, L40S);

    /** The built-in GPUs. */
    public static List<GpuModel> presets() {
        return PRESETS;
    }

    /** The built-in GPU of that name, case ignored. */
    public static Optional<GpuModel> preset(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return PRESETS.stream().filter(p -> p.name().equals(wanted)).findFirst();
    }

    /** The same GPU under an engine with another overhead for each step. */
    public GpuModel withStepNanos(double nanos) {
        return new GpuModel(
                name,
                memoryBytes,
                flops,
                bytesPerSecond,
                linkBytesPerSecond,
                computeEfficiency,
                weightEfficiency,
                kvEfficiency,
                attentionEfficiency,
                linkEfficiency,
                reduceNanos,
                nanos,
                layerNanos,
                sequenceNanos,
                apiNanos);
    }
}
