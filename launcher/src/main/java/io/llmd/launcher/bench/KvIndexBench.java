package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All figures of {@code llmd bench kv-index}, each over several rounds. */
final class KvIndexBench {

    /**
     * What is measured.
     *
     * @param trace of Mooncake's form; null for the synthetic one
     * @param endpoints that serve the trace
     * @param passes how often it is played, with other contents each time
     * @param rounds measurements of each figure
     * @param window length of a measurement of look-ups or events
     * @param memoryBlocks blocks for the bytes per block
     */
    record Settings(@Nullable Path trace, int endpoints, int passes, int rounds, Duration window, int memoryBlocks) {}

    private static final int LIVE_BLOCKS = 1_300_000;
    private static final int REMOVAL_BLOCKS = 4 << 20;
    private static final double BOOTSTRAP_BLOCKS = 63e6;
    private static final double MILLION = 1e6;

    private final Settings settings;
    private final PrintWriter progress;
    private final List<GoalLine> lines = new ArrayList<>();

    KvIndexBench(Settings settings, PrintWriter progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** @throws BenchFailure when an answer is wrong */
    List<GoalLine> run() throws IOException, InterruptedException {
        replay();
        report("machine.random-read-8-mb", figure(() -> MemoryLatency.nanos(8 << 20)), "ns");
        report("machine.random-read-64-mb", figure(() -> MemoryLatency.nanos(64 << 20)), "ns");
        lookups(32, 400, 2_000);
        lookups(128, 1_100, 3_000);
        say("look-ups of unknown prompts");
        report("early-exit", figure(() -> KvIndexLoad.earlyExit(LIVE_BLOCKS)), "ns");
        ingest("array-64", false, 64, 4);
        ingest("map-64", true, 64, 3);
        ingest("map-1", true, 1, 0);
        memory();
        operations();
        return lines;
    }

    private void replay() throws IOException, InterruptedException {
        Path file = settings.trace();
        KvIndexTrace trace = file == null
                ? KvIndexTrace.synthetic(settings.endpoints(), settings.passes())
                : KvIndexTrace.of(file, settings.endpoints(), settings.passes());
        say(String.format(
                "trace: %,d requests of %.1f blocks, %,d block operations, %d endpoints",
                trace.steps().size(), trace.meanDepth(), trace.blockOps(), settings.endpoints()));
        KvIndexReplay replay = new KvIndexReplay(trace);
        List<Double> together = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> p50 = new ArrayList<>();
        List<Double> perCore = new ArrayList<>();
        List<Double> examined = new ArrayList<>();
        List<Double> ratio = new ArrayList<>();
        for (int round = -1; round < settings.rounds(); round++) {
            KvIndexReplay.Outcome both = replay.together(new KvIndexSubject.Flat(settings.endpoints()));
            KvIndexReplay.Outcome flat = replay.inTurn(new KvIndexSubject.Flat(settings.endpoints()));
            KvIndexReplay.Outcome map = replay.inTurn(new KvIndexSubject.MapOfSets());
            if (flat.matched() != map.matched()) {
                throw new BenchFailure("answers differ: " + flat.matched() + " blocks, map of sets " + map.matched());
            }
            if (round < 0) {
                continue;
            }
            together.add(both.rate() / MILLION);
            p50.add(both.p50Nanos());
            p99.add(both.p99Nanos());
            perCore.add(flat.blockOps() / flat.cpuSeconds() / MILLION);
            examined.add((flat.examined() + both.blockOps() - requestBlocks(trace)) / flat.cpuSeconds() / MILLION);
            ratio.add(map.cpuSeconds() / flat.cpuSeconds());
            say(String.format(
                    "  round %d: %.1f M/s on two cores, %.1f M/s per CPU second, %.1f x map of sets",
                    round + 1, both.rate() / MILLION, perCore.getLast(), ratio.getLast()));
        }
        lines.add(GoalLine.judgedAtLeast("P10", "trace.block-ops", Figure.of(together), "M/s", 25, null));
        lines.add(GoalLine.judged("P10", "trace.lookup-p99", Figure.of(p99), "ns", 10_000, null, 0));
        report("trace.lookup-p50", Figure.of(p50), "ns");
        report("trace.block-ops-per-core", Figure.of(perCore), "M/s");
        report("trace.examined-ops-per-core", Figure.of(examined), "M/s");
        lines.add(GoalLine.judgedAtLeast("P10", "trace.cpu-ratio", Figure.of(ratio), "x", 10, "map of sets"));
    }

    private static long requestBlocks(KvIndexTrace trace) {
        return trace.steps().stream().mapToLong(KvIndexTrace.Step::count).sum();
    }

    private void lookups(int depth, double p50Goal, double p99Goal) throws InterruptedException {
        say("look-ups of " + depth + " blocks beside a writer");
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> writes = new ArrayList<>();
        for (int round = 0; round < settings.rounds(); round++) {
            KvIndexLoad.Lookups got =
                    KvIndexLoad.lookups(LIVE_BLOCKS, depth, settings.window().toNanos());
            p50.add(got.p50Nanos());
            p99.add(got.p99Nanos());
            writes.add(got.writes() / MILLION);
        }
        lines.add(GoalLine.judged("P10", "depth-" + depth + ".p50", Figure.of(p50), "ns", p50Goal, null, 0));
        lines.add(GoalLine.judged("P10", "depth-" + depth + ".p99", Figure.of(p99), "ns", p99Goal, null, 0));
        report("depth-" + depth + ".writes", Figure.of(writes), "M/s");
    }

    private void ingest(String name, boolean isMap, int perEvent, double goal) {
        say("events: " + name);
        Figure figure = figure(() -> KvIndexLoad.ingest(
                        isMap, perEvent, LIVE_BLOCKS / 4, settings.window().toNanos())
                / MILLION);
        lines.add(
                goal > 0
                        ? GoalLine.judgedAtLeast("P10", "ingest." + name, figure, "M/s", goal, null)
                        : GoalLine.reported("P10", "ingest." + name, figure, "M/s", null, 0));
    }

    private void memory() {
        say(String.format("memory of %,d blocks", settings.memoryBlocks()));
        KvIndexLoad.Memory memory = KvIndexLoad.memory(settings.memoryBlocks());
        lines.add(GoalLine.judged("P11", "bytes.index", one(memory.index()), "B", 23, null, 0));
        lines.add(GoalLine.judged("P11", "bytes.fused", one(memory.fused()), "B", 42, null, 0));
    }

    private void operations() {
        say("an endpoint leaves");
        List<Double> masked = new ArrayList<>();
        List<Double> swept = new ArrayList<>();
        for (int round = 0; round < settings.rounds(); round++) {
            KvIndexOperations.Removal removal = KvIndexOperations.removal(REMOVAL_BLOCKS);
            masked.add(removal.maskedNanos());
            swept.add(removal.sweptMillis());
        }
        lines.add(GoalLine.judged("B5", "removal.masked", Figure.of(masked), "ns", 1_000, null, 0));
        lines.add(GoalLine.judged("B5", "removal.swept", Figure.of(swept), "ms", 10, null, 0));
        say(String.format("a replica begins with %,d blocks", settings.memoryBlocks()));
        KvIndexOperations.Bootstrap bootstrap = KvIndexOperations.bootstrap(settings.memoryBlocks());
        lines.add(GoalLine.reported(
                "B5",
                "bootstrap.blocks-per-core",
                one(bootstrap.blocks() / bootstrap.cpuSeconds() / MILLION),
                "M/s",
                null,
                0));
        lines.add(GoalLine.judged(
                "B5",
                "bootstrap.63-million",
                one(bootstrap.cpuSeconds() * BOOTSTRAP_BLOCKS / bootstrap.blocks()),
                "s",
                10,
                null,
                0));
    }

    private interface Measure {
        double value();
    }

    private Figure figure(Measure measure) {
        List<Double> values = new ArrayList<>();
        for (int round = 0; round < settings.rounds(); round++) {
            values.add(measure.value());
        }
        return Figure.of(values);
    }

    private static Figure one(double value) {
        return new Figure(value, value, value);
    }

    private void report(String name, Figure figure, String unit) {
        lines.add(GoalLine.reported("P10", name, figure, unit, null, 0));
    }

    private void say(String text) {
        progress.println(text);
        progress.flush();
    }
}
