package io.llmd.simulator.accuracy;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.workload.SharedPrefixes;
import java.util.List;

/**
 * One server that was measured at two rates. Figures are means over stages of 600 s, of vLLM 0.15.1 servers under the
 * inference-perf client, published by inference-sim/sim-to-real-accuracy-validation ({@code error_records.csv} of
 * results_trainval on main, and of results_iter29 and results_iter36 on its branch feature/iter27-iter29-improvements,
 * column "actual").
 *
 * @param name model, GPUs and workload, for tables
 * @param load what the clients ask for
 * @param low the lower rate
 * @param high the higher rate
 */
record Anchor(String name, Deployment deployment, Load load, Measured low, Measured high) {

    /** Mean milliseconds at a rate. */
    record Measured(double requestsPerSecond, double interTokenMillis, double firstTokenMillis) {}

    /** Sessions with one request under way each; a prompt is what a group shares and a question. */
    enum Load {
        GENERAL(new SharedPrefixes.Shape(9, 5, 100, 447, 248)),
        CODEGEN(new SharedPrefixes.Shape(11, 4, 100, 466, 247));

        final SharedPrefixes.Shape shape;

        Load(SharedPrefixes.Shape shape) {
            this.shape = shape;
        }

        int sessions() {
            return shape.groups() * shape.promptsPerGroup();
        }
    }

    static final List<Anchor> ALL = List.of(
            anchor(
                    "Llama-3.1-8B, H100, general",
                    deployment(ModelArchitecture.LLAMA_8B, GpuModel.H100, 1),
                    Load.GENERAL,
                    new Measured(8, 7.895, 25.23),
                    new Measured(20, 9.492, 29.87)),
            anchor(
                    "Llama-3.1-8B, 2 x H100, general",
                    deployment(ModelArchitecture.LLAMA_8B, GpuModel.H100, 2),
                    Load.GENERAL,
                    new Measured(8, 5.124, 19.05),
                    new Measured(20, 5.870, 21.71)),
            anchor(
                    "Qwen3-14B, H100, general lite",
                    deployment(ModelArchitecture.QWEN3_14B, GpuModel.H100, 1),
                    Load.GENERAL,
                    new Measured(2.5, 12.197, 38.14),
                    new Measured(6, 12.871, 39.21)),
            anchor(
                    "Llama-3.1-70B, 4 x H100, general lite",
                    deployment(ModelArchitecture.LLAMA_70B, GpuModel.H100, 4),
                    Load.GENERAL,
                    new Measured(2.5, 17.078, 51.96),
                    new Measured(6, 18.799, 54.43)),
            anchor(
                    "Llama-3.1-70B, 4 x H100, codegen",
                    deployment(ModelArchitecture.LLAMA_70B, GpuModel.H100, 4),
                    Load.CODEGEN,
                    new Measured(5, 18.299, 54.74),
                    new Measured(10, 20.432, 59.80)),
            anchor(
                    "Llama-2-70B, 4 x A100, general lite",
                    deployment(ModelArchitecture.LLAMA_2_70B, GpuModel.A100, 4),
                    Load.GENERAL,
                    new Measured(2.5, 32.363, 98.94),
                    new Measured(6, 38.094, 112.72)),
            anchor(
                    "Qwen3-14B, A100, general lite",
                    deployment(ModelArchitecture.QWEN3_14B, GpuModel.A100, 1),
                    Load.GENERAL,
                    new Measured(2.5, 22.770, 72.24),
                    new Measured(6, 29.725, 90.51)),
            anchor(
                    "Llama-3.1-8B, A100, general lite",
                    deployment(ModelArchitecture.LLAMA_8B, GpuModel.A100, 1),
                    Load.GENERAL,
                    new Measured(2.5, 12.803, 42.21),
                    new Measured(6, 15.076, 45.95)),
            anchor(
                    "Llama-3.1-8B, L40S, general lite",
                    deployment(ModelArchitecture.LLAMA_8B, GpuModel.L40S, 1),
                    Load.GENERAL,
                    new Measured(2.5, 26.464, 74.07),
                    new Measured(6, 33.218, 90.14)));

    private static final ModelArchitecture MIXTRAL_8X22B =
            new ModelArchitecture("mixtral-8x22b", 56, 6144, 48, 8, 128, 16_384, 32_768, 8, 2, 0);

    /** Mixtures of experts. The sources name no rates: they are those of other servers under the same load. */
    static final List<Anchor> MIXTURES = List.of(
            anchor(
                    "Mixtral-8x7B, 2 x H100, general lite",
                    deployment(ModelArchitecture.MIXTRAL_8X7B, GpuModel.H100, 2),
                    Load.GENERAL,
                    new Measured(2.5, 16.38, 56.30),
                    new Measured(6, 18.74, 53.34)),
            anchor(
                    "Mixtral-8x7B, 2 x H100, general",
                    deployment(ModelArchitecture.MIXTRAL_8X7B, GpuModel.H100, 2),
                    Load.GENERAL,
                    new Measured(8, 19.40, 66.95),
                    new Measured(20, 20.70, 62.41)),
            anchor(
                    "Mixtral-8x7B, 2 x H100, codegen",
                    deployment(ModelArchitecture.MIXTRAL_8X7B, GpuModel.H100, 2),
                    Load.CODEGEN,
                    new Measured(5, 18.44, 63.00),
                    new Measured(10, 19.36, 56.78)),
            anchor(
                    "Mixtral-8x7B, 4 x H100, general",
                    deployment(ModelArchitecture.MIXTRAL_8X7B, GpuModel.H100, 4),
                    Load.GENERAL,
                    new Measured(8, 10.32, 37.66),
                    new Measured(20, 11.63, 36.77)),
            anchor(
                    "Mixtral-8x22B, 8 x H100, general",
                    deployment(MIXTRAL_8X22B, GpuModel.H100, 8),
                    Load.GENERAL,
                    new Measured(8, 17.81, 63.93),
                    new Measured(20, 19.79, 61.01)),
            anchor(
                    "Mixtral-8x22B, 8 x H100, codegen",
                    deployment(MIXTRAL_8X22B, GpuModel.H100, 8),
                    Load.CODEGEN,
                    new Measured(5, 17.97, 68.19),
                    new Measured(10, 17.70, 53.16)));

    private static Anchor anchor(String name, Deployment deployment, Load load, Measured low, Measured high) {
        return new Anchor(name, deployment, load, low, high);
    }

    private static Deployment deployment(ModelArchitecture model, GpuModel gpu, int gpus) {
        return new Deployment(model, gpu, gpus, 2);
    }
}
