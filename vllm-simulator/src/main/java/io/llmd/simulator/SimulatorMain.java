package io.llmd.simulator;

import io.llmd.simulator.config.OptionHelp;
import io.llmd.simulator.config.StartPlan;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs endpoints from the command line, see {@link OptionHelp}. */
public final class SimulatorMain {
    private static final Logger log = LoggerFactory.getLogger(SimulatorMain.class);
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private SimulatorMain() {}

    /** Starts the endpoints and waits until the process is told to end; exits with 1 if they do not start, 2 for usage. */
    public static void main(String[] args) throws InterruptedException {
        if (List.of(args).contains("--help")) {
            System.out.println("Usage: SimulatorMain [OPTION]...\n\n" + String.join("\n", OptionHelp.lines()));
            return;
        }
        SimulatedPool pool;
        try {
            StartPlan plan = StartPlan.of(List.of(args), System.getenv());
            plan.warnings().forEach(log::warn);
            pool = SimulatedPool.start(plan);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(USAGE);
            return;
        } catch (UncheckedIOException | IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(FAILED);
            return;
        }
        for (VllmSimulator endpoint : pool.endpoints()) {
            log.atInfo()
                    .addKeyValue("model", endpoint.settings().servedModelName())
                    .addKeyValue("endpoint", endpoint.baseUrl())
                    .log("simulated endpoint is ready");
        }
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            pool.close();
            ended.countDown();
        }));
        ended.await();
    }
}
