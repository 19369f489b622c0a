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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "mixed, chat, turns, code, conversation or bursts, ladder (default: all)")
    private List<String> workloads = List.of();

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            description = "part of the generated traffic's time, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double share = 0.2;

    @Option(names = "--csv", paramLabel = "FILE", description = "write all figures to this file as well")
    private @Nullable Path csv;

    @Option(names = "--plots", paramLabel = "FOLDER", description = "write learning curves to this folder")
    private @Nullable Path plots;

    @Mixin
    private LabOptions options = new LabOptions();

    LabPredictorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Traffic> traffics = traffics();
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
        write(report);
        return ExitCode.OK;
    }

    private PredictorStudy study() {
        try {
            return new PredictorStudy(options.fleet(), options.conditions());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private List<Traffic> traffics() {
        List<Traffic> all;
        try {
            all = PredictorWorkloads.all(options.hasTrace() ? options.recorded() : null, share).stream()
                    .map(traffic -> traffic.atSpeed(options.speed()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
        List<String> known = all.stream().map(Traffic::name).toList();
        if (!known.containsAll(workloads)) {
            throw CommandFailure.usage("workloads: " + workloads + " (expected: of " + known + ")");
        }
        return all.stream()
                .filter(traffic -> workloads.isEmpty() || workloads.contains(traffic.name()))
                .toList();
    }

    private void write(PredictorReport report) throws IOException {
        if (csv != null) {
            Files.writeString(csv, report.csv());
            terminal.note("wrote " + csv);
        }
        if (plots != null) {
            Files.createDirectories(plots);
            for (Map.Entry<String, byte[]> image : report.images().entrySet()) {
                Files.write(plots.resolve(image.getKey()), image.getValue());
            }
            terminal.note("wrote plots to " + plots);
        }
    }
}
