package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
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

    private static Stream<MeasuredStep> read(String gpu) {
        String name = "/calibration/" + gpu + "-steps.csv";
        try (InputStream in = Objects.requireNonNull(CalibrationTest.class.getResourceAsStream(name), name)) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return lines.stream().skip(1).map(line -> MeasuredStep.parse(gpu, line));
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
