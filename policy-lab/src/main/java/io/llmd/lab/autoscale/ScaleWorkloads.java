package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.lab.autoscale.Arrivals.Lengths;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.RecordedLengths;
import io.llmd.lab.traffic.ServeGenWindows;
import io.llmd.lab.traffic.Traffic;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;

/** The workloads of specs/autoscaling.md 5.2, as far as recordings are at hand. */
public final class ScaleWorkloads {

    private static final double MICRO = 1e-6;
    private static final int BLOCK = 32;
    private static final double NOISE = 0.03;
    private static final int LONGEST_REQUEST = 135_168;
    private static final long SPREAD = 41;
    private static final double MIXED_SECONDS = 7_200;

    /** True step time of {@link #large}: 13 ms, 62.8 µs a prompt token, 30 µs a sequence, 0.056 µs a token of context. */
    static final StepTime LARGE = new StepTime(0.013, 62.8 * MICRO, 30 * MICRO, 0.056 * MICRO);

    /** True step time of {@link #small}: 30 ms, 200 µs, 60 µs, 0.16 µs. */
    static final StepTime SMALL = new StepTime(0.030, 200 * MICRO, 60 * MICRO, 0.16 * MICRO);

    private ScaleWorkloads() {}

    /** The specification's variant H: a model of 32 billion weights on two H100, which starts in 100 s. */
    public static PodKind large(int min, int max, int initial) {
        return kind("large", LARGE, 350_000, 256, 8192, 4, "h100", 2, min, max, initial);
    }

    /** Its variant L: a cheap card. */
    public static PodKind small(int min, int max, int initial) {
        return kind("small", SMALL, 135_200, 128, 4096, 1, "l40s", 1, min, max, initial);
    }

    private static PodKind kind(
            String name,
            StepTime step,
            int kvTokens,
            int sequences,
            int stepTokens,
            double cost,
            String accelerator,
            int accelerators,
            int min,
            int max,
            int initial) {
        // A token of a prompt takes perPromptToken, and one that is decoded perSequence: the rest is taken off by
        // sequence.
        double perSequence = (step.perSequence() - step.perPromptToken()) / MICRO;
        EngineSettings engine = EngineSettings.builder()
                .latency(new LatencyModel.Compact(
                        name,
                        0,
                        step.perPromptToken() / MICRO,
                        step.base() * 1e3,
                        0,
                        perSequence,
                        step.perContextToken() * 1e9,
                        0))
                .blockTokens(BLOCK)
                .blocks(kvTokens / BLOCK + 1)
                .maxNumSeqs(sequences)
                .maxNumBatchedTokens(stepTokens)
                .maxModelLen(Math.min(LONGEST_REQUEST, kvTokens / BLOCK * BLOCK))
                .prefixCaching(false)
                .noiseCv(NOISE)
                .build();
        return new PodKind(name, engine, step, cost, accelerator, accelerators, 100, 0, min, max, initial);
    }

    private static Tier tier(double firstToken, double interToken) {
        return new Tier("standard", TierClass.STANDARD, firstToken, 0.95, interToken);
    }

    private static ScaleWorkload generated(
            String id,
            String title,
            String about,
            double seconds,
            LongFunction<List<TraceRow>> rows,
            Tier tier,
            PodKind kind,
            double stepAt) {
        return new ScaleWorkload(
                id,
                title,
                about,
                seconds,
                seed -> new TraceWorkload(rows.apply(seed).iterator(), 1),
                List.of(tier),
                request -> 0,
                List.of(kind),
                Map.of(),
                stepAt);
    }

    /** W1. */
    public static ScaleWorkload ramp() {
        double[] until = {330, 690, 1050, 1410, 1770, 2130, 2430};
        double[] rates = {2, 4, 6, 8, 10, 4, 1};
        Lengths lengths = new Lengths(4000, 0.06, 1000, 0.06);
        return generated(
                "W1",
                "ramp",
                "llm-d's benchmark of its SLO rule: 2, 4, 6, 8, 10, 4 and 1 requests/s, 4,000 and 1,000 tokens. Generated.",
                2430,
                seed -> Arrivals.poisson(2430, time -> staged(time, until, rates), 10, time -> lengths, seed),
                tier(3, 0.1),
                large(3, 8, 3),
                Double.NaN);
    }

