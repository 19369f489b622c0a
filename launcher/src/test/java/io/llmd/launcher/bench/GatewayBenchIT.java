package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GatewayBenchIT {

    private final List<String> progress = new ArrayList<>();

    private static final LoadShape SHORT = LoadShape.of(Workload.SHORT, true);

    @BeforeEach
    void needsLinux() {
        assumeTrue(CpuMeter.isSupported(), "no /proc: CPU time of other processes cannot be read");
    }

    @Test
    void relayIsMeasuredWithEveryWorkload() throws Exception {
        try (GatewayBench bench = GatewayBench.open(settings(List.of(Workload.values())), progress::add)) {
            Results results = bench.run(List.of(new RelayContender()));
            assertThat(results.samples())
                    .extracting(Sample::contender, Sample::workload)
                    .hasSize(7)
                    .doesNotHaveDuplicates();
            assertThat(results.samples())
                    .allMatch(sample -> sample.work() > 0 && sample.p99Nanos() >= sample.p50Nanos());
            assertThat(results.find("relay", Workload.SHORT, 0))
                    .get()
                    .satisfies(s -> assertThat(s.cpuMicros()).isGreaterThan(1));
            assertThat(results.find(GatewayBench.DIRECT, Workload.SINGLE, 0)).isPresent();
        }
        assertThat(progress).anyMatch(line -> line.startsWith("round 1/1  short"));
    }

    @Test
    void closingEndsTheContenders() throws Exception {
        List<ProcessHandle> before = ProcessHandle.current().children().toList();
        try (GatewayBench bench = GatewayBench.open(settings(List.of(Workload.SINGLE)), progress::add)) {
            bench.run(List.of(new RelayContender()));
            assertThat(ProcessHandle.current().children().toList()).hasSizeGreaterThan(before.size());
        }
        assertThat(ProcessHandle.current().children().toList()).hasSameSizeAs(before);
    }

    @Test
    void aContenderThatEndsFailsTheRunWithItsLog() throws Exception {
        try (GatewayBench bench = GatewayBench.open(settings(List.of(Workload.SINGLE)), progress::add)) {
            assertThatThrownBy(() -> bench.run(List.of(new Fixed(List.of("sh", "-c", "echo no such module; exit 7")))))
                    .isInstanceOf(BenchFailure.class)
                    .hasMessageContaining("ended with 7")
                    .hasMessageContaining("no such module");
        }
    }

    @Test
    void wrongAnswersAreCountedAndNamed() throws Exception {
        try (LoadClient client = new LoadClient();
                EndpointStub stub = EndpointStub.start(1)) {
            LoadRun run = client.start(stub.ports().getFirst(), 2, SHORT, Duration.ZERO, 0);
            await("answers").until(() -> run.tally().responses() > 10);
            assertThat(run.drain(Duration.ofSeconds(5)).errors()).isZero();
        }
        int closed = Ports.free(new Random(1), List.of());
        try (LoadClient client = new LoadClient()) {
            LoadRun run = client.start(closed, 1, SHORT, Duration.ZERO, 0);
            await("a refused connection").until(() -> run.tally().errors() > 0);
            LoadRun.Tally tally = run.drain(Duration.ofSeconds(5));
            assertThat(tally.responses()).isZero();
            assertThat(tally.firstError()).startsWith("connect: ");
        }
    }

    private static BenchSettings settings(List<Workload> workloads) {
        return new BenchSettings(1, Duration.ofSeconds(1), 4, 8, Duration.ofMillis(5), Duration.ZERO, workloads);
    }

    /** A contender that runs any command. */
    private record Fixed(List<String> command) implements Contender {

        @Override
        public String name() {
            return "fixed";
        }

        @Override
        public String describe() {
            return "test";
        }

        @Override
        public Optional<String> unavailable() {
            return Optional.empty();
        }

        @Override
        public boolean isJvm() {
            return false;
        }

        @Override
        public List<String> command(int port, List<Integer> endpoints, Path folder) {
            return command;
        }
    }
}
