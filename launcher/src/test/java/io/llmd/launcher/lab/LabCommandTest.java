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