    private static double staged(double time, double[] until, double[] values) {
        for (int i = 0; i < until.length; i++) {
            if (time < until[i]) {
                return values[i];
            }
        }
        return values[values.length - 1];
    }

    /** W2. */
    public static ScaleWorkload step() {
        double[] until = {600, 1800, 2400};
        double[] rates = {2, 10, 2};
        Lengths lengths = new Lengths(4000, 0.5, 1000, 0.5);
        return generated(
                "W2",
                "step",
                "2, 10 and 2 requests/s from 600 and 1,800 s on, 4,000 and 1,000 tokens. Generated.",
                2400,
                seed -> Arrivals.poisson(2400, time -> staged(time, until, rates), 10, time -> lengths, seed),
                tier(3, 0.1),
                large(1, 14, 2),
                600);
    }

    /** W3. */
    public static ScaleWorkload day() {
        double seconds = 4 * 3600;
        Lengths lengths = new Lengths(2000, 1, 400, 0.8);
        return generated(
                "W3",
                "day",
                "a day in four hours: 2 + 12·sin² requests/s, 2,000 and 400 tokens. Generated.",
                seconds,
                seed -> Arrivals.poisson(
                        seconds,
                        time -> 2 + 12 * square(Math.sin(Math.PI * time / seconds)),
                        14,
                        time -> lengths,
                        seed),
                tier(2, 0.08),
                large(1, 12, 1),
                Double.NaN);
    }

    private static double square(double value) {
        return value * value;
    }

    /** W4. */
    public static ScaleWorkload shapes() {
        Lengths before = new Lengths(512, 0.5, 400, 0.5);
        Lengths between = new Lengths(6000, 0.5, 400, 0.5);
        return generated(
                "W4",
                "shapes",
                "5 requests/s all the time; prompts of 512, then 6,000, then 512 tokens from 1,200 and 2,400 s on. Generated.",
                3600,
                seed -> Arrivals.poisson(
                        3600, time -> 5, 5, time -> time >= 1200 && time < 2400 ? between : before, seed),
                tier(2, 0.08),
                large(1, 12, 1),
                1200);
    }

    /** W6. */
    public static ScaleWorkload code() {
        Lengths lengths = new Lengths(2048, 0.9, 28, 1.5);
        return generated(
                "W6",
                "code",
                "bursts of short answers: 15.4 requests/s on average, faster than any start. Generated after the moments"
                        + " that are published of Azure's code trace, which is not at hand.",
                3436,
                seed -> Arrivals.bursts(3436, 15.4, 120, 0.02, lengths, seed),
                tier(3, 0.25),
                large(1, 24, 4),
                Double.NaN);
    }

    /** W11. */
    public static ScaleWorkload idle() {
        List<TraceRow> rows = List.of(TraceRow.of(1_200_000_000_000L, 500, 110_000));
        return generated(
                "W11",
                "idle",
                "nothing for 20 minutes, then one request whose answer streams for 26.",
                3300,
                seed -> rows,
                tier(150, 0.08),
                large(0, 4, 1),
                1200);
    }

    /** W5. @param folder with the recordings */
    public static ScaleWorkload conversation(Path folder) throws IOException {
        List<TraceRow> rows = rows(
                RecordedLengths.azure("azure", folder.resolve("azure_llm_2023_conv_h1.csv.gz"), Integer.MAX_VALUE));
        double seconds = seconds(rows);
        return generated(
                "W5",
                "conversation",
                "Azure's conversations of 2023, first half, at the recorded pace: where one request came, four come within"
                        + " two seconds, with lengths from four places of the recording.",
                seconds,
                seed -> copies(rows, 4, 2, seconds, seed),
                tier(2, 0.08),
                large(1, 16, 4),
                Double.NaN);
    }

