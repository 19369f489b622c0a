package io.llmd.launcher.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code llmd bench simulator}. Exit codes: 0 measured, also when the goal is missed, 1 a stream failed, 2 usage. */
@Command(
        name = "simulator",
        mixinStandardHelpOptions = true,
        description = {
            "How late tokens leave many simulated endpoints in one process that serve many streams in real time, and the"
                    + " CPU time of an event.",
            "Loopback only; the endpoints end with the command."
        })
final class SimulatorBenchCommand implements Callable<Integer> {
    private static final double GOAL_MILLIS = 5;
    private static final Duration START = Duration.ofSeconds(5);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "64",
            description = "Endpoints in the process (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Streams at a time (${DEFAULT-VALUE}).")
    private int streams;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "400",
            description = "Tokens of a stream (${DEFAULT-VALUE}).")
    private int tokens;

    @Option(
            names = "--latency-model",
            paramLabel = "NAME",
            defaultValue = "llama-70b-h100x4",
            description = "Step times, as for llmd sim (${DEFAULT-VALUE}).")
    private String latencyModel = "";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements, one after the other (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "15",
            description = "Seconds between the last stream's start and the first measurement (${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--json", description = "One JSON object per line instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time of other processes is read from /proc, so this bench needs Linux");
            return 3;
        }
        QuietLogs.warningsOnly();
        Process fleet = new ProcessBuilder(ChildJvm.command(
                        SimulatorFleet.class.getName(), List.of("" + endpoints, latencyModel, "16384")))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            print(measure(fleet, err));
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        } finally {
            fleet.getOutputStream().close();
            if (!fleet.waitFor(10, TimeUnit.SECONDS)) {
                fleet.destroyForcibly();
            }
        }
    }

    private List<GoalLine> measure(Process fleet, PrintWriter err) throws IOException, InterruptedException {
        List<Integer> ports = ports(fleet);
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> rate = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        List<Double> cores = new ArrayList<>();
        CpuMeter meter = CpuMeter.system();
        try (StreamLoad load = StreamLoad.start(ports, streams, tokens, START);
                HttpClient client = HttpClient.newHttpClient()) {
            TimeUnit.SECONDS.sleep(START.toSeconds() + warmUp);
            for (int round = 0; round < rounds; round++) {
                PacingReading before = PacingReading.of(client, ports);
                long eventsBefore = load.events();
                long cpuBefore = meter.treeNanos(fleet.toHandle());
                long start = System.nanoTime();
                TimeUnit.SECONDS.sleep(seconds);
                double elapsed = (System.nanoTime() - start) / 1e9;
                long cpuNanos = meter.treeNanos(fleet.toHandle()) - cpuBefore;
                long events = load.events() - eventsBefore;
                PacingReading late = PacingReading.of(client, ports).since(before);
                load.check();
                p50.add(late.quantile(0.5) * 1e3);
                p99.add(late.quantile(0.99) * 1e3);
                rate.add(events / elapsed);
                cpu.add(cpuNanos / 1e3 / events);
                cores.add(cpuNanos / 1e9 / elapsed);
                err.printf("round %d: %,d events, p99 late <= %.2f ms%n", round + 1, events, p99.getLast());
                err.flush();
            }
        }
        return List.of(
                GoalLine.judged("simulator", "pacing-error-p99", Figure.of(p99), "ms", GOAL_MILLIS, null, 0),
                GoalLine.reported("simulator", "pacing-error-p50", Figure.of(p50), "ms", null, 0),
                GoalLine.reported("simulator", "events", Figure.of(rate), "1/s", null, 0),
                GoalLine.reported("simulator", "cpu-per-event", Figure.of(cpu), "us", null, 0),
                GoalLine.reported("simulator", "cores", Figure.of(cores), "cores", null, 0));
    }

    private static List<Integer> ports(Process fleet) throws IOException {
        BufferedReader out = new BufferedReader(new InputStreamReader(fleet.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("ports ")) {
            throw new BenchFailure("the endpoints did not start: " + line);
        }
        return Arrays.stream(line.substring(6).split(" ")).map(Integer::valueOf).toList();
    }

    private void print(List<GoalLine> lines) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonMapper mapper = JsonMapper.builder().build();
            lines.forEach(line -> out.println(mapper.writeValueAsString(line)));
        } else {
            out.printf("%d endpoints, %d streams, %s%n", endpoints, streams, latencyModel);
            lines.forEach(line -> out.printf(
                    "  %-18s %,12.3f %-6s (%,.3f to %,.3f)%s%n",
                    line.name(), line.value(), line.unit(), line.low(), line.high(), verdict(line)));
        }
        out.flush();
    }

    private static String verdict(GoalLine line) {
        return line.target() == null
                ? ""
                : "  goal <= " + line.target() + ": " + (Boolean.TRUE.equals(line.pass()) ? "met" : "missed");
    }
}
