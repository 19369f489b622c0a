package io.llmd.launcher.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import io.llmd.launcher.terminal.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCheckCommandTest {

    @TempDir
    Path folder;

    private final Captured captured = new Captured();

    @Test
    void fileOfTheContainersIsAccepted() {
        assertThat(captured.run("config", "check", "../ops/compose/scheduler/endpoint-picker.yaml"))
                .as(captured.out())
                .isZero();
        assertThat(captured.out()).contains("accepted");
    }

    @Test
    void findingsNameFileLineAndField() throws Exception {
        Path file = Files.writeString(folder.resolve("wrong.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {name: q, type: queue-scorr}
                schedulingProfiles:
                  - name: default
                    plugins: [{pluginRef: q}]
                """);

        assertThat(captured.run("config", "check", file.toString())).isEqualTo(1);
        assertThat(captured.out())
                .contains(file + ":4:plugins[0]", "queue-scorr")
                .doesNotContain("accepted");
    }

    @Test
    void jsonHasOneFindingPerLine() {
        assertThat(captured.run(
                        "config",
                        "check",
                        "--json",
                        folder.resolve("absent.yaml").toString()))
                .isEqualTo(1);
        assertThat(Json.MAPPER.readTree(captured.out()).path("severity").asString())
                .isEqualTo("ERROR");
    }

    @Test
    void withoutAFileItIsAUsageError() {
        assertThat(captured.run("config", "check")).isEqualTo(2);
        assertThat(captured.run("config")).isEqualTo(2);
    }
}
