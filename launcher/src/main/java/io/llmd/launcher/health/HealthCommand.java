package io.llmd.launcher.health;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd health URL}: the probe of images that have no other client. */
@Command(
        name = "health",
        description = "Ask a URL whether it is well.",
        footer = {"", "Exit codes: 0 when it answers 200, 3 otherwise."})
public final class HealthCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "URL", description = "such as http://localhost:9080/actuator/health")
    private URI url = URI.create("");

    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "3s", description = "default: ${DEFAULT-VALUE}")
    private Duration timeout = Duration.ZERO;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    public HealthCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        HealthProbe.Result result = new HealthProbe(timeout).ask(url);
        if (json) {
            terminal.println(
                    Json.line(Map.of("url", url.toString(), "healthy", result.isHealthy(), "answer", result.text())));
        } else {
            terminal.println(url + ": " + result.text());
        }
        return result.isHealthy() ? ExitCode.OK : ExitCode.NOT_READY;
    }
}