    /** AIBrix's ramp. @param folder with the recordings */
    public static ScaleWorkload upDown(Path folder) throws IOException {
        List<TraceRow> rows = AibrixRows.read(folder.resolve("aibrix_up_down_8min.csv.gz"));
        double seconds = seconds(rows);
        return generated(
                "W13",
                "up and down",
                "AIBrix's ramp of eight minutes, from 1.4 to 11 requests/s and back, of 294 and 73 tokens: where one came,"
                        + " twenty come within two seconds.",
                seconds,
                seed -> copies(rows, 20, 2, seconds, seed),
                tier(2, 0.08),
                large(1, 12, 1),
                Double.NaN);
    }

    /** W7. @param folder with the recordings */
    public static ScaleWorkload longContext(Path folder) throws IOException {
        MooncakeTrace trace =
                MooncakeTrace.read("mooncake", folder.resolve("mooncake_conversation_h1.jsonl.gz"), Integer.MAX_VALUE);
        PodKind plain = large(1, 16, 5);
        PodKind kind = cached(plain);
        return new ScaleWorkload(
                "W7",
                "long context",
                "Mooncake's conversations, first half, at the recorded pace, with their prefixes: 12,870 and 346 tokens, up to"
                        + " 123,192.",
                1800,
                seed -> trace.load(seed).workload(),
                List.of(tier(10, 0.1)),
                request -> 0,
                List.of(kind),
                Map.of(),
                Double.NaN);
    }

    private static EngineSettings engine(EngineSettings engine, LatencyModel latency, boolean isCaching) {
        return EngineSettings.builder()
                .latency(latency)
                .prefixCaching(isCaching)
                .blockTokens(BLOCK)
                .blocks(engine.blocks())
                .maxNumSeqs(engine.maxNumSeqs())
                .maxNumBatchedTokens(engine.maxNumBatchedTokens())
                .maxModelLen(engine.maxModelLen())
                .noiseCv(NOISE)
                .build();
    }

    /** W8, in part. @param folder with the recordings */
    public static ScaleWorkload week(Path folder) throws IOException {
        ServeGenWindows windows =
                ServeGenWindows.read(folder.resolve("servegen_m_large_week1.csv.gz"), 1, 36, 171.5, 10);
        return new ScaleWorkload(
                "W8",
                "service",
                "ServeGen's large general model: six hours of its first day, each ten minutes in 171 s, scaled to 10 requests/s on"
                        + " average, with the recorded variation of gaps.",
                6174,
                seed -> windows.load(seed).workload(),
                List.of(tier(2, 0.08)),
                request -> 0,
                List.of(large(1, 16, 3)),
                Map.of(),
                Double.NaN);
    }

    /** W9: requests that are promised different things, on two kinds of hardware, and work that can wait. */
    public static ScaleWorkload mixed() {
        return new ScaleWorkload(
                "W9",
                "mixed promises",
                "four classes of requests on two kinds of hardware, over a day in two hours (0.25 to 1.75 times the mean): 2 strict"
                        + " requests/s of 2,000 and 400 tokens, 20 of 512 and 400, 2 of 8,000 with 6,000 in the cache and 300, and 20,000 of"
                        + " 256 and 256 tokens that come at the beginning and are due after two hours. Generated.",
                MIXED_SECONDS,
                seed -> new ClassedWorkload(MixedRequests.all(MIXED_SECONDS, seed)),
                MixedRequests.TIERS,
                ClassedWorkload::tier,
                apart(),
                Map.of(MixedRequests.LATER, MIXED_SECONDS),
                Double.NaN);
    }

    /** W9 on what it may have: the strict requests on replicas of their own, the others on what is cheapest. */
    static List<PodKind> apart() {
        return List.of(
                cached(large(1, 4, 1)).named("strict", Role.UNIFIED, Set.of(MixedRequests.STRICT)),
                cached(large(0, 8, 1)).named("large", Role.UNIFIED, MixedRequests.OTHERS),
                cached(small(1, 24, 3)).named("small", Role.UNIFIED, MixedRequests.OTHERS));
    }

