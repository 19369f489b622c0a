package io.llmd.launcher.bench;

import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.simulator.kvevents.KvEventLoop;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.kvevents.KvEventSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * All figures of {@code llmd bench kv-lookup}: an index service in a process of its own, engines whose caches are full, and one
 * client that asks about prompts of 100,000 tokens.
 */
final class KvLookupBench {

    /**
     * What is measured.
     *
     * @param endpoints engines
     * @param requestsPerSecond while latency is measured
     * @param rounds measurements of each figure
     * @param window length of one measurement
     */
    record Settings(int endpoints, int requestsPerSecond, int rounds, Duration window) {}

    /** How prompts are sent. */
    private record Form(
            String name,
            String path,
            String contentType,
            IntFunction<byte[]> body,
            double p50Goal,
            double p95Goal,
            double perCoreGoal) {}

    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    private static final int SENT_PROMPTS = 20;
    private static final int KEY_ROUNDS = 1_000;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Settings settings;
    private final PrintWriter progress;
    private final KvLookupPrompts prompts;
    private final List<GoalLine> lines = new ArrayList<>();

    KvLookupBench(Settings settings, PrintWriter progress) {
        this.settings = settings;
        this.progress = progress;
        prompts = new KvLookupPrompts(settings.endpoints());
    }

