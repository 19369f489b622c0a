package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Presets against steps measured on GPUs; docs/simulator-calibration.md tells how these were measured. */
class CalibrationTest {

    private static final Percentage TOLERANCE = Percentage.withPercentage(20);

    static Stream<MeasuredStep> measuredSteps() {
        return Stream.of("h100", "h200").flatMap(CalibrationTest::read).filter(MeasuredStep::single);
    }

    @ParameterizedTest
    @MethodSource("measuredSteps")
    void presetIsWithinAFifthOfTheMeasuredKernelsAndTheEnginesOverhead(MeasuredStep step) {
        GpuModel gpu = GpuModel.preset(step.gpu()).orElseThrow();
        ModelArchitecture model = ModelArchitecture.preset(step.model()).orElseThrow();
        StepLoad load = step.load();
        double overhead = gpu.stepNanos() + gpu.sequenceNanos() * load.sequences();
        double predicted = new PhysicsLatency(new Deployment(model, gpu, 1, 2)).stepNanos(load);
        assertThat(predicted).isCloseTo(step.kernelMillis() * 1e6 + overhead, TOLERANCE);
    }

    /** Products of a layer in sixteen and in eight bits, for tokens enough to wait for compute alone. */
    @ParameterizedTest
    @CsvSource({
        "h200, llama-3.1-8b, 2048", "h200, llama-3.1-8b, 8192", "h200, qwen3-32b, 2048", "h200, qwen3-32b, 8192",
        "h100, llama-3.1-8b, 2048", "h100, llama-3.1-8b, 8192", "h100, qwen3-32b, 2048", "h100, qwen3-32b, 8192"
    })
    void productsInEightBitsAreFasterAsMeasured(String gpu, String name, int tokens) {
        ModelArchitecture model = ModelArchitecture.preset(name).orElseThrow();
        StepLoad load = new StepLoad(tokens, 1, 0, 0, 0, 0, 0, tokens, 1, 0);
        double predicted = computeNanos(gpu, model, 2, load) / computeNanos(gpu, model, 1, load);
        assertThat(predicted)
                .isCloseTo(
                        layerMillis(gpu, name, "sixteen bits", tokens)
                                / layerMillis(gpu, name, "fp8 row, inputs too", tokens),
                        Percentage.withPercentage(10));
    }

    private static double computeNanos(String gpu, ModelArchitecture model, int weightBytes, StepLoad load) {
        GpuModel preset = GpuModel.preset(gpu).orElseThrow();
        return new PhysicsLatency(new Deployment(model, preset, 1, weightBytes)).computeNanos(load);
    }

    private static double layerMillis(String gpu, String model, String kernel, int tokens) {
        String start = "linear-after-idle," + model + ",";
        // A kernel's name may have a comma, and is in quotes then.
        return lines(gpu + "-layers")
                .map(line -> line.replace("\"", ""))
                .filter(line -> line.startsWith(start + kernel + "," + tokens + ","))
                .map(line -> line.substring((start + kernel).length()).split(","))
                .mapToDouble(cells -> Double.parseDouble(cells[4]))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<MeasuredStep> read(String gpu) {
        return lines(gpu + "-steps").map(line -> MeasuredStep.parse(gpu, line));
    }

    private static Stream<String> lines(String file) {
        String name = "/calibration/" + file + ".csv";
        try (InputStream in = Objects.requireNonNull(CalibrationTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line of the measurements: sequences that decode, a chunk of a prompt, or both. */
    record MeasuredStep(
            String gpu,
            String kind,
            String model,
            int decodes,
            int context,
            int chunk,
            int start,
            double kernelMillis) {

        static MeasuredStep parse(String gpu, String line) {
            String[] cells = line.split(",", -1);
            return new MeasuredStep(
                    gpu,
                    cells[0],
                    cells[1],
                    Integer.parseInt(cells[3]),
                    Integer.parseInt(cells[4]),
                    Integer.parseInt(cells[5]),
                    Integer.parseInt(cells[6]),
                    Double.parseDouble(cells[7]));
        }

        /** Whether this is a step as a server meets it, not a chunk repeated at the power limit. */
        boolean single() {
            return kind.equals(chunk == 0 ? "step" : "step-after-idle");
        }

        StepLoad load() {
            int prompts = chunk == 0 ? 0 : 1;
            int samples = decodes == 0 ? prompts : decodes;
            return new StepLoad(
                    decodes + chunk,
                    decodes + prompts,
                    samples,
                    decodes,
                    (long) decodes * context,
                    chunk * (start + chunk / 2.0),
                    start,
                    chunk,
                    prompts,
                    prompts);
        }
    }
}
