package io.llmd.launcher.top;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.launcher.home.SchedulerOptions;
import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.TextTable;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd top}: what the scheduler knows of each endpoint, each second anew. */
@Command(
        name = "top",
        description = "Show the endpoints and their load, each second anew; ends with Ctrl-C.",
        footer = {"", "Exit codes: 0 shown, 3 no scheduler."})
public final class TopCommand implements Callable<Integer> {

    /** What rows are sorted by. */
    enum Column {
        NAME,
        RUNNING,
        WAITING,
        KV,
        PLACED,
        AGE
    }

    private final Terminal terminal;

    @Mixin
    private final SchedulerOptions scheduler = new SchedulerOptions();

    @Option(
            names = "--sort",
            paramLabel = "COLUMN",
            defaultValue = "NAME",
            description = "${COMPLETION-CANDIDATES}; the largest first (default: ${DEFAULT-VALUE})")
    private Column sort = Column.NAME;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            defaultValue = "1s",
            description = "time between two looks (default: ${DEFAULT-VALUE})")
    private Duration every = Duration.ZERO;

    @Option(names = "--once", description = "show it once; so it is too when the output is no terminal")
    private boolean once;

    @Option(names = "--json", description = "print the scheduler's list as one JSON object, once")
    private boolean json;

    public TopCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (ServiceApi api = scheduler.open()) {
            while (true) {
                EndpointList list = api.get("/v1/endpoints", EndpointList.class);
                if (json) {
                    terminal.println(Json.line(list));
                    return ExitCode.OK;
                }
                boolean isLast = once || !terminal.interactive();
                terminal.println((isLast ? "" : clearScreen()) + text(list.endpoints()));
                if (isLast) {
                    return ExitCode.OK;
                }
                TimeUnit.MILLISECONDS.sleep(Math.max(100, every.toMillis()));
            }
        }
    }

    /** Home and clear; terminals that understand colours understand this. */
    private String clearScreen() {
        return terminal.colored() ? "\033[H\033[2J" : "";
    }

    private String text(List<EndpointStatus> endpoints) {
        TextTable table =
                TextTable.ofNumbers("endpoint", "state", "running", "waiting", "KV", "placed", "prompt tokens", "age");
        endpoints.stream()
                .sorted(order())
                .forEach(each -> table.row(
                        each.endpoint().id(),
                        each.fresh() ? "ok" : "stale",
                        count(each, each.runningRequests()),
                        count(each, each.waitingRequests()),
                        each.metricsAgeMillis() < 0
                                ? "-"
                                : String.format(Locale.ROOT, "%.0f %%", each.kvCacheUsage() * 100),
                        String.valueOf(each.inFlightRequests()),
                        String.valueOf(each.inFlightTokens()),
                        each.metricsAgeMillis() < 0 ? "-" : each.metricsAgeMillis() + " ms"));
        long placed =
                endpoints.stream().mapToLong(EndpointStatus::inFlightRequests).sum();
        long waiting =
                endpoints.stream().mapToLong(EndpointStatus::waitingRequests).sum();
        return " " + LocalTime.now().truncatedTo(ChronoUnit.SECONDS) + "   " + endpoints.size() + " endpoints, "
                + placed + " requests placed, " + waiting + " waiting at endpoints\n\n"
                + table.toString().stripTrailing();
    }

    private static String count(EndpointStatus endpoint, int value) {
        return endpoint.metricsAgeMillis() < 0 ? "-" : String.valueOf(value);
    }

    private Comparator<EndpointStatus> order() {
        Comparator<EndpointStatus> byName =
                Comparator.comparing(each -> each.endpoint().id());
        return switch (sort) {
            case NAME -> byName;
            case RUNNING ->
                Comparator.comparingInt(EndpointStatus::runningRequests)
                        .reversed()
                        .thenComparing(byName);
            case WAITING ->
                Comparator.comparingInt(EndpointStatus::waitingRequests)
                        .reversed()
                        .thenComparing(byName);
            case KV ->
                Comparator.comparingDouble(EndpointStatus::kvCacheUsage)
                        .reversed()
                        .thenComparing(byName);
            case PLACED ->
                Comparator.comparingLong(EndpointStatus::inFlightRequests)
                        .reversed()
                        .thenComparing(byName);
            case AGE ->
                Comparator.comparingLong(EndpointStatus::metricsAgeMillis)
                        .reversed()
                        .thenComparing(byName);
        };
    }
}
