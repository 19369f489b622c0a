package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.engine.VariedLatency;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatorOptionTest {

    @Test
    void optionsOfTheInferenceSimulatorAreUnderstood() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("port", "0");
        options.put("model", "org/model");
        options.put("served-model-name", "a, b");
        options.put("max-num-seqs", "5");
        options.put("block-size", "32");
        options.put("max-model-len", "1024");
        options.put("time-to-first-token", "2.5s");
        options.put("inter-token-latency", "100us");
        options.put("prefill-overhead", "3");
        options.put("prefill-time-per-token", "1ms");
        options.put("seed", "42");
        SimulatorSettings settings = SimulatorSettings.fromOptions(options);

        assertThat(settings.servedModelNames()).containsExactly("a", "b");
        assertThat(settings.servedModelName()).isEqualTo("a");
        assertThat(settings.engine().maxNumSeqs()).isEqualTo(5);
        assertThat(settings.engine().blockTokens()).isEqualTo(32);
        assertThat(settings.engine().latency()).isEqualTo(new LatencyModel.Constant(2_500_000_000L, 100_000, 0, 0));
        assertThat(settings.seed()).isEqualTo(42);
    }

    @Test
    void constantTimesSurviveANamedModelInAnyOrder() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("time-to-first-token", "10ms");
        options.put("latency-model", "constant");
        assertThat(SimulatorSettings.fromOptions(options).engine().latency())
                .isEqualTo(new LatencyModel.Constant(10_000_000, 0, 0, 0));
    }

    @Test
    void presetsAndLengthsAreChosenByName() {
        SimulatorSettings settings = SimulatorSettings.builder()
                .option("latency-model", "qwen3-32b-h100x2")
                .option("output-length", "lognormal:200:0.5")
                .build();
        assertThat(settings.engine().latency())
                .isInstanceOfSatisfying(
                        LatencyModel.Compact.class,
                        compact -> assertThat(compact.weightMillis()).isEqualTo(11.4));
        assertThat(settings.outputLength()).isEqualTo(new OutputLength.LogNormal(200, 0.5));
        OutputLength measured = SimulatorSettings.builder()
                .option("output-length", "3, 5")
                .build()
                .outputLength();
        assertThat(new int[] {measured.draw(1), measured.draw(2), measured.draw(3), measured.draw(4)})
                .containsOnly(3, 5);
    }

    @Test
    void badOptionsAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().option("ports", "1"))
                .withMessageContaining("unknown option: ports")
                .withMessageContaining("max-num-seqs");
        for (String[] bad : new String[][] {
            {"max-num-seqs", "many"},
            {"time-to-first-token", "soon"},
            {"latency-model", "magic"},
            {"output-length", "lognormal:1"},
            {"enable-prefix-caching", "perhaps"},
            {"error-format", "round"},
            {"scheduling-policy", "lifo"},
            {"gpu", "h1000"},
            {"architecture", "gpt-2"},
            {"dtype", "float32"},
            {"quantization", "gptq"},
            {"kv-cache-dtype", "int8"},
            {"latency-calculator", "linear"}
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SimulatorSettings.builder().option(bad[0], bad[1]))
                    .withMessageStartingWith(bad[0] + ": " + bad[1]);
        }
    }

    @Test
    void aGpuGivesTimesMemoryAndDefaultsOfTheServer() {
        SimulatorSettings settings = SimulatorSettings.builder()
                .option("model", "meta-llama/Llama-3.1-8B-Instruct")
                .option("gpu", "l40s")
                .build();
        assertThat(settings.engine().latency()).isInstanceOf(PhysicsLatency.class);
        assertThat(settings.engine().maxNumSeqs()).isEqualTo(256);
        assertThat(settings.engine().maxNumBatchedTokens()).isEqualTo(2048);
        assertThat(settings.engine().blocks()).isBetween(10_000, 13_000);
    }

    @Test
    void optionsOfTheGpuChangeTheDeployment() {
        Deployment deployment = SimulatorSettings.builder()
                .option("gpu", "h100")
                .option("architecture", "llama-3.1-70b")
                .option("tensor-parallel-size", "4")
                .option("quantization", "fp8")
                .option("dtype", "bfloat16")
                .build()
                .deployment();
        assertThat(deployment).isNotNull();
        assertThat(deployment.tensorParallel()).isEqualTo(4);
        assertThat(deployment.weightBytes()).isEqualTo(1);
        assertThat(deployment.model()).isEqualTo(ModelArchitecture.LLAMA_70B);
    }

    @Test
    void stepsOfAnOlderVersionTakeLonger() {
        assertThat(stepNanos("0.10.2")).isEqualTo(6.5e6);
        assertThat(stepNanos("0.15.1")).isEqualTo(1.1e6);
        assertThat(stepNanos("main")).isEqualTo(1.1e6);
    }

    @Test
    void overheadOfAStepCanBeCalibrated() {
        Deployment deployment = SimulatorSettings.builder()
                .option("gpu", "h100")
                .option("architecture", "llama-3.1-8b")
                .option("emulate-version", "0.10.2")
                .option("step-overhead", "2.5ms")
                .build()
                .deployment();
        assertThat(deployment).isNotNull();
        assertThat(deployment.gpu().stepNanos()).isEqualTo(2.5e6);
    }

    @ParameterizedTest
    @CsvSource({
        "meta-llama/Llama-3.3-70B-Instruct, llama-3.1-70b",
        "meta-llama/Llama-3.1-70B, llama-3.1-70b",
        "org/Qwen3-30B-A3B-fp8, qwen3-30b-a3b"
    })
    void shapeOfAModelFollowsFromItsName(String model, String shape) {
        Deployment deployment = SimulatorSettings.builder()
                .option("gpu", "h100")
                .option("model", model)
                .option("tensor-parallel-size", "4")
                .build()
                .deployment();
        assertThat(deployment).isNotNull();
        assertThat(deployment.model().name()).isEqualTo(shape);
    }

    @Test
    void kvCacheInFp8HoldsTwiceTheTokens() {
        Deployment deployment = SimulatorSettings.builder()
                .option("gpu", "h100")
                .option("architecture", "llama-3.3-70b")
                .option("tensor-parallel-size", "4")
                .option("kv-cache-dtype", "fp8_e4m3")
                .build()
                .deployment();
        assertThat(deployment).isNotNull();
        Deployment bf16 = new Deployment(deployment.model(), deployment.gpu(), 4, 2);
        assertThat(deployment.kvBytesPerToken()).isEqualTo(bf16.kvBytesPerToken() / 2);
        assertThat(deployment.blocks(16, 0.9)).isCloseTo(2 * bf16.blocks(16, 0.9), within(1));
    }

    private static double stepNanos(String version) {
        Deployment deployment = SimulatorSettings.builder()
                .option("gpu", "h100")
                .option("architecture", "llama-3.1-8b")
                .option("emulate-version", version)
                .build()
                .deployment();
        assertThat(deployment).isNotNull();
        return deployment.gpu().stepNanos();
    }

    @Test
    void contradictionsAreRefused() {
        for (Map<String, String> bad : List.of(
                Map.of("gpu", "h100", "architecture", "llama-3.1-8b", "latency-model", "llama-70b-h100x4"),
                Map.of("gpu", "h100", "architecture", "llama-3.1-8b", "inter-token-latency", "5"),
                Map.of("latency-model", "llama-70b-h100x4", "time-to-first-token", "5"),
                Map.of("architecture", "llama-3.1-8b"),
                Map.of("gpu", "h100"),
                Map.of("zmq-endpoint", "tcp://*:1", "kv-events-config", "{\"enable_kv_cache_events\": false}"),
                Map.of(
                        "zmq-endpoint",
                        "tcp://*:1",
                        "kv-events-config",
                        "{\"enable_kv_cache_events\": true, \"endpoint\": \"tcp://*:2\"}"),
                Map.of("max-loras", "4", "max-cpu-loras", "2"),
                Map.of("enable-lora", "false", "lora-modules", "a=b"),
                Map.of("lora-modules", "sim-8b=path"),
                Map.of("time-factor-under-load", "2"),
                Map.of("time-to-first-token", "10", "time-to-first-token-std-dev", "4"))) {
            assertThatIllegalArgumentException()
                    .as(bad.toString())
                    .isThrownBy(() -> SimulatorSettings.fromOptions(bad))
                    .withMessageContaining("(expected: ");
        }
    }

    @Test
    void timesPerTokenCountWhereTheCalculatorSaysSo() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("latency-calculator", "per-token");
        options.put("time-to-first-token", "10");
        options.put("prefill-overhead", "2");
        options.put("prefill-time-per-token", "0.5");
        assertThat(SimulatorSettings.fromOptions(options).engine().latency())
                .isEqualTo(new LatencyModel.Constant(0, 0, 2_000_000, 500_000));
    }

    @Test
    void deviationsAndLoadMakeConstantTimesVary() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("time-to-first-token", "100");
        options.put("time-to-first-token-std-dev", "10");
        options.put("time-factor-under-load", "3");
        options.put("max-num-seqs", "5");
        assertThat(SimulatorSettings.fromOptions(options).engine().latency())
                .isEqualTo(new VariedLatency(new LatencyModel.Constant(100_000_000, 0, 0, 0), 10_000_000, 0, 0, 3, 5));
    }

    @Test
    void adaptersAreReadInBothForms() {
        SimulatorSettings settings = SimulatorSettings.builder()
                .option("lora-modules", "{\"name\": \"sql\", \"path\": \"a/b\", \"base_model_name\": \"m\"}")
                .option("max-loras", "4")
                .option("max-lora-rank", "8")
                .build();
        assertThat(settings.lora().modules()).containsExactly(new LoraModule("sql", "a/b", "m"));
        assertThat(settings.lora().enabled()).isTrue();
        assertThat(settings.engine().adapters().maxAdapters()).isEqualTo(4);
        assertThat(settings.engine().adapters().maxHostAdapters()).isEqualTo(4);
        assertThat(settings.engine().adapters().stepShare()).isCloseTo(0.02, within(1e-12));
        assertThat(LoraModule.parse("a=b=c")).isEqualTo(new LoraModule("a", "b=c", null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().option("lora-modules", "{\"nam\": \"x\"}"))
                .withMessageContaining("lora-modules: adapter field: nam");
    }

    @ParameterizedTest
    @CsvSource({"8, 0.02", "16, 0.035", "32, 0.06", "64, 0.1028", "1, 0.00373"})
    void largerAdaptersTakeALargerShareOfAStep(int rank, double share) {
        assertThat(LoraSettingsBuilder.stepShare(rank)).isCloseTo(share, within(1e-4));
    }

    @Test
    void timesAreSumsOfNumbersWithUnits() {
        SimulatorSettings settings =
                SimulatorSettings.builder().option("idle-timeout", "1m2.5s").build();
        assertThat(settings.idleTimeout()).hasMillis(62_500);
    }

    @Test
    void errorsHaveTheShapeOfTheVersionUnlessTold() {
        assertThat(SimulatorSettings.builder().version("0.10.1").build().errorFormat())
                .isEqualTo(ErrorFormat.FLAT);
        assertThat(SimulatorSettings.builder()
                        .version("0.10.1")
                        .errorFormat(ErrorFormat.NESTED)
                        .build()
                        .errorFormat())
                .isEqualTo(ErrorFormat.NESTED);
    }

    @Test
    void settingsOutOfRangeAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().port(70_000).build())
                .withMessage("port: 70000 (expected: 0 to 65535)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().kvBlocks(100).build())
                .withMessageStartingWith("blocks: 100");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder().model(" ").build());
    }

    @Test
    void lognormalLengthsHaveTheirMedian() {
        OutputLength lengths = new OutputLength.LogNormal(128, 0.8);
        int[] drawn = new int[2001];
        Arrays.setAll(drawn, lengths::draw);
        Arrays.sort(drawn);
        assertThat(drawn[1000]).isBetween(115, 142);
        assertThat(drawn[0]).isPositive();
    }
}
