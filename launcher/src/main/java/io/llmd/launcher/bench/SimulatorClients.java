package io.llmd.launcher.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** The streams of the simulator's bench in a process of their own, so that they can have a lower priority. */
final class SimulatorClients {

    private SimulatorClients() {}

    /**
     * Starts streams, answers each line of its standard input with how far they got, and ends with it.
     *
     * @param args streams, tokens of each, milliseconds over which they start, ports
     */
    public static void main(String[] args) throws IOException {
        QuietLogs.warningsOnly();
        List<Integer> ports = Arrays.stream(args).skip(3).map(Integer::valueOf).toList();
        Duration over = Duration.ofMillis(Long.parseLong(args[2]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (StreamLoad load = StreamLoad.start(ports, Integer.parseInt(args[0]), Integer.parseInt(args[1]), over)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String failure = load.failure();
                System.out.println(failure == null ? "events " + load.events() + " " + load.completed() : failure);
            }
        }
    }
}
