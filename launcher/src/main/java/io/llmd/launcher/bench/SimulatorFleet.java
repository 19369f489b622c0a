package io.llmd.launcher.bench;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.server.SimulatorRuntime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Many simulated endpoints in a process of their own, for the bench of the simulator. */
final class SimulatorFleet {

    private SimulatorFleet() {}

    /**
     * Starts endpoints, prints their ports in one line, and ends with its standard input.
     *
     * @param args number of endpoints, then options of {@code llmd sim} as {@code name=value}
     */
    public static void main(String[] args) throws IOException {
        int endpoints = Integer.parseInt(args[0]);
        SimulatorSettingsBuilder builder = SimulatorSettings.builder().port(0);
        for (String option : List.of(args).subList(1, args.length)) {
            int equals = option.indexOf('=');
            builder.option(option.substring(0, equals), option.substring(equals + 1));
        }
        SimulatorSettings settings = builder.build();
        SimulatorRuntime runtime = new SimulatorRuntime();
        List<VllmSimulator> running = new ArrayList<>();
        StringBuilder ports = new StringBuilder("ports");
        for (int i = 0; i < endpoints; i++) {
            VllmSimulator simulator = VllmSimulator.start(settings, runtime);
            running.add(simulator);
            ports.append(' ').append(simulator.port());
        }
        System.out.println(ports);
        while (System.in.read() >= 0) {
            // lives as long as whoever started it
        }
        running.forEach(VllmSimulator::close);
        runtime.close();
    }
}
