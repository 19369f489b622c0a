package io.llmd.launcher.bench;

import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd bench attack}. Exit codes: 0 every attempt was refused as it has to be, 1 one was not, 2 usage. */
@Command(
        name = "attack",
        mixinStandardHelpOptions = true,
        description = {
            "Tries at a gateway of its own what nobody may: spoofed headers, internal addresses, smuggled requests, bombs of"
                    + " JSON, guessed keys, management endpoints, floods of resets and of slow clients, other tenants' caches.",
            "Starts gateway, scheduler and a simulated endpoint, on loopback only, and attacks nothing else; all ends with the"
                    + " command. What it tries: docs/operations.md."
        })
final class AttackBenchCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(names = "--json", description = "One JSON object per line instead of a table.")
    private boolean json;

    /** One line of the report. */
    private record Line(String area, String attempt, String expected, String seen, boolean pass) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        QuietLogs.warningsOnly();
        Path folder = Files.createTempDirectory("llmd-bench-attack");
        try (AttackTarget target = new AttackTarget(folder)) {
            Thread hook = new Thread(target::close, "llmd-attack-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            target.start();
            List<Attack> all = Attacks.all();
            long failed = 0;
            for (Attack attack : all) {
                failed += print(attempted(attack, target)) ? 0 : 1;
            }
            err.printf("%d attempts, %d not refused as they have to be; log: %s%n", all.size(), failed, folder);
            return failed == 0 ? ExitCode.OK : ExitCode.FAILED;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return ExitCode.FAILED;
        }
    }

    private static Line attempted(Attack attack, AttackTarget target) throws InterruptedException {
        String seen;
        try {
            seen = attack.attempt().seen(target);
        } catch (IOException e) {
            seen = e.toString();
        }
        return new Line(attack.area(), attack.name(), attack.expected(), seen, seen.equals(attack.expected()));
    }

    private boolean print(Line line) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.line(line));
        } else {
            out.printf(
                    "%-6s %-10s %-60s %s%s%n",
                    line.pass() ? "ok" : "FAILED",
                    line.area(),
                    line.attempt(),
                    line.seen(),
                    line.pass() ? "" : " (expected: " + line.expected() + ")");
        }
        out.flush();
        return line.pass();
    }
}
