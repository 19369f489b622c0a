package io.llmd.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MooncakeTraceTest {

    private static final String ROWS = """
            {"timestamp": 0, "input_length": 700, "output_length": 5, "hash_ids": [0, 1]}
            {"timestamp": 0, "input_length": 1024, "output_length": 5, "hash_ids": [0, 2]}
            {"timestamp": 0, "input_length": 512, "output_length": 0, "hash_ids": [0]}
            {"timestamp": 3000, "input_length": 600, "output_length": 7, "hash_ids": [0, 1]}
            """;

    @TempDir
    private Path folder;

    @Test
    void equalIdsAreEqualTokensAndRowsKeepTheirLengths() throws IOException {
        List<ClientRequest> requests = requests(packed(ROWS), 1, 1);

        assertThat(requests).extracting(request -> request.prompt().length).containsExactly(700, 1024, 512, 600);
        assertThat(requests).extracting(ClientRequest::outputLength).containsExactly(5, 5, 1, 7);
        assertThat(Arrays.mismatch(requests.get(0).prompt(), requests.get(1).prompt()))
                .isEqualTo(512);
        assertThat(Arrays.mismatch(requests.get(0).prompt(), requests.get(3).prompt()))
                .isEqualTo(600);
    }

    @Test
    void rowsOfOneTimeAreSpreadUntilTheNextBySeed() throws IOException {
        Path file = packed(ROWS);

        List<Long> times = times(file, 1, 1);
        assertThat(times).isSorted().doesNotHaveDuplicates();
        assertThat(times.get(2)).isLessThan(3_000_000_000L);
        assertThat(times.get(3)).isEqualTo(3_000_000_000L);
        assertThat(times(file, 1, 1)).isEqualTo(times);
        assertThat(times(file, 2, 1)).isNotEqualTo(times);
    }

    @Test
    void speedDividesTimes() throws IOException {
        assertThat(times(packed(ROWS), 1, 3).get(3)).isEqualTo(1_000_000_000L);
    }

    @Test
    void theFirstTenthDoesNotCount() throws IOException {
        Traffic trace = MooncakeTrace.read(
                "t",
                packed(ROWS.repeat(1)
                        + ROWS.lines()
                                .skip(3)
                                .findFirst()
                                .orElseThrow()
                                .concat("\n")
                                .repeat(16)),
                100);
        Load load = trace.load(1);

        List<ClientRequest> requests = drain(load.workload());
        assertThat(requests.stream().filter(load.counted()).count()).isEqualTo(18);
    }

    @Test
    void aRowThatIsNoneIsNamed() {
        assertThatThrownBy(() -> MooncakeTrace.read("t", packed("{\"timestamp\": 0}\n"), 10))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("row 1");
    }

    @Test
    void timesThatGoBackAreRefused() {
        String again = ROWS.lines().findFirst().orElseThrow();
        assertThatThrownBy(() -> MooncakeTrace.read("t", packed(ROWS + again), 10))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("row 5: timestamp: 0 (expected: >= that of the row before, 3000)");
    }

    private Path packed(String text) throws IOException {
        Path file = folder.resolve("trace.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private static List<ClientRequest> requests(Path file, long seed, double speed) throws IOException {
        return drain(MooncakeTrace.read("t", file, 10).atSpeed(speed).load(seed).workload());
    }

    private static List<Long> times(Path file, long seed, double speed) throws IOException {
        Workload workload =
                MooncakeTrace.read("t", file, 10).atSpeed(speed).load(seed).workload();
        List<Long> times = new ArrayList<>();
        while (workload.nextTime() != Workload.NEVER) {
            times.add(workload.nextTime());
            workload.next();
        }
        return times;
    }

    private static List<ClientRequest> drain(Workload workload) {
        List<ClientRequest> requests = new ArrayList<>();
        for (ClientRequest request = workload.next(); request != null; request = workload.next()) {
            requests.add(request);
        }
        return requests;
    }
}
