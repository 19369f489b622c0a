package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepTimeTest {

    @ParameterizedTest
    @CsvSource({
        "llama-3.1-8b, h100, 1, 11, 40, 179, 6.8, 7.7, 10.8, 14.9, 21, 36, 448",
        "llama-3.1-8b, h200, 1, 11, 40, 179, 5.1, 5.8, 8.1, 11.2, 15, 26, 827",
        "qwen3-32b, h100, 2, 26, 97, 426, 13.7, 14.7, 18.0, 22.5, 29, 43, 321",
        "qwen3-32b, h200, 1, 44, 174, 781, 17.6, 18.8, 23.0, 29.2, 38, 58, 225",
        "llama-3.1-70b, h100, 4, 32, 121, 504, 15.0, 15.8, 18.5, 22.1, 25, 34, 483",
        "llama-3.1-70b, h200, 2, 53, 205, 869, 19.9, 20.9, 24.0, 28.9, 33, 46, 329",
        "llama-3.1-70b, h200, 4, 32, 121, 504, 11.3, 11.9, 14.1, 17.3, 18, 25, 1088",
    })
    void timesAndMemoryAreThoseOfTheResultingTable(
            String model,
            String gpu,
            int gpus,
            double prefill512,
            double prefill2k,
            double prefill8k,
            double one,
            double sixteen,
            double sixtyFour,
            double many,
            double long32,
            double long64,
            int kilotokens) {
        Deployment deployment = deployment(model, gpu, gpus);
        assertThat(prefill(deployment, 512)).isCloseTo(prefill512, within(0.6));
        assertThat(prefill(deployment, 2048)).isCloseTo(prefill2k, Percentage.withPercentage(2));
        assertThat(prefill(deployment, 8192)).isCloseTo(prefill8k, Percentage.withPercentage(2));
        assertThat(decode(deployment, 1, 1024)).isCloseTo(one, Percentage.withPercentage(3));
        assertThat(decode(deployment, 16, 1024)).isCloseTo(sixteen, Percentage.withPercentage(3));
        assertThat(decode(deployment, 64, 1024)).isCloseTo(sixtyFour, Percentage.withPercentage(3));
        assertThat(decode(deployment, 128, 1024)).isCloseTo(many, Percentage.withPercentage(3));
        assertThat(decode(deployment, 32, 8192)).isCloseTo(long32, Percentage.withPercentage(4));
        assertThat(decode(deployment, 64, 8192)).isCloseTo(long64, Percentage.withPercentage(4));
        assertThat(deployment.blocks(16, 0.9) * 16 / 1000.0).isCloseTo(kilotokens, Percentage.withPercentage(1));
    }

    @Test
    void fp8WeightsHalveTheReadingAndFreeMemory() {
        Deployment bf16 = deployment("llama-3.1-70b", "h100", 4);
        Deployment fp8 = new Deployment(bf16.model(), bf16.gpu(), 4, 1);
        assertThat(decode(fp8, 1, 1024)).isLessThan(0.65 * decode(bf16, 1, 1024));
        assertThat(fp8.blocks(16, 0.9)).isGreaterThan(bf16.blocks(16, 0.9));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> deployment("llama-3.1-405b", "h100", 4).blocks(16, 0.9))
                .withMessageContaining("no memory for KV blocks");
    }

    @Test
    void mixtureReadsMoreExpertsTheMoreTokensThereAre() {
        Deployment mixtral = deployment("mixtral-8x7b", "h100", 2);
        assertThat(decode(mixtral, 1, 512)).isLessThan(0.6 * decode(mixtral, 16, 512));
    }

    @Test
    void expertsOfALongChunkComputeAtThirtyPercentOfThePeak() {
        double experts = 2 * 2.0 * 3 * 32 * 4096 * 14_336 * 8192 / (2 * 989.5e12 * 0.30);
        double projections = 2.0 * 32 * (2.0 * 4096 * 4096 + 2.0 * 4096 * 1024) * 8192 / (2 * 989.5e12 * 0.78);
        double attention = 4.0 * 32 * 32 * 128 * 8192 * 8192 / 2 / (2 * 989.5e12 * 0.60);
        double reductions = 2 * 32 * (5.4e-6 + 8192 * 4096 * 2 / (450e9 * 0.70));
        double overhead = 1.1e-3 + 32 * 8.3e-6 + 7e-6 + 0.4e-3;
        assertThat(prefill(deployment("mixtral-8x7b", "h100", 2), 8192) / 1e3)
                .isCloseTo(experts + projections + attention + reductions + overhead, Percentage.withPercentage(1));
    }

    @Test
    void fiveThousandTokensOf70bTakeBaseDescriptorsAndBytes() {
        Deployment reader = deployment("llama-3.1-70b", "h100", 4);
        TransferModel fabric = new TransferModel(2_000_000, 1500, 12e9, 0);
        double expected = 2 + 313 * 80 * 2 * 1.5e-3 + 5000.0 * 327_680 / 4 / 12e9 * 1e3;
        assertThat(fabric.nanos(reader, 5000, 313, 1) / 1e6).isCloseTo(expected, within(0.01));
        assertThat(expected).isBetween(105.0, 115.0);
        double shared = fabric.nanos(reader, 5000, 313, 2) / 1e6;
        assertThat(shared - expected).isCloseTo(5000.0 * 327_680 / 4 / 12e9 * 1e3, within(0.01));
        double halfHere = fabric.nanos(reader, 2500, 157, 1) / 1e6;
        assertThat(halfHere - 2).isCloseTo((expected - 2) / 2, within(0.2));
    }

    private static Deployment deployment(String model, String gpu, int gpus) {
        return new Deployment(
                ModelArchitecture.preset(model).orElseThrow(),
                GpuModel.preset(gpu).orElseThrow(),
                gpus,
                2);
    }

    private static double prefill(Deployment deployment, int tokens) {
        StepLoad load = new StepLoad(tokens, 1, 1, 0, 0, tokens * (tokens / 2.0), 0, tokens, 1, 1);
        return new PhysicsLatency(deployment).stepNanos(load) / 1e6;
    }

    private static double decode(Deployment deployment, int sequences, int context) {
        StepLoad load =
                new StepLoad(sequences, sequences, sequences, sequences, (long) sequences * context, 0, 0, 0, 0, 0);
        return new PhysicsLatency(deployment).stepNanos(load) / 1e6;
    }
}
