package io.llmd.launcher.bench;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.server.SimulatorRuntime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Many simulated endpoints in a process of their own, for the bench of the simulator. */
final class SimulatorFleet {

    private SimulatorFleet() {}

    /** Starts endpoints, prints their ports in one line, and ends with its standard input. */
    public static void main(String[] args) throws IOException {
        int endpoints = Integer.parseInt(args[0]);
        SimulatorSettings settings = SimulatorSettings.builder()
                .port(0)
                .option("latency-model", args[1])
                .option("kv-cache-size", args[2])
                .build();
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
