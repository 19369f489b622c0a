package io.llmd.lab.autoscale;

import io.llmd.lab.autoscale.Baselines.Baseline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Runs contestants on workloads: every setting of every rule with the first seed, then with all seeds ours and, of the rules that goals
 * are about, the best of the grid for the workload. Runs share nothing, so that their results depend on nothing but their seeds, however many
 * run at a time.
 */
public final class ScaleStudy {

    /** Name of the service's autoscaler among the contestants. */
    public static final String OURS = "ours";

    /** One run that is to come. */
    public record Job(ScaleWorkload workload, Contestant contestant, Environment environment, long seed) {}

    /**
     * A rule on a workload.
     *
     * @param usual its default, with the first seed
     * @param tuned the setting of its grid that is best there; of rules that goals are about with all seeds, of others with the first
     */
    public record Outcome(Baseline baseline, List<ScaleResult> usual, List<ScaleResult> tuned) {}

    /**
     * All contestants on a workload.
     *
     * @param grid every setting with the first seed
     */
    public record Comparison(
            ScaleWorkload workload, List<ScaleResult> ours, List<Outcome> others, List<ScaleResult> grid) {}

    private final List<Long> seeds;
    private final int parallel;
    private final Consumer<ScaleResult> done;

    /** @param done hears of each run when it has ended, on any thread */
    public ScaleStudy(List<Long> seeds, int parallel, Consumer<ScaleResult> done) {
        this.seeds = List.copyOf(seeds);
        this.parallel = parallel;
        this.done = done;
        if (seeds.isEmpty() || parallel < 1) {
            throw new IllegalArgumentException(
                    "seeds: " + seeds.size() + ", parallel: " + parallel + " (expected: one at least)");
        }
    }

    /** Runs, in the order of the jobs. @throws IllegalStateException when one fails */
    public List<ScaleResult> run(List<Job> jobs) {
        try (ExecutorService workers = Executors.newFixedThreadPool(
                parallel, Thread.ofPlatform().daemon().name("lab-scale-", 0).factory())) {
            List<Future<ScaleResult>> runs = new ArrayList<>();
            for (Job job : jobs) {
                runs.add(workers.submit(() -> {
                    ScaleResult result = ScaleRun.run(job.workload(), job.contestant(), job.environment(), job.seed());
                    done.accept(result);
                    return result;
                }));
            }
            return collect(runs);
        }
    }

    private static List<ScaleResult> collect(List<Future<ScaleResult>> runs) {
        List<ScaleResult> results = new ArrayList<>();
        try {
            for (Future<ScaleResult> run : runs) {
                results.add(run.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            runs.forEach(run -> run.cancel(true));
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            runs.forEach(run -> run.cancel(true));
            Throwable cause = e.getCause();
            throw new IllegalStateException(cause == null ? "a run failed" : cause.toString(), cause);
        }
        return results;
    }

    /** Compares all contestants on some workloads. @param ids of rules; all when there are none */
    public List<Comparison> compare(List<ScaleWorkload> workloads, Contestant ours, List<String> ids) {
        Map<String, List<Baseline>> rules = new LinkedHashMap<>();
        List<Job> first = new ArrayList<>();
        for (ScaleWorkload workload : workloads) {
            List<Baseline> chosen = Baselines.all(workload).stream()
                    .filter(each -> ids.isEmpty() || ids.contains(each.id()))
                    .toList();
            rules.put(workload.id(), chosen);
            first.add(new Job(workload, ours, Environment.USUAL, seeds.getFirst()));
            for (Baseline rule : chosen) {
                rule.settings()
                        .forEach(each -> first.add(new Job(workload, each, Environment.USUAL, seeds.getFirst())));
            }
        }
        List<ScaleResult> grid = run(first);
        List<Job> second = new ArrayList<>();
        for (ScaleWorkload workload : workloads) {
            List<Contestant> again = new ArrayList<>(List.of(ours));
            for (Baseline rule : rules.getOrDefault(workload.id(), List.of())) {
                if (!ScaleGoals.isCompared(rule)) {
                    continue;
                }
                again.add(best(rule, of(grid, workload.id())));
            }
            for (long seed : seeds.subList(1, seeds.size())) {
                again.forEach(each -> second.add(new Job(workload, each, Environment.USUAL, seed)));
            }
        }
        List<ScaleResult> all = new ArrayList<>(grid);
        all.addAll(run(second));
        List<Comparison> comparisons = new ArrayList<>();
        for (ScaleWorkload workload : workloads) {
            comparisons.add(comparison(
                    workload,
                    rules.getOrDefault(workload.id(), List.of()),
                    ours,
                    of(grid, workload.id()),
                    of(all, workload.id())));
        }
        return comparisons;
    }

    private static Comparison comparison(
            ScaleWorkload workload,
            List<Baseline> rules,
            Contestant ours,
            List<ScaleResult> grid,
            List<ScaleResult> all) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Baseline rule : rules) {
            outcomes.add(new Outcome(rule, of(grid, rule.usual()), of(all, best(rule, grid))));
        }
        return new Comparison(workload, of(all, ours), outcomes, grid);
    }

    private static List<ScaleResult> of(List<ScaleResult> results, String workload) {
        return results.stream().filter(each -> each.workload().equals(workload)).toList();
    }

    private static List<ScaleResult> of(List<ScaleResult> results, Contestant contestant) {
        return results.stream()
                .filter(each -> each.contestant().equals(contestant.name())
                        && each.setting().equals(contestant.setting()))
                .toList();
    }

    /** The cheapest setting that keeps as many promises as ours does; where none does, the one that keeps most of them. */
    private static Contestant best(Baseline rule, List<ScaleResult> grid) {
        long asked = grid.stream()
                .filter(each -> each.contestant().equals(OURS))
                .mapToLong(ScaleResult::good)
                .max()
                .orElse(0);
        Contestant best = rule.usual();
        ScaleResult known = null;
        for (Contestant each : rule.settings()) {
            ScaleResult result = of(grid, each).getFirst();
            if (known == null || isBetter(result, known, asked)) {
                known = result;
                best = each;
            }
        }
        return best;
    }

    private static boolean isBetter(ScaleResult one, ScaleResult other, long asked) {
        boolean isEnough = one.good() >= asked;
        boolean wasEnough = other.good() >= asked;
        if (isEnough != wasEnough) {
            return isEnough;
        }
        return isEnough ? one.cost() < other.cost() : one.good() > other.good();
    }
}
