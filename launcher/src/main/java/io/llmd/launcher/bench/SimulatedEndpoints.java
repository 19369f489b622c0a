package io.llmd.launcher.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Simulated endpoints in one process of their own, which ends with this one. */
final class SimulatedEndpoints implements AutoCloseable {

    private final Process process;
    private final List<Integer> ports;

    /**
     * Starts them.
     *
     * @param options of each endpoint, as {@code name=value}
     * @throws BenchFailure if they do not start
     */
    SimulatedEndpoints(int endpoints, List<String> options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(endpoints)));
        arguments.addAll(options);
        process = new ProcessBuilder(ChildJvm.command(SimulatorFleet.class.getName(), arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("ports ")) {
            process.destroyForcibly();
            throw new BenchFailure("the endpoints did not start: " + line);
        }
        ports = Arrays.stream(line.substring(6).split(" "))
                .map(Integer::valueOf)
                .toList();
    }

    List<Integer> ports() {
        return ports;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
