package io.llmd.lab.autoscale;

import io.llmd.lab.autoscale.Extras.Extra;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Everything that the page about the autoscaler shows. */
public final class ScaleReport {

    private static final List<String> KNOWN =
            List.of("W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W13");

    /**
     * What of it is wanted.
     *
     * @param workloads ids; all when there are none
     * @param rules ids; all when there are none
     * @param hasExtras whether ablations, other conditions and faults are looked at
     * @param share part of the time of each workload, from its beginning, in (0, 1]
     */
    public record Choice(List<String> workloads, List<String> rules, boolean hasExtras, double share) {
        public Choice {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("share: " + share + " (expected: in (0, 1])");
            }
            workloads = List.copyOf(workloads);
            rules = List.copyOf(rules);
        }
    }

    private final List<ScaleWorkload> workloads = new ArrayList<>();
    private final Choice choice;
    private final List<Long> seeds;
    private final ScaleStudy study;

    /**
     * A report that is to come.
     *
     * @param recordings folder with recordings
     * @param done hears of each run when it has ended, on any thread
     * @throws IOException when a recording is missing or broken
     * @throws IllegalArgumentException when the choice has ids that are not known
     */
    public ScaleReport(Path recordings, Choice choice, List<Long> seeds, int parallel, Consumer<ScaleResult> done)
            throws IOException {
        this.choice = choice;
        this.seeds = List.copyOf(seeds);
        study = new ScaleStudy(seeds, parallel, done);
        if (!KNOWN.containsAll(choice.workloads())) {
            throw new IllegalArgumentException("workloads: " + choice.workloads() + " (expected: of " + KNOWN + ")");
        }
        List<String> rules = Baselines.all(ScaleWorkloads.ramp()).stream()
                .map(Baselines.Baseline::id)
                .toList();
        if (!rules.containsAll(choice.rules())) {
            throw new IllegalArgumentException("rules: " + choice.rules() + " (expected: of " + rules + ")");
        }
        for (String id : KNOWN) {
            if (choice.workloads().isEmpty() || choice.workloads().contains(id)) {
                workloads.add(workload(id, recordings).beginning(choice.share()));
            }
        }
    }

    private static ScaleWorkload workload(String id, Path recordings) throws IOException {
        return switch (id) {
            case "W1" -> ScaleWorkloads.ramp();
            case "W2" -> ScaleWorkloads.step();
            case "W3" -> ScaleWorkloads.day();
            case "W4" -> ScaleWorkloads.shapes();
            case "W5" -> ScaleWorkloads.conversation(recordings);
            case "W6" -> ScaleWorkloads.code();
            case "W7" -> ScaleWorkloads.longContext(recordings);
            case "W8" -> ScaleWorkloads.week(recordings);
            case "W9" -> ScaleWorkloads.mixed();
            case "W10" -> ScaleWorkloads.split();
            case "W13" -> ScaleWorkloads.upDown(recordings);
            default -> throw new IllegalArgumentException("workload: " + id + " (expected: one of " + KNOWN + ")");
        };
    }

    /** Runs it all. @throws IllegalStateException when a run fails */
    public ScalePage page() {
        List<ScaleStudy.Comparison> comparisons =
                study.compare(workloads, Ours.SHIPPED.contestant(ScaleStudy.OURS, "as shipped"), choice.rules());
        List<Extra> extras = choice.hasExtras() ? Extras.of(workloads, seeds) : List.of();
        List<ScaleResult> results = study.run(extras.stream().map(Extra::job).toList());
        List<ScalePage.Looked> looked = new ArrayList<>();
        for (int i = 0; i < extras.size(); i++) {
            looked.add(new ScalePage.Looked(extras.get(i), results.get(i)));
        }
        return new ScalePage(comparisons, looked);
    }
}
