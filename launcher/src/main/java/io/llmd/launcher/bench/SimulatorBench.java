package io.llmd.launcher.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** Endpoints in one process, their clients in another one of lower priority, and rounds that look at both. */
final class SimulatorBench implements AutoCloseable {
    private static final double GOAL_MILLIS = 5;
    private static final double MAX_FOREIGN_SHARE = 0.20;
    private static final Duration FIRST_TOKENS_LIMIT = Duration.ofSeconds(30);
    private static final Duration START_OF_A_STREAM = Duration.ofNanos(2_500_000);
    private static final List<String> LOW_PRIORITY = List.of("nice", "-n", "10");
    private static final List<String> REAL_TIME_PRIORITY = List.of("chrt", "--rr", "1");

    private final Settings settings;
    private final PrintWriter progress;
    private final CpuMeter meter = CpuMeter.system();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Process fleet;
    private final List<Integer> ports;
    private final Process clients;
    private final BufferedReader fromClients;
    private final List<Round> rounds = new ArrayList<>();

    /**
     * What is measured.
     *
     * @param options of each endpoint, as {@code name=value}
     * @param tokens of each stream
     * @param rounds measurements, at least 1
     * @param window length of one
     * @param warmUp after the start of the last stream
     * @param realTime whether the endpoints get a core before everything of usual priority
     */
    record Settings(
            int endpoints,
            int streams,
            int tokens,
            List<String> options,
            int rounds,
            Duration window,
            Duration warmUp,
            boolean realTime) {}

    private record Clients(long events, long completed) {}

    private record Round(
            MeterBuckets late, long events, double seconds, long fleetNanos, long clientNanos, double foreignShare) {}

    private record Reading(MeterBuckets late, Clients clients, long clientNanos, Clocks clocks) {}

    SimulatorBench(Settings settings, PrintWriter progress) throws IOException {
        this.settings = settings;
        this.progress = progress;
        fleet = start(fleetCommand());
        try {
            ports = readPorts();
            clients = start(clientCommand());
        } catch (IOException | RuntimeException e) {
            end(fleet);
            throw e;
        }
        fromClients = reader(clients);
    }

