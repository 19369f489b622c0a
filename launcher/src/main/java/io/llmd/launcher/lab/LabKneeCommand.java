package io.llmd.launcher.lab;

import io.llmd.lab.Knee;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab knee}: how much a policy takes. */
@Command(
        name = "knee",
        description = "Find the highest speed at which enough requests get their first token in time, by bisection.",
        footer = {"", "Exit codes: 0 ran, 1 failed, 2 usage."})
final class LabKneeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "policies, or NAME=FILE with a scheduling configuration (default: all)")
    private List<String> contenders = List.of();

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description = "conversation, ladder or chat (default: ${DEFAULT-VALUE})")
    private LabOptions.Kind workload = LabOptions.Kind.CHAT;

    @Option(
            names = "--good",
            paramLabel = "SHARE",
            description = "share of good requests that is enough (default: ${DEFAULT-VALUE})")
    private double good = 0.95;

    @Option(names = "--accuracy", paramLabel = "SHARE", description = "of the speed (default: ${DEFAULT-VALUE})")
    private double accuracy = 0.02;

    @Mixin
    private LabOptions options = new LabOptions();

    LabKneeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        List<Contender> all = LabOptions.contenders(contenders);
        Scenario scenario = options.scenario(workload, 1);
        Knee knee = knee(scenario);
        terminal.println("| contender | speed at the knee |");
        terminal.println("| --- | ---: |");
        for (Contender contender : all) {
            try (LabProgress progress = new LabProgress(terminal, 0)) {
                double speed = knee.of(contender, progress);
                terminal.println(String.format(Locale.ROOT, "| %s | %.2f |", contender.name(), speed));
            }
        }
        return ExitCode.OK;
    }

    private Knee knee(Scenario scenario) {
        try {
            return new Knee(scenario, options.seeds(), good, accuracy, options.parallel());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