    /** @throws BenchFailure when the service does not come up, or an answer is wrong */
    List<GoalLine> run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("llmd-bench");
        try (KvEventLoop loop = KvEventLoop.start()) {
            List<KvEventPublisher> engines = new ArrayList<>();
            for (int i = 0; i < settings.endpoints(); i++) {
                engines.add(loop.open(
                        KvEventSettings.DEFAULT
                                .withEndpoint("tcp://127.0.0.1:*")
                                .withTopic("kv@pod-" + i + "@" + KvLookupPrompts.MODEL)
                                .withFormat(KvEventFormat.ARRAY),
                        0));
            }
            List<Integer> ports = engines.stream().map(KvEventPublisher::port).toList();
            try (ChildProcess service = ChildProcess.start(new KvLookupContender(), ports, folder)) {
                service.await(START_LIMIT, () -> connected(service.port()) == settings.endpoints());
                fill(engines, service.port());
                measure(service);
            }
        } finally {
            delete(folder);
        }
        return lines;
    }

    private static long connected(int port) throws IOException {
        try (KvLookupClient client = new KvLookupClient(port)) {
            return JSON.readTree(client.ask("/v1/sources", "", null))
                    .get("sources")
                    .valueStream()
                    .map(source -> source.get("connected"))
                    .filter(JsonNode::asBoolean)
                    .count();
        }
    }

    private void fill(List<KvEventPublisher> engines, int port) throws IOException {
        for (int i = 0; i < engines.size(); i++) {
            for (KvEvent event : prompts.events(i)) {
                engines.get(i).publish(1, List.of(event));
            }
        }
        long memberships = (long) settings.endpoints() * settings.endpoints() * KvLookupPrompts.BLOCKS;
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        try (KvLookupClient client = new KvLookupClient(port)) {
            KvIndexStats stats = stats(client);
            while (stats.memberships() < memberships && System.nanoTime() < deadline) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                stats = stats(client);
            }
            if (stats.memberships() != memberships || stats.blocks() != prompts.blocks()) {
                throw new BenchFailure("blocks: " + stats.blocks() + " held " + stats.memberships()
                        + " times (expected: " + prompts.blocks() + ", " + memberships + ")");
            }
        }
        say(String.format("%d endpoints hold %,d blocks each", settings.endpoints(), memberships / engines.size()));
    }

    private static KvIndexStats stats(KvLookupClient client) throws IOException {
        return JSON.readValue(client.ask("/v1/stats", "", null), KvIndexStats.class);
    }

    private void measure(ChildProcess service) throws IOException {
        CpuMeter cpu = CpuMeter.system();
        List<Form> forms = List.of(
                new Form(
                        "binary",
                        "/v1/prefix-matches?model=" + KvLookupPrompts.MODEL,
                        "application/octet-stream",
                        prompts::bytes,
                        0.35,
                        0.8,
                        2_000),
                new Form("json", "/v1/prefix-matches", "application/json", prompts::json, 1, 2, 600));
        lines.add(GoalLine.reported("B3", "keys", keyMillis(), "ms", null, 0));
        for (Form form : forms) {
            try (KvLookupClient client = new KvLookupClient(service.port())) {
                measure(form, client, service, cpu);
            }
        }
    }

    private void measure(Form form, KvLookupClient client, ChildProcess service, CpuMeter cpu) throws IOException {
        byte[][] bodies = new byte[Math.min(SENT_PROMPTS, prompts.count())][];
        for (int i = 0; i < bodies.length; i++) {
            bodies[i] = form.body().apply(i * (prompts.count() / bodies.length));
        }
        String answer = client.ask(form.path(), form.contentType(), bodies[0]);
        check(answer);
        fullSpeed(form, client, bodies, settings.window().multipliedBy(2));
        try (KvLookupFloor floor = new KvLookupFloor(answer.length());
                KvLookupClient exchange = new KvLookupClient(floor.port())) {
            fullSpeed(form, exchange, bodies, settings.window().dividedBy(4));
            measure(form, client, exchange, bodies, service, cpu);
        }
    }

    private void measure(
            Form form, KvLookupClient client, KvLookupClient floor, byte[][] bodies, ChildProcess service, CpuMeter cpu)
            throws IOException {
        List<Double> p50 = new ArrayList<>();
        List<Double> p95 = new ArrayList<>();
        List<Double> exchanges = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        List<Double> perCore = new ArrayList<>();
        for (int round = 0; round < settings.rounds(); round++) {
            exchanges.add(
                    paced(form, floor, bodies, settings.window().dividedBy(2)).getValueAtPercentile(50) / 1e6);
            Histogram nanos = paced(form, client, bodies, settings.window());
            p50.add(nanos.getValueAtPercentile(50) / 1e6);
            p95.add(nanos.getValueAtPercentile(95) / 1e6);
            long before = cpu.treeNanos(service.handle());
            long begin = System.nanoTime();
            long answers = fullSpeed(form, client, bodies, settings.window());
            rates.add(answers / ((System.nanoTime() - begin) / 1e9));
            perCore.add(answers / ((cpu.treeNanos(service.handle()) - before) / 1e9));
            say(String.format(
                    "%s, round %d: %.2f ms p50 (exchange %.2f), %.2f ms p95 at %d/s; %,.0f/s, %,.0f per CPU second",
                    form.name(),
                    round + 1,
                    p50.getLast(),
                    exchanges.getLast(),
                    p95.getLast(),
                    settings.requestsPerSecond(),
                    rates.getLast(),
                    perCore.getLast()));
        }
        lines.add(GoalLine.judged("B3", form.name() + ".p50", Figure.of(p50), "ms", form.p50Goal(), null, 0));
        lines.add(GoalLine.judged("B3", form.name() + ".p95", Figure.of(p95), "ms", form.p95Goal(), null, 0));
        lines.add(GoalLine.reported("B3", form.name() + ".exchange-p50", Figure.of(exchanges), "ms", null, 0));
        lines.add(GoalLine.judgedAtLeast(
                "B3", form.name() + ".requests-per-core", Figure.of(perCore), "1/s", form.perCoreGoal(), null));
        lines.add(GoalLine.reported("B3", form.name() + ".requests", Figure.of(rates), "1/s", null, 0));
    }

    /** How long the keys of a prompt take, of which each waits for the one before. */
    private Figure keyMillis() {
        KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
        ByteBuffer tokens = ByteBuffer.allocateDirect(KvLookupPrompts.TOKENS * Integer.BYTES)
                .put(0, prompts.bytes(0))
                .order(ByteOrder.LITTLE_ENDIAN);
        long[] keys = new long[KvLookupPrompts.BLOCKS];
        List<Double> millis = new ArrayList<>();
        for (int round = 0; round < 3 * KEY_ROUNDS; round++) {
            long from = System.nanoTime();
            hasher.chain(1, tokens, 0, keys.length, KvLookupPrompts.BLOCK_TOKENS, keys, 0);
            millis.add((System.nanoTime() - from) / 1e6);
        }
        return Figure.of(millis.subList(2 * KEY_ROUNDS, millis.size()));
    }

    /** All endpoints hold the system prompt, and one of them the question too. */
    private void check(String answer) {
        PrefixMatches matches = JSON.readValue(answer, PrefixMatches.class);
        long whole = matches.endpoints().stream()
                .filter(each -> each.blocks() == KvLookupPrompts.BLOCKS)
                .count();
        int least = matches.endpoints().stream()
                .mapToInt(EndpointMatch::blocks)
                .min()
                .orElse(0);
        if (matches.endpoints().size() != settings.endpoints()
                || whole != 1
                || least < KvLookupPrompts.BLOCKS * 9 / 10) {
            throw new BenchFailure("answer: " + matches.endpoints().size() + " endpoints, " + whole
                    + " of them with all" + " blocks, at least " + least + " blocks (expected: " + settings.endpoints()
                    + ", 1, most)");
        }
    }

    private Histogram paced(Form form, KvLookupClient client, byte[][] bodies, Duration window) throws IOException {
        Histogram nanos = new Histogram(3);
        long interval = TimeUnit.SECONDS.toNanos(1) / settings.requestsPerSecond();
        long count = Math.max(1, window.toNanos() / interval);
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = begin + i * interval;
            for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
                LockSupport.parkNanos(due - now);
            }
            long sent = System.nanoTime();
            client.ask(form.path(), form.contentType(), bodies[i % bodies.length]);
            nanos.recordValue(System.nanoTime() - sent);
        }
        return nanos;
    }

    private static long fullSpeed(Form form, KvLookupClient client, byte[][] bodies, Duration window)
            throws IOException {
        long end = System.nanoTime() + window.toNanos();
        int answers = 0;
        while (System.nanoTime() < end) {
            client.ask(form.path(), form.contentType(), bodies[answers++ % bodies.length]);
        }
        return answers;
    }

    private void say(String text) {
        progress.println(text);
        progress.flush();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
