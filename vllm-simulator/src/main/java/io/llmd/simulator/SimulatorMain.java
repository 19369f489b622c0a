package io.llmd.simulator;

import io.llmd.simulator.config.SimulatorOption;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one endpoint from the command line, with options as {@code --name value} or {@code --name=value}. */
public final class SimulatorMain {
    private static final Logger log = LoggerFactory.getLogger(SimulatorMain.class);

    private SimulatorMain() {}

    /** Starts the endpoint and waits until the process is told to end. */
    public static void main(String[] args) throws InterruptedException {
        SimulatorSettings settings = SimulatorSettings.fromOptions(options(args));
        VllmSimulator simulator = VllmSimulator.start(settings);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            simulator.close();
            ended.countDown();
        }));
        log.atInfo()
                .addKeyValue("model", settings.servedModelName())
                .addKeyValue("endpoint", simulator.baseUrl())
                .log("simulated endpoint is ready");
        ended.await();
    }

    /** Option values by name; see {@link SimulatorOption} for the names. */
    static Map<String, String> options(String... args) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                throw new IllegalArgumentException("argument: " + args[i] + " (expected: --option)");
            }
            String option = args[i].substring(2);
            int equals = option.indexOf('=');
            if (equals >= 0) {
                options.put(option.substring(0, equals), option.substring(equals + 1));
            } else if (i + 1 < args.length && !args[i + 1].startsWith("--")) {
                options.put(option, args[++i]);
            } else {
                options.put(option, "");
            }
        }
        return options;
    }
}
