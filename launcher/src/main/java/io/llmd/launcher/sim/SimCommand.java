package io.llmd.launcher.sim;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.simulator.SimulatedPool;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.OptionHelp;
import io.llmd.simulator.config.StartPlan;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code llmd sim}: simulated endpoints alone. Its options are those that {@link OptionHelp} lists. */
@Command(
        name = "sim",
        description = "Run simulated endpoints (vLLM's HTTP surface over an engine model) until they are told to end.",
        customSynopsis = "llmd sim [--json] [OPTION]...")
public final class SimCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Unmatched
    private final List<String> options = new ArrayList<>();

    @Option(names = "--json", description = "print a JSON object for each endpoint when it is ready")
    private boolean json;

    private SimCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The command with the simulator's own options. */
    public static CommandLine commandLine(Terminal terminal) {
        CommandLine command = new CommandLine(new SimCommand(terminal));
        List<String> footer = new ArrayList<>(OptionHelp.lines());
        footer.add("");
        footer.add("Exit codes: 0 ended when told to, 1 it did not start, 2 usage.");
        command.getCommandSpec()
                .usageMessage()
                .footer(footer.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new));
        return command;
    }

    @Override
    public Integer call() throws InterruptedException {
        SimulatedPool pool = start();
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            pool.close();
                            ended.countDown();
                        },
                        "llmd-sim-stop"));
        pool.endpoints().forEach(this::tell);
        ended.await();
        return ExitCode.OK;
    }

    private void tell(VllmSimulator endpoint) {
        Map<String, Object> ready = new LinkedHashMap<>();
        ready.put("url", endpoint.baseUrl());
        ready.put("model", endpoint.settings().servedModelName());
        terminal.println(
                json
                        ? Json.line(ready)
                        : "simulated endpoint " + ready.get("url") + " serves " + ready.get("model")
                                + "; Ctrl-C ends it");
    }

    private SimulatedPool start() {
        try {
            StartPlan plan = StartPlan.of(options, System.getenv());
            plan.warnings().forEach(terminal::note);
            return SimulatedPool.start(plan);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        } catch (UncheckedIOException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, e.getMessage() + "; choose another port with --port, or 0 for a free one");
        } catch (IllegalStateException e) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }
}
