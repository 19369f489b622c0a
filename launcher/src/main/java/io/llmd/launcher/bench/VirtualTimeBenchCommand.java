package io.llmd.launcher.bench;

import io.llmd.launcher.terminal.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code llmd bench virtual-time}. Exit codes: 0 measured, 2 usage. */
@Command(
        name = "virtual-time",
        mixinStandardHelpOptions = true,
        description = {
            "How much eight simulated endpoints, their clients and a router do in virtual time for each second of CPU"
                    + " time, with three ways of routing.",
            "One thread, no sockets. How it measures: docs/benchmarks.md."
        })
final class VirtualTimeBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Measured rounds, each over all ways of routing (${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "2",
            description = "Rounds before these (${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "ladder,chats",
            description = "What clients ask for: ladder, chats (${DEFAULT-VALUE}).")
    private List<VirtualTimeWorkload> workloads = List.of();

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            defaultValue = "1",
            description = "Part of the requests of a workload, above 0 and up to 1 (${DEFAULT-VALUE}).")
    private double share;

    @Option(names = "--json", description = "One JSON object per line instead of a table.")
    private boolean json;

    @Override
    public Integer call() {
        require(runs >= 1, "runs: " + runs + " (expected: >= 1)");
        require(warmUp >= 0, "warm-up: " + warmUp + " (expected: >= 0)");
        require(share > 0 && share <= 1, "share: " + share + " (expected: above 0, at most 1)");
        TextTable table =
                TextTable.ofNumbers("workload, routing", "requests/s", "range", "tokens/s", "events/s", "virtual s/s");
        List<GoalLine> lines = new ArrayList<>();
        for (VirtualTimeWorkload workload : workloads) {
            measure(workload).forEach((routing, measured) -> {
                table.row(cells(workload, routing, measured));
                lines.add(line(workload, routing, measured));
            });
        }
        print(table, lines);
        return 0;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private Map<VirtualTimeRouting, List<VirtualTimeRun>> measure(VirtualTimeWorkload workload) {
        Map<VirtualTimeRouting, List<VirtualTimeRun>> measured = new EnumMap<>(VirtualTimeRouting.class);
        for (int round = -warmUp; round < runs; round++) {
            for (VirtualTimeRouting routing : VirtualTimeRouting.values()) {
                VirtualTimeRun run = VirtualTimeRun.of(workload, routing, share, round);
                if (round >= 0) {
                    measured.computeIfAbsent(routing, any -> new ArrayList<>()).add(run);
                }
            }
        }
        return measured;
    }

    private static String[] cells(
            VirtualTimeWorkload workload, VirtualTimeRouting routing, List<VirtualTimeRun> measured) {
        Figure rate = figure(measured, VirtualTimeRun::requestRate);
        return new String[] {
            name(workload) + ", " + routing.title(),
            number(rate.median()),
            number(rate.low()) + " to " + number(rate.high()),
            number(figure(measured, VirtualTimeRun::tokenRate).median()),
            number(figure(measured, VirtualTimeRun::eventRate).median()),
            number(figure(measured, VirtualTimeRun::speed).median())
        };
    }

    private static GoalLine line(
            VirtualTimeWorkload workload, VirtualTimeRouting routing, List<VirtualTimeRun> measured) {
        String name = "requests." + name(workload) + "." + routing.title().replace(' ', '-');
        return GoalLine.reported(
                "virtual-time", name, figure(measured, VirtualTimeRun::requestRate), "1/CPU s", null, 0);
    }

    private static Figure figure(List<VirtualTimeRun> measured, ToDoubleFunction<VirtualTimeRun> value) {
        return Figure.of(measured.stream().map(value::applyAsDouble).toList());
    }

    private static String name(VirtualTimeWorkload workload) {
        return workload.name().toLowerCase(Locale.ROOT);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private void print(TextTable table, List<GoalLine> lines) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonMapper mapper = JsonMapper.builder().build();
            lines.forEach(line -> out.println(mapper.writeValueAsString(line)));
        } else {
            out.print(table);
            out.println("Each second is one of CPU time; medians of " + runs + " runs.");
        }
        out.flush();
    }
}
