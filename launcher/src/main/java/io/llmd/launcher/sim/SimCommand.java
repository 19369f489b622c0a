package io.llmd.launcher.sim;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorOption;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd sim}: one simulated endpoint alone. Its options are those of {@link SimulatorOption}. */
@Command(
        name = "sim",
        description = "Run one simulated endpoint (vLLM's HTTP surface over an engine model) until it is told to end.",
        footer = {"", "Exit codes: 0 ended when told to, 1 it did not start, 2 usage."})
public final class SimCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--json", description = "print one JSON object when it is ready")
    private boolean json;

    private SimCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The command with the simulator's own options. */
    public static CommandLine commandLine(Terminal terminal) {
        CommandLine command = new CommandLine(new SimCommand(terminal));
        for (SimulatorOption option : SimulatorOption.values()) {
            command.getCommandSpec()
                    .addOption(OptionSpec.builder("--" + option.optionName())
                            .paramLabel("VALUE")
                            .type(String.class)
                            .arity("0..1")
                            .fallbackValue("")
                            .description(option.description())
                            .build());
        }
        return command;
    }

    @Override
    public Integer call() throws InterruptedException {
        VllmSimulator simulator = start();
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            simulator.close();
                            ended.countDown();
                        },
                        "llmd-sim-stop"));
        Map<String, Object> ready = new LinkedHashMap<>();
        ready.put("url", simulator.baseUrl());
        ready.put("model", simulator.settings().servedModelName());
        terminal.println(
                json
                        ? Json.line(ready)
                        : "simulated endpoint " + ready.get("url") + " serves " + ready.get("model")
                                + "; Ctrl-C ends it");
        ended.await();
        return ExitCode.OK;
    }

    private VllmSimulator start() {
        try {
            return VllmSimulator.start(SimulatorSettings.fromOptions(given()));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        } catch (UncheckedIOException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, e.getMessage() + "; choose another port with --port, or 0 for a free one");
        }
    }

    private Map<String, String> given() {
        Map<String, String> options = new LinkedHashMap<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            String name = option.longestName().substring(2);
            if (!name.equals("json")) {
                options.put(name, String.valueOf(option.<Object>getValue()));
            }
        }
        return options;
    }
}
