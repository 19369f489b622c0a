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
 * compared: one before each fault, and one that begins ten seconds after its repair. Single windows differ by chance, so that
 * counts what many say: how many of those after repairs are above the 95th percentile of all before faults. A window with a
 * failed request counts apart, however fast the others were.
 */
final class RecoveryBar implements BarFigure {

    private static final int ENDPOINTS = 3;
    private static final double RATE = 40;

    /**
     * Of 23 windows that are like 23 others, more than these are above the 95th percentile of those, the second highest, in one
     * of twenty runs only: (C(23,7) + 23 C(23,6)) / C(46,7) = 4.8 %.
     */
    private static final int MOST_ABOVE = 5;

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
            List<Double> after = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            List<GoalLine> ofFaults = new ArrayList<>();
            for (int i = 0; i < run.share(faults.size()); i++) {
                SoakFault fault = faults.get(i);
                usual.add(window(load, window));
                after.add(after(fault, i % ENDPOINTS, fleet, load, window));
                ratios.add(after.getLast() / usual.getLast());
                run.say(String.format(
                        "%-45s p99 %.1f ms, before it %.1f ms", fault.name(), after.getLast(), usual.getLast()));
                ofFaults.add(BarRun.reported(id(), fault.name(), List.of(after.getLast()), "ms"));
            }
            List<GoalLine> lines = new ArrayList<>();
            lines.add(run.atMost(id(), "above-usual", List.of((double) above(after, usual)), "", MOST_ABOVE));
            lines.add(run.atMost(id(), "failed-after-repair", List.of((double) failed(after)), "", 0));
            lines.add(BarRun.reported(id(), "failed-before-fault", List.of((double) failed(usual)), ""));
            lines.add(BarRun.reported(id(), "after-to-before", ratios, "ratio"));
            lines.add(BarRun.reported(id(), "p99-after-repair", after, "ms"));
            lines.add(BarRun.reported(id(), "p99-before-fault", usual, "ms"));
            lines.addAll(ofFaults);
            return lines;
        }
    }

    /** How many of the values are above the 95th percentile of the usual ones. */
    static long above(List<Double> values, List<Double> usual) {
        int rank = (int) Math.ceil(0.95 * usual.size());
        double most = usual.stream().sorted().toList().get(rank - 1);
        return values.stream().filter(value -> value > most).count();
    }

    private static long failed(List<Double> windows) {
        return windows.stream().filter(p99 -> p99 >= PATIENCE.toMillis()).count();
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