    /** Whether this user may start processes of real-time priority. */
    static boolean mayUseRealTime() throws InterruptedException {
        List<String> trial = new ArrayList<>(REAL_TIME_PRIORITY);
        trial.add("true");
        try {
            return new ProcessBuilder(trial)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchCommand) {
            return false;
        }
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private List<String> fleetCommand() {
        List<String> arguments = new ArrayList<>(List.of("" + settings.endpoints()));
        arguments.addAll(settings.options());
        List<String> command = new ArrayList<>(settings.realTime() ? REAL_TIME_PRIORITY : List.of());
        command.addAll(ChildJvm.command(SimulatorFleet.class.getName(), arguments));
        return command;
    }

    private List<String> clientCommand() {
        List<String> arguments = new ArrayList<>(List.of(
                "" + settings.streams(),
                "" + settings.tokens(),
                "" + startTime().toMillis()));
        ports.forEach(port -> arguments.add("" + port));
        List<String> command = new ArrayList<>(LOW_PRIORITY);
        command.addAll(ChildJvm.command(SimulatorClients.class.getName(), arguments));
        return command;
    }

    private Duration startTime() {
        return START_OF_A_STREAM.multipliedBy(settings.streams());
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private List<Integer> readPorts() throws IOException {
        String line = reader(fleet).readLine();
        if (line == null || !line.startsWith("ports ")) {
            throw new BenchFailure("the endpoints did not start: " + line);
        }
        return Arrays.stream(line.substring(6).split(" ")).map(Integer::valueOf).toList();
    }

    /**
     * Measures.
     *
     * @throws BenchFailure if a stream went wrong, or none was served
     */
    List<GoalLine> run() throws IOException, InterruptedException {
        TimeUnit.MILLISECONDS.sleep(startTime().plus(settings.warmUp()).toMillis());
        Reading before = firstTokens();
        for (int i = 0; i < settings.rounds(); i++) {
            TimeUnit.MILLISECONDS.sleep(settings.window().toMillis());
            Reading after = read();
            Round round = between(before, after);
            progress.printf(
                    "round %d: %,d events, p99 late <= %.2f ms%n",
                    i + 1, round.events(), round.late().quantile(0.99) * 1e3);
            progress.flush();
            rounds.add(round);
            before = after;
        }
        return List.of(
                GoalLine.judged(
                        "simulator",
                        "pacing-error-p99",
                        figure(round -> round.late().quantile(0.99) * 1e3),
                        "ms",
                        GOAL_MILLIS,
                        null,
                        disturbed()),
                reported("pacing-error-p50", "ms", round -> round.late().quantile(0.5) * 1e3),
                reported("events", "1/s", round -> round.events() / round.seconds()),
                reported("cpu-per-event", "us", round -> round.fleetNanos() / 1e3 / round.events()),
                reported("cores", "cores", round -> round.fleetNanos() / 1e9 / round.seconds()),
                reported("client-cores", "cores", round -> round.clientNanos() / 1e9 / round.seconds()));
    }

    /** Clients have idle priority: on a busy machine their first tokens may be late. */
    private Reading firstTokens() throws IOException, InterruptedException {
        long limit = System.nanoTime() + FIRST_TOKENS_LIMIT.toNanos();
        Reading reading = read();
        while (reading.clients().events() == 0 && System.nanoTime() < limit) {
            TimeUnit.MILLISECONDS.sleep(100);
            reading = read();
        }
        return reading;
    }

    private Reading read() throws IOException, InterruptedException {
        return new Reading(
                paced(), askClients(), meter.treeNanos(clients.toHandle()), Clocks.read(meter, fleet.toHandle()));
    }

    private MeterBuckets paced() throws IOException, InterruptedException {
        List<MetersPage> pages = new ArrayList<>();
        for (int port : ports) {
            pages.add(MetersPage.read(http, URI.create("http://127.0.0.1:" + port + "/metrics")));
        }
        return MeterBuckets.of(pages, "sim_pacing_error_seconds");
    }

    private Clients askClients() throws IOException {
        clients.getOutputStream().write('\n');
        clients.getOutputStream().flush();
        String line = fromClients.readLine();
        if (line == null || !line.startsWith("events ")) {
            throw new BenchFailure("a stream went wrong: " + line);
        }
        String[] fields = line.split(" ");
        return new Clients(Long.parseLong(fields[1]), Long.parseLong(fields[2]));
    }

    private Round between(Reading from, Reading to) {
        MeterBuckets late = to.late().since(from.late());
        long events = to.clients().events() - from.clients().events();
        if (late.count() == 0 || events == 0) {
            throw new BenchFailure("no token was sent in a round");
        }
        long clientNanos = to.clientNanos() - from.clientNanos();
        double seconds = (to.clocks().nanos() - from.clocks().nanos()) / 1e9;
        int cores = Runtime.getRuntime().availableProcessors();
        double foreign = Clocks.foreignShare(from.clocks(), to.clocks(), cores) - clientNanos / 1e9 / seconds / cores;
        long fleetNanos = to.clocks().contenderNanos() - from.clocks().contenderNanos();
        return new Round(late, events, seconds, fleetNanos, clientNanos, foreign);
    }

    private GoalLine reported(String name, String unit, ToDoubleFunction<Round> value) {
        return GoalLine.reported("simulator", name, figure(value), unit, null, disturbed());
    }

    private Figure figure(ToDoubleFunction<Round> value) {
        return Figure.of(rounds.stream().map(value::applyAsDouble).toList());
    }

    private long disturbed() {
        return rounds.stream()
                .filter(round -> round.foreignShare() > MAX_FOREIGN_SHARE)
                .count();
    }

    @Override
    public void close() throws IOException {
        http.close();
        end(clients);
        end(fleet);
    }

    private static void end(Process process) throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
