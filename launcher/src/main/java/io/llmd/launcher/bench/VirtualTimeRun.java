package io.llmd.launcher.bench;

import com.sun.management.OperatingSystemMXBean;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.cluster.SimulationTotals;
import io.llmd.simulator.engine.EngineSettings;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Collections;

/** One simulation and the CPU time that the process took for it, compilers and garbage collection included. */
record VirtualTimeRun(SimulationTotals totals, double cpuSeconds) {
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Runs a share of a workload. Equal arguments give equal totals. */
    static VirtualTimeRun of(VirtualTimeWorkload workload, VirtualTimeRouting routing, double share, long seed) {
        EngineSettings engine = workload.engine();
        Simulation simulation = new Simulation(
                SimulationSettings.DEFAULTS.withSeed(seed),
                Collections.nCopies(VirtualTimeWorkload.ENDPOINTS, engine),
                routing.router(engine, seed),
                workload.requests(share, seed),
                result -> {});
        long processBefore = PROCESS.getProcessCpuTime();
        long threadBefore = THREADS.getCurrentThreadCpuTime();
        SimulationTotals totals = simulation.run();
        long ofThread = THREADS.getCurrentThreadCpuTime() - threadBefore;
        long ofProcess = PROCESS.getProcessCpuTime() - processBefore;
        // that of the process is counted in ticks, and may be nothing after a few milliseconds
        return new VirtualTimeRun(totals, Math.max(ofThread, ofProcess) / 1e9);
    }

    double requestRate() {
        return totals.requests() / cpuSeconds;
    }

    double tokenRate() {
        return totals.outputTokens() / cpuSeconds;
    }

    double eventRate() {
        return totals.events() / cpuSeconds;
    }

    /** Virtual seconds for each second of CPU time. */
    double speed() {
        return totals.endNanos() / 1e9 / cpuSeconds;
    }
}
