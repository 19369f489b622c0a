package io.llmd.lab;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Setting;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.result.Tally;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.cluster.SimulationTotals;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.routing.PromptBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Runs contenders in virtual time. Equal scenarios, contenders and seeds give equal results, however many run at a time:
 * runs share nothing.
 */
public final class Lab {

    /** One run that is to come. */
    public record Job(Scenario scenario, Contender contender, long seed) {}

    private Lab() {}

    /** One run, on the calling thread. @throws IllegalStateException when a request was not answered once */
    public static RunResult run(Scenario scenario, Contender contender, long seed) {
        return run(scenario, contender, seed, Integer.MAX_VALUE);
    }

    /**
     * The same, given up when too much has gone wrong: no further requests come then.
     *
     * @param mostBad requests whose first token may be late
     */
    static RunResult run(Scenario scenario, Contender contender, long seed, int mostBad) {
        List<EngineSettings> engines = scenario.fleet().engines();
        Conditions conditions = scenario.conditions();
        int blockTokens = scenario.fleet().blockTokens();
        Tally tally = new Tally(
                scenario.traffic().load(seed),
                scenario.slo(),
                new PromptBlocks(engines.getFirst().hasher(), blockTokens),
                blockTokens,
                scenario.fleet().totalBlocks(),
                engines.size(),
                mostBad);
        Router policy = contender.router(new Setting(
                engines,
                conditions,
                scenario.fleet().split(),
                scenario.slo(),
                scenario.fleet().prefillTokensPerSecond(),
                seed));
        Router seeing = conditions.streamed() == 1 ? policy : new Unstreamed(policy, conditions, seed);
        Router router = conditions.outage().seconds() == 0 ? seeing : new Retrying(seeing, conditions.outage());
        SimulationTotals totals;
        try {
            totals = new Simulation(settings(scenario, seed), engines, router, tally, result -> {}).run();
        } catch (RuntimeException | Error e) {
            try {
                close(router, contender);
            } catch (RuntimeException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
        close(router, contender);
        return tally.result(scenario.traffic().name(), contender.name(), seed, totals);
    }

    private static SimulationSettings settings(Scenario scenario, long seed) {
        Conditions conditions = scenario.conditions();
        SimulationSettings defaults = SimulationSettings.DEFAULTS;
        return new SimulationSettings(
                seed,
                conditions.routing().toNanos(),
                defaults.networkNanos(),
                conditions.scrapeInterval().toNanos(),
                conditions.eventLag().toNanos(),
                scenario.fleet().split().transfer(),
                defaults.heartbeatNanos(),
                defaults.endNanos());
    }

    private static void close(Router router, Contender contender) {
        if (router instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException(contender.name() + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * All contenders with all seeds.
     *
     * @param parallel runs at a time, at least one
     * @param done hears of each run when it has ended, on any thread
     * @return by contender in the given order, then by seed
     * @throws IllegalStateException when a run fails
     */
    public static List<RunResult> compare(
            Scenario scenario, List<Contender> contenders, List<Long> seeds, int parallel, Consumer<RunResult> done) {
        List<Job> jobs = new ArrayList<>();
        for (Contender contender : contenders) {
            seeds.forEach(seed -> jobs.add(new Job(scenario, contender, seed)));
        }
        return run(jobs, parallel, done);
    }

    /**
     * Several runs.
     *
     * @param parallel runs at a time, at least one
     * @param done hears of each run when it has ended, on any thread
     * @return in the order of the jobs
     * @throws IllegalStateException when a run fails
     */
    public static List<RunResult> run(List<Job> jobs, int parallel, Consumer<RunResult> done) {
        try (ExecutorService workers = Executors.newFixedThreadPool(
                parallel, Thread.ofPlatform().daemon().name("lab-", 0).factory())) {
            List<Future<RunResult>> runs = new ArrayList<>();
            for (Job job : jobs) {
                runs.add(workers.submit(() -> {
                    RunResult result = run(job.scenario(), job.contender(), job.seed());
                    done.accept(result);
                    return result;
                }));
            }
            return collect(runs);
        }
    }

    private static List<RunResult> collect(List<Future<RunResult>> runs) {
        List<RunResult> results = new ArrayList<>(runs.size());
        try {
            for (Future<RunResult> run : runs) {
                results.add(run.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            runs.forEach(run -> run.cancel(true));
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            runs.forEach(run -> run.cancel(true));
            Throwable cause = e.getCause();
            throw new IllegalStateException(cause == null ? "a run failed" : cause.getMessage(), cause);
        }
        return results;
    }
}
