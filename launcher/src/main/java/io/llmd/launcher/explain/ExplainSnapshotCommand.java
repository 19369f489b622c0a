package io.llmd.launcher.explain;

import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code llmd explain snapshot}: the pool as it is now, to decide against later. */
@Command(
        name = "snapshot",
        description = "Print the pool as it is now, for --snapshot of a later dry run.",
        footer = {"", "Exit codes: 0 printed, 1 failed, 2 usage, 3 scheduler not there."})
public final class ExplainSnapshotCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--url", paramLabel = "URL", description = "base URL of the scheduler (default: the running suite)")
    private @Nullable URI url;

    public ExplainSnapshotCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        terminal.println(Json.line(SchedulerApi.at(url).get("/v1/snapshot")));
        return ExitCode.OK;
    }
}
