package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.Documentation;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OptionDocumentationTest {
    private static final String ONE_VALUE = "`[^`]+`";

    static Stream<List<String>> defaults() {
        return Documentation.table("option").stream()
                .filter(row -> row.get(1).matches(ONE_VALUE) && !row.get(1).contains("--"));
    }

    @Test
    void everyOptionIsListedInItsOrder() {
        assertThat(Documentation.table("option").stream()
                        .map(row ->
                                Documentation.code(row.getFirst()).getFirst().substring(2)))
                .containsExactlyElementsOf(Arrays.stream(SimulatorOption.values())
                        .map(SimulatorOption::optionName)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("defaults")
    void defaultIsWhatIsThereWithoutTheOption(List<String> row) {
        String option = Documentation.code(row.get(0)).getFirst().substring(2);
        String value = Documentation.code(row.get(1)).getFirst();
        assertThat(settings(option, value)).usingRecursiveComparison().isEqualTo(settings(option, null));
    }

    private static List<SimulatorSettings> settings(String option, @Nullable String value) {
        SimulatorSettingsBuilder builder = SimulatorSettings.builder();
        if (ConstantTime.of(option).isPresent()) {
            builder.constantLatency();
        }
        if (value != null) {
            builder.option(option, value);
        }
        return builder.buildAll();
    }

    @Test
    void defaultsAreTold() {
        assertThat(defaults()).hasSizeGreaterThan(70);
    }

    @Test
    void everyVariableOfOthersIsNamed() {
        assertThat(Documentation.code(Documentation.page())).containsAll(EnvironmentOptions.ofOthers());
    }

    @Test
    void ignoredOptionsThatArePromisedAreThere() {
        String intro = Documentation.page().split("\\| option \\|")[0];
        assertThat(Documentation.code(intro).stream()
                        .filter(word -> word.startsWith("--"))
                        .map(word -> word.substring(2))
                        .filter(name -> SimulatorOption.find(name) == null))
                .contains("enforce-eager", "omni")
                .allSatisfy(name -> assertThat(name)
                        .satisfiesAnyOf(
                                n -> assertThat(IgnoredOption.reason(n)).isNotNull(),
                                n -> assertThat(n).isIn("no-OPTION", "help")));
    }

    @Test
    void versionsAreThoseThatDiffer() {
        Map<String, List<String>> releases = Map.of(
                "meters were added", VersionPreset.releasesWithMeters(),
                "routes were added", VersionPreset.releasesWithRoutes());
        releases.forEach((difference, expected) -> assertThat(Documentation.table("release").stream()
                        .filter(row -> row.get(1).equals(difference))
                        .map(List::getFirst))
                .containsExactly(String.join(", ", expected)));
        for (List<String> row : Documentation.table("release")) {
            switch (row.get(0)) {
                case "before 0.10.2" -> differs("0.10.1", "0.10.2", VersionPreset::errorFormat);
                case "before 0.11" -> differs("0.10.9", "0.11.0", v -> v.shows("vllm:gpu_cache_usage_perc"));
                case "before 0.30" -> differs("0.29.0", "0.30.0", v -> v.isAtLeast(30));
                case "before 0.12" -> {
                    differs("0.11.0", "0.12.0", v -> v.shows("vllm:time_per_output_token_seconds"));
                    differs("0.11.0", "0.12.0", VersionPreset::lease);
                }
                case "up to 0.10, from 0.15 on" -> {
                    differs("0.10.0", "0.11.0", VersionPreset::extraStepOverhead);
                    differs("0.14.0", "0.15.0", VersionPreset::extraStepOverhead);
                }
                case "0.22" -> differs("0.21.0", "0.22.0", VersionPreset::hasLeaseHeartbeats);
                case "0.24" -> differs("0.23.0", "0.24.0", VersionPreset::kvEventSchema);
                case "0.26" -> differs("0.25.0", "0.26.0", VersionPreset::replaysTopic);
                case "0.27" -> differs("0.26.0", "0.27.0", VersionPreset::takesPromptOfPrefill);
                case "0.31" -> differs("0.30.0", "0.31.0", VersionPreset::extraKeyForm);
                case "0.10.2, 0.14, 0.17, 0.20, 0.22" -> {
                    differs("0.10.1", "0.10.2", VersionPreset::kvEventSchema);
                    differs("0.13.0", "0.14.0", VersionPreset::kvEventSchema);
                    differs("0.16.0", "0.17.0", VersionPreset::kvEventSchema);
                    differs("0.19.0", "0.20.0", VersionPreset::kvEventSchema);
                    differs("0.21.0", "0.22.0", VersionPreset::kvEventSchema);
                }
                default -> assertThat(releases).containsKey(row.get(1));
            }
        }
    }

    private static void differs(String before, String from, Function<VersionPreset, Object> what) {
        assertThat(what.apply(VersionPreset.of(before))).isNotEqualTo(what.apply(VersionPreset.of(from)));
    }
}
