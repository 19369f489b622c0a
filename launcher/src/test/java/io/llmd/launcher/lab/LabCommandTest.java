package io.llmd.launcher.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabCommandTest {

    private final Captured captured = new Captured();

    @Test
    void comparePrintsARowForEachContenderAndWritesEachRun(@TempDir Path folder) throws IOException {
        Path csv = folder.resolve("runs.csv");

        int code = captured.run(
                "lab",
                "compare",
                "--requests",
                "10",
                "--contenders",
                "random,llmd-precise",
                "--seeds",
                "2",
                "--csv",
                csv.toString());

        assertThat(code).isZero();
        assertThat(captured.out()).contains("| random | ", "| llmd-precise | ");
        assertThat(Files.readAllLines(csv)).hasSize(5);
    }

    @Test
    void reportSaysGoalsAsJsonAndWritesOnePage(@TempDir Path folder) throws IOException {
        Path page = folder.resolve("page.html");

        int code = captured.run(
                "lab",
                "report",
                "--requests",
                "40",
                "--contenders",
                "round-robin,llmd-default,kv-block-cost",
                "--json",
                "--html",
                page.toString());

        assertThat(code).isZero();
        assertThat(captured.out().lines())
                .hasSize(4)
                .allSatisfy(line -> assertThat(line).contains("\"goal\":\"P", "\"pass\":"));
        assertThat(Files.readString(page)).contains("data:image/png;base64,").doesNotContain("http://", "https://");
    }

    @Test
    void disaggPrintsATableAndGoalsAndDrawsPlots(@TempDir Path folder) {
        int code = captured.run(
                "lab",
                "disagg",
                "--share",
                "0.02",
                "--pods",
                "3",
                "--prefill",
                "1",
                "--workloads",
                "chat",
                "--contenders",
                "never,handoff-cost",
                "--plots",
                folder.toString());

        assertThat(code).isZero();
        assertThat(captured.out()).contains("### chat", "| unified | ", "| handoff-cost | ");
        assertThat(captured.out().lines().filter(line -> line.startsWith("PD")))
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).contains("against never"));
        assertThat(folder.resolve("goodput.png")).isNotEmptyFile();
        assertThat(folder.resolve("itl-chat.png")).isNotEmptyFile();
    }

    @Test
    void disaggNeedsEndpointsThatDecodeAndKnownTraffic() {
        assertThat(captured.run("lab", "disagg", "--prefill", "8")).isEqualTo(2);
        assertThat(captured.err()).contains("prefillEndpoints: 8 (expected: fewer than 8 endpoints)");
        assertThat(captured.run("lab", "disagg", "--workloads", "conversation")).isEqualTo(2);
        assertThat(captured.err()).contains("bursts]");
    }

    @Test
    void unknownContenderIsAUsageError() {
        assertThat(captured.run("lab", "run", "best")).isEqualTo(2);
        assertThat(captured.err()).contains("round-robin");
    }

    @Test
    void conversationNeedsATrace() {
        assertThat(captured.run("lab", "compare", "--workload", "conversation")).isEqualTo(2);
        assertThat(captured.err()).contains("--trace");
    }
}
