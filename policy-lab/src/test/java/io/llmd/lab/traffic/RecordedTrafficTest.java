package io.llmd.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedTrafficTest {

    private static final String SERVE_GEN = """
            model,t_s,rate_per_s,cv_interarrival,active_clients,top_client_share,in_mean,in_p50,in_p90,in_p99,out_mean,out_p50,out_p90,out_p99
            m,0,100,2,50,0.3,900,600,2400,5000,160,50,460,870
            m,600,300,2,50,0.3,900,600,2400,5000,160,50,460,870
            """;

    @TempDir
    Path folder;

    @Test
    void azuresRowsKeepTheirTimesAndLengths() throws IOException {
        Path file = Files.writeString(folder.resolve("azure.csv"), """
                TIMESTAMP,ContextTokens,GeneratedTokens
                2023-11-16 18:15:46.6805900,374,44
                2023-11-16 18:15:50.9951690,396,0
                """);
        Workload requests =
                RecordedLengths.azure("azure", file, 10).atSpeed(2).load(1).workload();

        ClientRequest first = requests.next();
        assertThat(first.prompt()).hasSize(374);
        assertThat(first.outputLength()).isEqualTo(44);
        assertThat(requests.nextTime()).isEqualTo(4_314_579_000L / 2);
        assertThat(requests.next().outputLength()).isEqualTo(1);
        assertThat(requests.nextTime()).isEqualTo(Workload.NEVER);
    }

    @Test
    void aBrokenRowIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("azure.csv"), "names\n2023-11-16 18:15:46,374\n");

        assertThatThrownBy(() -> RecordedLengths.azure("azure", file, 10))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("row 1: columns: 2 (expected: 3)");
    }

    @Test
    void serveGensWindowsHaveTheirShareOfTheScaledRateAndItsLengths() throws IOException {
        Path file = Files.writeString(folder.resolve("servegen.csv"), SERVE_GEN);
        Traffic traffic = ServeGenWindows.read(file, 1, 10, 200, 20);

        List<Long> times = new ArrayList<>();
        List<Integer> prompts = new ArrayList<>();
        Workload requests = traffic.load(1).workload();
        while (requests.nextTime() != Workload.NEVER) {
            times.add(requests.nextTime());
            prompts.add(requests.next().prompt().length);
        }

        // Windows of 10 and of 30 requests a second, very bursty.
        assertThat(times).isSorted();
        long first = times.stream().filter(time -> time < 200e9).count();
        assertThat(first / 200.0).isCloseTo(10, within(2.0));
        assertThat((times.size() - first) / 200.0).isCloseTo(30, within(4.0));
        int[] sorted = prompts.stream().mapToInt(Integer::intValue).sorted().toArray();
        assertThat(sorted[sorted.length / 2]).isCloseTo(600, within(60));
        assertThat(sorted[sorted.length * 9 / 10]).isCloseTo(2400, within(300));
        assertThat(variation(times)).isGreaterThan(1.5);
    }

    private static double variation(List<Long> times) {
        double[] gaps = new double[times.size() - 1];
        Arrays.setAll(gaps, i -> times.get(i + 1) - times.get(i));
        double mean = Arrays.stream(gaps).average().orElseThrow();
        return Math.sqrt(Arrays.stream(gaps)
                        .map(gap -> (gap - mean) * (gap - mean))
                        .average()
                        .orElseThrow())
                / mean;
    }

    @Test
    void questionsShareTheirInstructionsAndPopularDocuments() {
        DocumentQuestions.Shape shape = new DocumentQuestions.Shape(200, 10, 20, 1, 2, 2, 100);
        Workload requests = new DocumentQuestions(shape).load(1).workload();
        ClientRequest first = requests.next();
        int sameDocument = 0;
        while (requests.nextTime() != Workload.NEVER) {
            int[] prompt = requests.next().prompt();
            assertThat(prompt).hasSize(first.prompt().length).startsWith(Arrays.copyOf(first.prompt(), 512));
            sameDocument += prompt[512] == first.prompt()[512] ? 1 : 0;
            assertThat(prompt[prompt.length - 1]).isNotEqualTo(first.prompt()[prompt.length - 1]);
        }

        assertThat(first.prompt()).hasSize(6 * 512 - 256);
        assertThat(sameDocument).isPositive().isLessThan(150);
    }
}
