package io.llmd.launcher.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmd.launcher.Captured;
import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.Json;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {

    @Test
    void olderJavaIsBrokenWithItsFix() {
        Finding finding = MachineChecks.java(Runtime.Version.parse("17.0.15"));

        assertThat(finding.level()).isEqualTo(Finding.Level.BROKEN);
        assertThat(finding.fix()).contains("Temurin 25");
        assertThat(MachineChecks.java(Runtime.Version.parse("25.0.3")).level()).isEqualTo(Finding.Level.OK);
    }

    @Test
    void littleMemoryAndFewFilesAreWarnings() {
        assertThat(MachineChecks.memory(1L << 30).level()).isEqualTo(Finding.Level.WARNING);
        assertThat(MachineChecks.memory(4L << 30).level()).isEqualTo(Finding.Level.OK);
        assertThat(MachineChecks.files(1024).fix()).contains("ulimit -n");
        assertThat(MachineChecks.files(65_536).level()).isEqualTo(Finding.Level.OK);
        assertThat(MachineChecks.files(-1).level()).isEqualTo(Finding.Level.OK);
    }

    @Test
    void clockBeforeThisProgramIsBroken() {
        assertThat(MachineChecks.clock(Instant.EPOCH).level()).isEqualTo(Finding.Level.BROKEN);
        assertThat(MachineChecks.clock(Instant.parse("2026-06-01T00:00:00Z")).level())
                .isEqualTo(Finding.Level.OK);
    }

    @Test
    void heldPortIsBrokenUnlessTheSuiteHoldsIt(@TempDir Path folder) throws Exception {
        MachineChecks checks = new MachineChecks(new LlmdHome(folder), new Ports());
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SuitePorts ports = new SuitePorts(Math.min(socket.getLocalPort(), 64435));
            assumeTrue(ports.gateway() == socket.getLocalPort());

            List<Finding> foreign = checks.ports(ports, 0, new RunStatus.Absent());
            List<Finding> own = checks.ports(
                    ports,
                    0,
                    new RunStatus.Running(state(ProcessHandle.current().pid())));

            assertThat(foreign).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("port " + socket.getLocalPort());
                assertThat(finding.fix()).contains("--port-base");
            });
            assertThat(own)
                    .noneSatisfy(finding -> assertThat(finding.check()).isEqualTo("port " + socket.getLocalPort()));
        }
    }

    @Test
    void deadPartAndStaleRunAreFound() throws Exception {
        SuiteChecks checks = new SuiteChecks(new HealthProbe(Duration.ofMillis(500)));

        assertThat(checks.check(new RunStatus.Running(state(1))))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.level()).isEqualTo(Finding.Level.BROKEN);
                    assertThat(finding.fix()).contains("./llmd logs gateway");
                });
        assertThat(checks.check(new RunStatus.Stale(state(1))))
                .singleElement()
                .satisfies(finding -> assertThat(finding.fix()).contains("./llmd down"));
        assertThat(checks.check(new RunStatus.Unreadable("x")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.BROKEN));
        assertThat(checks.check(new RunStatus.Absent()))
                .singleElement()
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.OK));
    }

    @Test
    void jsonHasOneFindingPerLine() {
        Captured captured = new Captured();
        captured.run("doctor", "--json", "--port-base", "28080");

        assertThat(captured.out().strip().lines())
                .hasSizeGreaterThan(6)
                .allSatisfy(line ->
                        assertThat(Json.MAPPER.readTree(line).has("level")).isTrue());
    }

    private static RunState state(long pid) {
        return new RunState(
                pid,
                "",
                true,
                "http://127.0.0.1:1",
                "k",
                "m",
                List.of(new RunState.Part("gateway", "http://127.0.0.1:1", "http://127.0.0.1:1/actuator/health", pid)));
    }
}
