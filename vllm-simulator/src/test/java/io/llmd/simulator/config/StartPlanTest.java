package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartPlanTest {
    @TempDir
    private Path folder;

    @Test
    void valuesFollowWithABlankOrAnEqualsSign() {
        assertThat(read("--port", "0", "--model=a=b", "--max_num_seqs=3", "-tp", "2", "--seed", "-5"))
                .isEqualTo(Map.of(
                        "port", List.of("0"),
                        "model", List.of("a=b"),
                        "max-num-seqs", List.of("3"),
                        "tensor-parallel-size", List.of("2"),
                        "seed", List.of("-5")));
    }

    @Test
    void switchesTakeNoValueOrABooleanAndCanBeNegated() {
        assertThat(read("--enable-lora", "--no-enable-prefix-caching", "--mm-encoder-only", "False"))
                .isEqualTo(Map.of(
                        "enable-lora", List.of("true"),
                        "enable-prefix-caching", List.of("false"),
                        "mm-encoder-only", List.of("False")));
    }

    @Test
    void listsTakeSeveralValuesAndGrow() {
        assertThat(read("--lora-modules", "a=1", "b=2", "--served-model-name", "x", "--lora-modules=c=3"))
                .isEqualTo(Map.of("lora-modules", List.of("a=1", "b=2", "c=3"), "served-model-name", List.of("x")));
    }

    @Test
    void theLastOneOfEqualOptionsCounts() {
        assertThat(read("--port", "1", "--port", "2", "--enable-lora", "--no-enable-lora"))
                .isEqualTo(Map.of("port", List.of("2"), "enable-lora", List.of("false")));
    }

    @Test
    void differentValuesUnderTwoNamesAreAContradiction() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("--kv-cache-size", "10", "--num-gpu-blocks-override", "20"))
                .withMessage("kv-cache-size: 10, num-gpu-blocks-override: 20 (expected: one of both)");
        assertThat(read("--kv-cache-size", "10", "--num-gpu-blocks-override", "10"))
                .containsEntry("kv-cache-size", List.of("10"));
    }

    @Test
    void unknownOptionsAndStrayArgumentsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("--ports", "1"))
                .withMessageStartingWith("unknown option: ports (expected: one of config, host, port,");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("serve"))
                .withMessage("argument: serve (expected: --option)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("--port", "--model", "m"))
                .withMessage("port: no value (expected: TCP port, 0 for a free one)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("--no-port", "1"))
                .withMessageStartingWith("unknown option: no-port");
    }

    @Test
    void optionsWithoutEffectAreToldOnce() {
        StartPlan plan = StartPlan.of(
                List.of("--enforce-eager", "--mm-processor-kwargs", "{\"a\": 1}", "--port", "0"), Map.of());
        assertThat(plan.warnings())
                .containsExactly(
                        "enforce-eager is ignored: there is no model to load or compile",
                        "mm-processor-kwargs is ignored: media are not processed");
    }

    @Test
    void optionsOfAGpuAreToldToBeInVainWithoutOne() {
        assertThat(StartPlan.of(List.of("-tp", "2"), Map.of()).warnings())
                .containsExactly("tensor-parallel-size has no effect without --gpu");
        assertThat(StartPlan.of(List.of("-tp", "2", "--gpu", "h100", "--architecture", "qwen3-32b"), Map.of())
                        .warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "--failure-types, rate_limit, --failure-injection-rate",
        "--nixl-side-channel-port, 5700, --kv-connector nixl or nixl-push",
        "--mooncake-bootstrap-port, 5700, --kv-connector mooncake",
        "--kv-handshake-time, 1s, --kv-connector",
        "--kv-transfer-fabric, nvlink, --kv-connector or --ec-connector",
        "--ec-side-channel-host, localhost, --ec-connector",
        "--kv-events-use-int-block-hashes, true, --kv-events-config or --zmq-endpoint",
        "--kv-cache-metrics-sample, 0.5, --kv-cache-metrics",
        "--kv-cache-dtype, fp8, --gpu",
        "--step-overhead, 2ms, --gpu"
    })
    void optionsThatNeedAnotherAreToldToBeInVain(String option, String value, String needed) {
        assertThat(StartPlan.of(List.of(option, value), Map.of()).warnings())
                .containsExactly(option.substring(2) + " has no effect without " + needed);
    }

    @Test
    void fieldsOfTheTransferConfigThatChangeNothingAreTold() {
        String config = "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\","
                + "\"kv_connector_extra_config\":{\"num_threads\":4,\"kv_lease_duration\":5}}";
        StartPlan plan = StartPlan.of(List.of("--kv-transfer-config", config), Map.of());
        assertThat(plan.warnings())
                .containsExactly("kv-transfer-config: kv_connector_extra_config.num_threads has no effect");
    }

    @Test
    void ignoredOptionsAreNoRealOnes() {
        assertThat(IgnoredOption.names())
                .allSatisfy(
                        name -> assertThat(SimulatorOption.find(name)).as(name).isNull())
                .noneMatch(name -> name.contains("_"));
    }

    @Test
    void theCommandLineGoesBeforeTheEnvironmentAndThatBeforeTheFile() throws IOException {
        Path file = folder.resolve("options.yaml");
        Files.writeString(file, """
                port: 1
                max_num_seqs: 7
                model: of-the-file
                enable-prefix-caching: false
                served-model-name: [a, b]
                lora-modules:
                  - {"name": "sql", "path": "p"}
                  - chat=q
                enforce-eager: true
                """);
        StartPlan plan = StartPlan.of(
                List.of("--config", file.toString(), "--port", "3"),
                Map.of("SIM_PORT", "2", "SIM_MAX_NUM_SEQS", "5", "PYTHONHASHSEED", "42"));
        SimulatorSettings settings = plan.endpoints().getFirst();
        assertThat(settings.port()).isEqualTo(3);
        assertThat(settings.engine().maxNumSeqs()).isEqualTo(5);
        assertThat(settings.model()).isEqualTo("of-the-file");
        assertThat(settings.engine().prefixCaching()).isFalse();
        assertThat(settings.servedModelNames()).containsExactly("a", "b");
        assertThat(settings.lora().modules())
                .containsExactly(new LoraModule("sql", "p", null), new LoraModule("chat", "q", null));
        assertThat(plan.warnings()).hasSize(1);
    }

    @Test
    void optionsOfTheInferenceSimulatorWithoutEffectAreTaken() {
        StartPlan plan = StartPlan.of(
                List.of(
                        "--event-batch-size",
                        "16",
                        "--skip-tool-validation",
                        "--omni",
                        "--image-emission-rate",
                        "5",
                        "--time-to-generate-image",
                        "1s",
                        "--ssl-certfile",
                        "c",
                        "--ssl-keyfile",
                        "k",
                        "--self-signed-certs"),
                Map.of());
        assertThat(plan.warnings())
                .hasSize(8)
                .contains("self-signed-certs is ignored: there is no TLS, plain HTTP is served");
    }

    @Test
    void answersCanSayWhereTheyComeFrom() {
        InferenceIdentity identity = StartPlan.of(List.of(), Map.of("POD_NAME", "sim-0", "POD_NAMESPACE", "llm"))
                .endpoints()
                .getFirst()
                .api()
                .identity();
        Map<String, String> headers = new HashMap<>();
        identity.addTo(headers, 8200);
        assertThat(headers)
                .isEqualTo(
                        Map.of("x-inference-pod", "sim-0", "x-inference-port", "8200", "x-inference-namespace", "llm"));
        InferenceIdentity.NONE.withNamespace("llm").addTo(headers, 1);
        assertThat(headers).containsEntry("x-inference-port", "8200");
    }

    @Test
    void filesThatAreNoOptionsAreRefused() throws IOException {
        Path file = folder.resolve("options.yaml");
        for (String content : List.of("ports: 1", "- port", "port: [", "port: 1\nport: 2")) {
            Files.writeString(file, content);
            assertThatIllegalArgumentException()
                    .as(content)
                    .isThrownBy(() -> StartPlan.of(List.of("--config", file.toString()), Map.of()))
                    .withMessageContaining("(expected: ");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StartPlan.of(List.of("--config", "nowhere.yaml"), Map.of()))
                .withMessageStartingWith("config: nowhere.yaml");
    }

    @Test
    void serviceLinksOfKubernetesAreNoOptions() {
        assertThat(EnvironmentOptions.read(Map.of("SIM_PORT", "tcp://10.0.0.1:80"))
                        .byName())
                .isEmpty();
        assertThat(EnvironmentOptions.read(Map.of("SIM_MODEL", "m", "SIM_LORA_MODULES", "a=b c=d"))
                        .byName())
                .isEqualTo(Map.of("model", List.of("m"), "lora-modules", List.of("a=b", "c=d")));
    }

    @Test
    void helpNamesEveryOption() {
        String help = String.join("\n", OptionHelp.lines());
        for (SimulatorOption option : SimulatorOption.values()) {
            assertThat(help).contains("--" + option.optionName());
        }
        assertThat(help).contains("SIM_MODEL", "enforce-eager");
        assertThat(OptionHelp.lines()).allMatch(line -> line.length() <= 79);
    }

    private static Map<String, List<String>> read(String... arguments) {
        return CommandLineOptions.read(List.of(arguments)).byName();
    }
}
