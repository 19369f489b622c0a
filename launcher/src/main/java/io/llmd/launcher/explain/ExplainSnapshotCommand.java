package io.llmd.launcher.explain;

import io.llmd.launcher.home.SchedulerOptions;
import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code llmd explain snapshot}: the pool as it is now, to decide against later. */
@Command(
        name = "snapshot",
        description = "Print the pool as it is now, for --snapshot of a later dry run.",
        footer = {"", "Exit codes: 0 printed, 1 failed, 2 usage, 3 scheduler not there."})
public final class ExplainSnapshotCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Mixin
    private final SchedulerOptions scheduler = new SchedulerOptions();

    public ExplainSnapshotCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (ServiceApi api = scheduler.open()) {
            terminal.println(Json.line(api.get("/v1/snapshot")));
        }
        return ExitCode.OK;
    }
}