    /** The same on large replicas alone. */
    static List<PodKind> largeApart() {
        return List.of(
                cached(large(1, 4, 1)).named("strict", Role.UNIFIED, Set.of(MixedRequests.STRICT)),
                cached(large(1, 12, 2)).named("large", Role.UNIFIED, MixedRequests.OTHERS));
    }

    /** All on one kind of replica. */
    static List<PodKind> together() {
        return List.of(cached(large(1, 20, 3)));
    }

    /** Each class on replicas of its own, of the kind that is cheapest for it. */
    static List<PodKind> silos() {
        return List.of(
                cached(large(1, 4, 1)).named("strict", Role.UNIFIED, Set.of(MixedRequests.STRICT)),
                cached(small(1, 24, 2)).named("short", Role.UNIFIED, Set.of(MixedRequests.SHORT)),
                cached(large(1, 6, 1)).named("long", Role.UNIFIED, Set.of(MixedRequests.LONG)),
                cached(small(0, 10, 0)).named("later", Role.UNIFIED, Set.of(MixedRequests.LATER)));
    }

    /** W10 on replicas that do both. */
    static List<PodKind> both() {
        return List.of(physical(large(1, 16, 7)));
    }

    /** W10. */
    public static ScaleWorkload split() {
        return new ScaleWorkload(
                "W10",
                "prefill and decode",
                "10 requests/s of 4,000 and 500 tokens on replicas for prompts and others for answers; from 1,200 to 2,400 s 2,800 tokens"
                        + " of each prompt are in the cache. Generated.",
                3600,
                seed -> new TraceWorkload(MixedRequests.swinging(3600, seed).iterator(), 1),
                List.of(tier(2, 0.08)),
                request -> 0,
                List.of(
                        physical(large(1, 8, 4)).named("prefill", Role.PREFILL, Set.of()),
                        physical(large(1, 8, 3)).named("decode", Role.DECODE, Set.of())),
                Map.of(),
                Double.NaN);
    }

    /**
     * The same with steps as long as arithmetic and memory of Qwen3-32B on two H100 say: attention that grows with the square, reads and
     * computing that overlap; and with blocks that another replica can read.
     */
    static PodKind physical(PodKind kind) {
        Deployment deployment = new Deployment(ModelArchitecture.QWEN3_32B, GpuModel.H100, 2, 2);
        return kind.on(engine(kind.engine(), new PhysicsLatency(deployment), true));
    }

    private static PodKind cached(PodKind kind) {
        return kind.on(engine(kind.engine(), kind.engine().latency(), true));
    }

    private static List<TraceRow> rows(Traffic traffic) {
        Workload all = traffic.load(0).workload();
        List<TraceRow> rows = new ArrayList<>();
        for (long time = all.nextTime(); time != Workload.NEVER; time = all.nextTime()) {
            ClientRequest request = all.next();
            if (request != null) {
                rows.add(TraceRow.of(time, request.prompt().length, request.outputLength()));
            }
        }
        return rows;
    }

    private static double seconds(List<TraceRow> rows) {
        return Math.floor(rows.getLast().time() / 1e9) + 1;
    }

    /** Several requests where one came, within a time after it, each with the lengths of a row elsewhere in the recording. */
    private static List<TraceRow> copies(List<TraceRow> rows, int count, double within, double seconds, long seed) {
        List<TraceRow> all = new ArrayList<>(count * rows.size());
        for (int i = 0; i < rows.size(); i++) {
            for (int c = 0; c < count; c++) {
                TraceRow lengths = rows.get((i + c * (rows.size() / count)) % rows.size());
                double later = c == 0 ? 0 : within * CounterRandom.unit(seed, i, SPREAD + c);
                long time = (long) (rows.get(i).time() + later * 1e9);
                if (time < seconds * 1e9) {
                    all.add(TraceRow.of(time, lengths.promptTokens(), lengths.outputTokens()));
                }
            }
        }
        all.sort(Comparator.comparingLong(TraceRow::time));
        return all;
    }
}
