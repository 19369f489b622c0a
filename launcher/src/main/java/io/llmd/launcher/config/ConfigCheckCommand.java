package io.llmd.launcher.config;

import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.scheduler.plugin.ConfigCheck;
import io.llmd.scheduler.plugin.Finding;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd config check}: says what a scheduler would say about its configuration files. */
@Command(
        name = "check",
        description = "Check scheduling configurations (EndpointPickerConfig) without starting anything.",
        footer = {"", "Exit codes: 0 all files would be accepted, 1 one would be refused, 2 usage."})
final class ConfigCheckCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "YAML or JSON")
    private List<Path> files = List.of();

    @Option(names = "--allow-experimental-plugins", description = "accept plugin types that llm-d calls alpha")
    private boolean experimental;

    @Option(names = "--json", description = "print one JSON object per finding")
    private boolean json;

    ConfigCheckCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        boolean allAccepted = true;
        try (PluginTypes types = new PluginTypes()) {
            ConfigCheck check = new ConfigCheck(types.factories(), experimental);
            for (Path file : files) {
                List<Finding> findings = check.check(file);
                allAccepted &= findings.stream().noneMatch(Finding::isError);
                show(file, findings);
            }
        }
        return allAccepted ? ExitCode.OK : ExitCode.FAILED;
    }

    private void show(Path file, List<Finding> findings) {
        if (json) {
            findings.forEach(finding -> terminal.println(Json.line(finding)));
            return;
        }
        findings.forEach(finding -> terminal.println(
                (finding.isError() ? terminal.bad("error  ") : terminal.bold("warning")) + " " + finding));
        if (findings.stream().noneMatch(Finding::isError)) {
            terminal.println(file + ": accepted");
        }
    }
}
