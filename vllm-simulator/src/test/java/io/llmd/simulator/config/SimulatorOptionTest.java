package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.engine.LatencyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

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
        assertThat(settings.engine().latency())
                .isEqualTo(new LatencyModel.Constant(2_500_000_000L, 100_000, 3_000_000, 1_000_000));
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
            {"error-format", "round"}
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SimulatorSettings.builder().option(bad[0], bad[1]))
                    .withMessageStartingWith(bad[0] + ": " + bad[1]);
        }
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

    @Test
    void documentationListsEveryOption() throws IOException {
        String page = Files.readString(Path.of("../docs/simulator.md"));
        List<String> documented = Pattern.compile("^\\| `--([a-z-]+)` \\|", Pattern.MULTILINE)
                .matcher(page)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
        assertThat(documented)
                .containsExactlyElementsOf(Arrays.stream(SimulatorOption.values())
                        .map(SimulatorOption::optionName)
                        .toList());
    }
}
