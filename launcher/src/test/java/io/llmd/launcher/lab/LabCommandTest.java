package io.llmd.launcher.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
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
    void runsAreHeldToTheTimesThatAreAskedFor() {
        int code = captured.run(
                "lab", "run", "time-cost", "--requests", "10", "--slo-ttft", "2s", "--slo-tpot", "1ms", "--ask");

        assertThat(code).isZero();
        assertThat(captured.out())
                .contains("good within 2000 ms and the prompt's share, 1 ms a token, asked for")
                .containsPattern("good +0.000");
        assertThat(captured.run("lab", "run", "time-cost", "--slo-ttft", "0s")).isEqualTo(2);
        assertThat(captured.err()).contains("(expected: both above 0)");
    }

    @Test
    void autoscaleSaysGoalsAndWritesThePageItsPlotsAndEachRun(@TempDir Path folder) throws IOException {
        Path csv = folder.resolve("runs.csv");

        int code = captured.run(
                "lab",
                "autoscale",
                "--docs",
                folder.toString(),
                "--workloads",
                "W1",
                "--rules",
                "B2,B12",
                "--share",
                "0.05",
                "--seeds",
                "2",
                "--no-ablations",
                "--csv",
                csv.toString());

        assertThat(code).isZero();
        assertThat(captured.out()).contains("P14: W1, replica-hours");
        assertThat(folder.resolve("autoscaling-results.md"))
                .content()
                .contains("| **ours** |", "| B2 KEDA, concurrency, tuned |");
        assertThat(folder.resolve("images/autoscaling-w1-time.png")).isNotEmptyFile();
        assertThat(Files.readAllLines(csv)).hasSizeGreaterThan(10);
    }

    @Test
    void reportSaysGoalsAsJsonAndWritesThePageItsPlotsAndOneHtmlFile(@TempDir Path folder) throws IOException {
        recordings(folder);
        Path page = folder.resolve("page.html");

        int code = captured.run(
                "lab",
                "report",
                "--data",
                folder.toString(),
                "--docs",
                folder.toString(),
                "--sections",
                "ladder,conversation",
                "--share",
                "0.01",
                "--no-knees",
                "--contenders",
                "round-robin,llmd-default,time-cost",
                "--json",
                "--html",
                page.toString());

        assertThat(code).isZero();
        assertThat(captured.out().lines())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("\"goal\":\"P", "\"pass\":"));
        assertThat(Files.readString(page)).contains("data:image/png;base64,").doesNotContain("http://", "https://");
        assertThat(folder.resolve("policy-results.md")).content().contains("# Policy results", "| time-cost |");
        assertThat(folder.resolve("images").resolve("policy-hits.png")).isNotEmptyFile();
    }

    @Test
    void reportNeedsRecordings(@TempDir Path folder) {
        assertThat(captured.run("lab", "report", "--data", folder.toString())).isEqualTo(1);
        assertThat(captured.err()).contains("cannot read the recordings (--data)");
    }

    private static void recordings(Path folder) throws IOException {
        gzip(
                folder.resolve("mooncake_conversation_h1.jsonl.gz"),
                "{\"timestamp\": 0, \"input_length\": 900, \"output_length\": 9, \"hash_ids\": [0, 1]}\n".repeat(30));
        gzip(folder.resolve("azure_llm_2023_conv_h1.csv.gz"), "names\n2023-11-16 18:15:46.5,374,44\n");
        gzip(
                folder.resolve("servegen_m_large_week1.csv.gz"),
                "names\nm,0,100,2,50,0.3,900,600,2400,5000,160,50,460,870\n");
    }

    private static void gzip(Path file, String text) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
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
