package io.llmd.launcher.bench;

import io.llmd.launcher.load.LoadReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * L13: after each fault of the soak, whether all is as before ten seconds after its repair. Windows of ten seconds are
 * compared: those without a fault, and those that begin ten seconds after a repair. A window with a failed request has not
 * recovered, however fast the others were.
 */
final class RecoveryBar implements BarFigure {

    private static final int ENDPOINTS = 3;
    private static final double RATE = 40;
    private static final int USUAL_WINDOWS = 6;
    private static final Duration SETTLE = Duration.ofSeconds(10);
    private static final int WINDOW_SECONDS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Override
    public String id() {
        return "L13";
    }

    @Override
    public String title() {
        return "first tokens ten seconds after the repair of each fault";
    }

    @Override
    public boolean isPinned() {
        return false;
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        List<SoakFault> faults = SoakFault.all(new SoakLeavers());
        SoakFleet.Setup setup = new SoakFleet.Setup(ENDPOINTS, 1, ImageJvm.OPTIONS, Map.of());
        try (SoakFleet fleet = new SoakFleet(setup, run.folder());
                SoakLoad load = new SoakLoad(fleet, RATE, PATIENCE)) {
            fleet.start();
            Duration window = Duration.ofSeconds(run.settings().seconds().orElse(WINDOW_SECONDS));
            run.say("warming up for " + run.settings().warmUp().toSeconds() + " s");
            window(load, run.settings().warmUp().plusSeconds(1));
            List<Double> usual = new ArrayList<>();
            for (int i = 0; i < run.share(USUAL_WINDOWS); i++) {
                usual.add(window(load, window));
            }
            double most = Figure.of(usual).high();
            run.say(String.format("without a fault: p99 at most %.1f ms", most));
            List<Double> after = new ArrayList<>();
            int recovered = 0;
            int many = run.share(faults.size());
            List<GoalLine> lines = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                SoakFault fault = faults.get(i);
                double p99 = after(fault, i % ENDPOINTS, fleet, load, window);
                boolean isBack = p99 <= most;
                recovered += isBack ? 1 : 0;
                after.add(p99);
                run.say(String.format("%-45s %.1f ms%s", fault.name(), p99, isBack ? "" : "  above that"));
                lines.add(BarRun.reported(id(), fault.name(), List.of(p99), "ms"));
            }
            lines.addFirst(run.atMost(
                    id(), "p99-after-repair", List.of(Figure.of(after).high()), "ms", most));
            lines.add(1, BarRun.reported(id(), "p99-of-all-repairs", after, "ms"));
            lines.add(2, BarRun.reported(id(), "p99-without-a-fault", usual, "ms"));
            lines.add(3, BarRun.reported(id(), "recovered", List.of((double) recovered), "of " + many));
            return lines;
        }
    }

    private static double after(SoakFault fault, int endpoint, SoakFleet fleet, SoakLoad load, Duration window)
            throws IOException, InterruptedException {
        try (SoakLoad.Part meanwhile = load.start(1, Duration.ofMinutes(10), gateway -> true)) {
            long begin = System.nanoTime();
            fault.begin().run(fleet, endpoint);
            TimeUnit.NANOSECONDS.sleep(begin + fault.lasts().toNanos() - System.nanoTime());
            fault.end().run(fleet, endpoint);
            fleet.awaitReady();
            TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
            return window(load, window, meanwhile);
        }
    }

    private static double window(SoakLoad load, Duration window, SoakLoad.Part before) throws InterruptedException {
        try (SoakLoad.Part measured = load.start(1, window, gateway -> true)) {
            before.end();
            return p99(measured.report());
        }
    }

    private static double window(SoakLoad load, Duration window) throws InterruptedException {
        try (SoakLoad.Part measured = load.start(1, window, gateway -> true)) {
            return p99(measured.report());
        }
    }

    /** Of first tokens in milliseconds; as long as clients wait where one failed. */
    private static double p99(LoadReport report) {
        return report.answered() < report.requests()
                ? PATIENCE.toMillis()
                : report.timeToFirstToken().p99();
    }
}
