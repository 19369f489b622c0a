package io.llmd.launcher.lab;

import io.llmd.lab.predictor.PredictorReport;
import io.llmd.lab.predictor.PredictorStudy;
import io.llmd.lab.predictor.PredictorStudy.Outcome;
import io.llmd.lab.predictor.PredictorWorkloads;
import io.llmd.lab.traffic.Traffic;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code llmd lab predictor}: how well latencies are predicted. */
@Command(
        name = "predictor",
        description = {
            "Serve several kinds of traffic by predicted latency, and say how far predictions were off, how many"
                    + " requests stayed within their bounds, how fast that is learned and what a decision costs; beside it"
                    + " boosted trees that predict the same requests.",
            "One kind is the recording of --trace, or bursts without one. --speed applies to all of them; --parallel"
                    + " and --seeds have no effect."
        },
        footer = {"", "Exit codes: 0 ran, 1 failed, 2 usage."})
final class LabPredictorCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Mixin
    private KindOptions kinds = new KindOptions(0.2);

    @Mixin
    private LabOptions options = new LabOptions();

    LabPredictorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Traffic> traffics = kinds.traffics(PredictorWorkloads::all, options);
        PredictorStudy study = study();
        long seed = options.seeds().getFirst();
        List<Outcome> outcomes = new ArrayList<>();
        for (Traffic traffic : traffics) {
            outcomes.add(study.run(traffic, seed));
            terminal.note(traffic.name() + " has ended");
        }
        PredictorReport report = new PredictorReport(outcomes);
        terminal.println(options.described(options.speed()));
        terminal.println("");
        terminal.println(report.markdown().stripTrailing());
        kinds.write(report.csv(), report::images, terminal);
        return ExitCode.OK;
    }

    private PredictorStudy study() {
        try {
            return new PredictorStudy(options.fleet(), options.conditions());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
