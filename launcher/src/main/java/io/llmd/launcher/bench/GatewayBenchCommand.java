package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code llmd bench gateway}. Exit codes: 0 measured (also when a goal is missed), 1 a contender failed or answered
 * wrongly, 2 wrong options, 3 this machine cannot measure.
 */
@Command(
        name = "gateway",
        mixinStandardHelpOptions = true,
        description = {
            "CPU time per request and per streamed event, throughput and added latency of the gateway with its scheduler,"
                    + " beside nginx, a bare Reactor Netty relay and Spring Cloud Gateway.",
            "Loopback only; all contenders end with the command. How it measures: docs/benchmarks.md."
        })
final class GatewayBenchCommand implements Callable<Integer> {

    private static final int NOT_READY = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Rounds, each over all contenders (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "Connections of short requests (${DEFAULT-VALUE}).")
    private int connections;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "256",
            description = "Paced streams at a time (${DEFAULT-VALUE}).")
    private int streams;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "10",
            description = "Least load in seconds before a JVM is measured (${DEFAULT-VALUE}).")
    private double warmUp;

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "nginx,relay,llmd",
            description =
                    "Who takes part: nginx, haproxy, relay, scg, vllm-router, smg, litellm, llmd (${DEFAULT-VALUE});"
                            + " programs are looked for in LLMD_BENCH_PATH, too.")
    private List<String> names = List.of();

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "short,long,paced,unpaced,single,half",
            description = "What is measured: short, long, paced, unpaced, single, half (all).")
    private List<String> workloads = List.of();

    @Option(names = "--json", description = "One JSON object per line instead of tables.")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        BenchSettings settings = settings();
        List<Contender> contenders = new ArrayList<>();
        for (Contender contender : chosen()) {
            Optional<String> reason = contender.unavailable();
            if (reason.isPresent()) {
                err.println(contender.name() + ": skipped, " + reason.get());
            } else {
                contenders.add(contender);
            }
        }
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time of other processes is read from /proc, so this bench needs Linux");
            return NOT_READY;
        }
        if (contenders.isEmpty()) {
            err.println("llmd: none of the contenders can run here");
            return NOT_READY;
        }
        QuietLogs.warningsOnly();
        try (GatewayBench bench = GatewayBench.open(settings, line -> println(err, line))) {
            print(
                    bench.run(contenders),
                    contenders.stream().map(Contender::name).toList());
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        } finally {
            err.flush();
        }
    }

    private static void println(PrintWriter writer, String line) {
        writer.println(line);
        writer.flush();
    }

    private List<Contender> chosen() {
        List<Contender> known = List.of(
                new NginxContender(Programs.find("nginx")),
                new HaproxyContender(Programs.find("haproxy")),
                new RelayContender(),
                new SpringGatewayContender(),
                RouterContender.vllmRouter(),
                RouterContender.smg(),
                RouterContender.litellm(),
                new LlmdContender());
        List<Contender> chosen = new ArrayList<>();
        for (String name : new LinkedHashSet<>(names)) {
            chosen.add(known.stream()
                    .filter(contender -> contender.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> wrong("--contenders: " + name + " (expected: "
                            + known.stream().map(Contender::name).collect(Collectors.joining(", ")) + ")")));
        }
        return chosen;
    }

    private BenchSettings settings() {
        try {
            return new BenchSettings(
                    rounds,
                    ofSeconds(seconds),
                    connections,
                    streams,
                    Duration.ofMillis(10),
                    ofSeconds(warmUp),
                    workloads());
        } catch (IllegalArgumentException invalid) {
            throw wrong(String.valueOf(invalid.getMessage()));
        }
    }

    private static Duration ofSeconds(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }

    private List<Workload> workloads() {
        List<Workload> chosen = Arrays.stream(Workload.values())
                .filter(workload -> workloads.contains(workload.label()))
                .toList();
        if (chosen.size() != new LinkedHashSet<>(workloads).size()) {
            throw wrong("--workloads: " + workloads + " (expected: short, long, paced, unpaced, single, half)");
        }
        return chosen;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void print(Results results, List<String> contenders) {
        PrintWriter out = spec.commandLine().getOut();
        List<GoalLine> lines = Goals.of(results, contenders);
        if (json) {
            JsonMapper mapper = JsonMapper.builder().build();
            lines.forEach(line -> out.println(mapper.writeValueAsString(line)));
        } else {
            out.println();
            out.print(BenchReport.contenders(results, contenders));
            String goals = BenchReport.goals(lines);
            out.print(goals.isEmpty() ? "" : "\n" + goals);
        }
        out.flush();
    }
}
