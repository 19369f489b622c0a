package io.llmd.launcher.explain;

import io.llmd.launcher.home.SchedulerOptions;
import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code llmd explain replay}: what another configuration would have decided. */
@Command(
        name = "replay",
        description = "Decide again what was decided, under another scheduling configuration, and show what differs.",
        footer = {
            "",
            "Exit codes: 0 replayed, 1 the configuration was refused or it failed, 2 usage, 3 scheduler not there."
        })
public final class ExplainReplayCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", description = "scheduling configuration (EndpointPickerConfig)")
    private @Nullable Path file;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000",
            description = "at most so many decisions, the newest (default: ${DEFAULT-VALUE})")
    private int limit;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME",
            description = "only decisions about this model")
    private @Nullable String model;

    @Option(names = "--since", paramLabel = "AGO", description = "only decisions since then, such as 5m")
    private @Nullable String since;

    @Mixin
    private final SchedulerOptions scheduler = new SchedulerOptions();

    @Option(names = "--json", description = "print the scheduler's report as it came")
    private boolean json;

    public ExplainReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        byte[] configuration = file == null ? new byte[0] : ExplainCommand.read("FILE", file);
        StringBuilder path = new StringBuilder("/v1/decisions:replay?limit=").append(limit);
        if (model != null) {
            path.append("&model=").append(ServiceApi.encoded(model));
        }
        if (since != null) {
            path.append("&since=").append(ServiceApi.encoded(since));
        }
        try (ServiceApi api = scheduler.open()) {
            JsonNode report = api.post(path.toString(), "application/yaml", configuration, Map.of());
            terminal.println(json ? Json.line(report) : new ReplayText(report).toString());
        }
        return ExitCode.OK;
    }
}
