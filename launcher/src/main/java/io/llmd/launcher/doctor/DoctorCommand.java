package io.llmd.launcher.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.Version;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code llmd doctor}: looks at the machine and the running suite. */
@Command(
        name = "doctor",
        description = "Check the machine and the running suite; each finding comes with its fix.",
        footer = {"", "Exit codes: 0 nothing broken, 1 something is."})
public final class DoctorCommand implements Callable<Integer> {

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);

    private final Terminal terminal;

    @Option(
            names = "--port-base",
            paramLabel = "N",
            defaultValue = "8080",
            description = "port of the gateway, from which the others keep their distance (default: ${DEFAULT-VALUE})")
    private int portBase;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "3",
            description = "simulated endpoints (default: ${DEFAULT-VALUE})")
    private int endpoints;

    @Option(names = "--json", description = "print one JSON object per finding")
    private boolean json;

    public DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Finding> findings = findings();
        findings.forEach(finding -> terminal.println(json ? Json.line(finding) : text(finding)));
        return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.BROKEN)
                ? ExitCode.FAILED
                : ExitCode.OK;
    }

    private List<Finding> findings() throws InterruptedException {
        LlmdHome home = LlmdHome.current();
        RunStatus status = new RunFile(home).status();
        MachineChecks machine = new MachineChecks(home, new Ports());
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("llmd", Version.current()));
        findings.add(MachineChecks.java(Runtime.version()));
        findings.add(MachineChecks.memory(system.getTotalMemorySize()));
        findings.add(MachineChecks.files(
                system instanceof UnixOperatingSystemMXBean unix ? unix.getMaxFileDescriptorCount() : -1));
        findings.add(MachineChecks.clock(Instant.now()));
        findings.add(machine.disk());
        findings.addAll(machine.ports(new SuitePorts(portBase), endpoints, status));
        findings.addAll(new SuiteChecks(new HealthProbe(PROBE_TIMEOUT)).check(status));
        return findings;
    }

    private String text(Finding finding) {
        Map<Finding.Level, String> marks = Map.of(
                Finding.Level.OK, terminal.good("ok     "),
                Finding.Level.WARNING, terminal.bold("warning"),
                Finding.Level.BROKEN, terminal.bad("BROKEN "));
        String fix = finding.fix().isEmpty() ? "" : "\n         fix: " + finding.fix();
        return " " + marks.get(finding.level()) + "  " + finding.check() + ": " + finding.found() + fix;
    }
}
