package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.terminal.Durations;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;

/** {@code llmd down}: stops what {@code llmd up} started. */
@Command(
        name = "down",
        description = "Stop the suite, requests first.",
        footer = {"", "Exit codes: 0 nothing runs any more, 1 failed."})
public final class DownCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final Duration LEFTOVER_PATIENCE = Duration.ofSeconds(10);

    private final Terminal terminal;

    public DownCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        RunFile runFile = new RunFile(LlmdHome.current());
        return switch (runFile.status()) {
            case RunStatus.Absent() -> {
                terminal.println("nothing is running");
                yield ExitCode.OK;
            }
            case RunStatus.Unreadable(String reason) -> {
                runFile.delete();
                terminal.println("removed an unreadable run file: " + reason);
                yield ExitCode.OK;
            }
            case RunStatus.Stale(RunState state) -> {
                int ended = new Leftovers(LEFTOVER_PATIENCE).end(state);
                runFile.delete();
                terminal.println(
                        "process " + state.pid() + " was gone already; ended " + ended + " leftover processes");
                yield ExitCode.OK;
            }
            case RunStatus.Running(RunState state) -> stop(state, runFile);
        };
    }

    private int stop(RunState state, RunFile runFile) throws InterruptedException {
        Optional<ProcessHandle> starter = ProcessHandle.of(state.pid());
        long begin = System.nanoTime();
        if (starter.isPresent()) {
            starter.get().destroy();
            try {
                starter.get().onExit().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                starter.get().destroyForcibly();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        new Leftovers(LEFTOVER_PATIENCE).end(state);
        runFile.delete();
        terminal.println("stopped in " + Durations.seconds(Duration.ofNanos(System.nanoTime() - begin)));
        return ExitCode.OK;
    }
}
