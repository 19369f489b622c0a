package io.llmd.lab.study;

import io.llmd.lab.Knee;
import io.llmd.lab.Lab;
import io.llmd.lab.Lab.Job;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Outage;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.SharedPrefixLadder;
import io.llmd.lab.traffic.Traffic;
import io.llmd.simulator.engine.GpuModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * What the page about routing policies shows: goals, kinds of traffic, conditions, other engines, other seeds. Equal data, shares
 * and contenders give equal results.
 */
public final class PolicyStudy {

    /** Ids of the sections on which goals are judged. */
    public static final String LADDER = "ladder";

    public static final String CONVERSATION = "conversation";
    public static final String FAST = "conversation-3x";
    public static final String FAULTS = "faults";
    public static final String MEASURED = "measured";
    public static final String MEASURED_OVERHEAD = "measured-overhead";

    /** Begins the ids of sections that are like another one, with the second seed. */
    public static final String SECOND = "seed-";

    /** Begins the ids of sections that are like another one, with requests that ask for what a good answer is. */
    public static final String ASKED = "asked-";

    /** Policies that read what requests ask for. */
    private static final List<String> READING = List.of("predicted-latency", "time-cost-estimated", "time-cost");

    /** Traffic on which requests that ask are tried. */
    private static final List<String> ASKING = List.of(
            LADDER, FAST, "overload", "azure", "servegen", "chat", "agentic", "rag", "code", "reasoning", "bursts");

    /** The engine's overhead of a step in the version that llm-d measured, chosen on that measurement. */
    private static final double MEASURED_STEP_NANOS = 6.5e6;

    private static final Duration MEASURED_ROUTING = Duration.ofMillis(150);

    private static final double FAST_SPEED = 3;
    private static final long RECORDED_KV_TOKENS = 3_072_000;
    private static final long SECOND_SEED = 1000;
    private static final int MORE_SEEDS = 4;

    /** Workloads of which many requests are near to what counts as good. */
    private static final List<String> AT_THE_LIMIT = List.of("rag", "bursts");

    private static final double KNEE_SHARE = 0.95;
    private static final double KNEE_ACCURACY = 0.08;
    private static final int KNEE_ROWS = 700;
    private static final double LADDER_SHARE = 0.4;
    private static final double KNEE_LADDER = 0.06;
    private static final int ROWS = 1600;
    private static final int FEW_ROWS = 800;
    /** A third of what other commands make: so much fits a quarter of an hour. */
    private static final double GENERATED = 0.33;

    /** Today's scheduler beside the policies of llm-d's table. */
    private static final List<String> BESIDE_MEASURED = List.of("llmd-default", "time-cost-estimated", "time-cost");

    private static final Duration LATE = Duration.ofMillis(500);
    private static final double LOST = 0.1;

    private static final Fleet FLEET = Fleet.DEFAULT;
    private static final Fleet RECORDED = FLEET.withCache(FLEET.blockTokens(), RECORDED_KV_TOKENS);

    /** At three times the recorded speed two GPUs cannot compute what is asked for, and with long steps nobody keeps 50 ms. */
    private static final Fleet FASTER = RECORDED.withTensorParallel(4).withBatchedTokens(2048);

    private final StudyData data;
    private final List<Contender> contenders;
    private final List<Contender> few;
    private final double share;
    private final long seed;

    /**
     * A study.
     *
     * @param contenders who is compared
     * @param few of them, those whom conditions and other engines are tried on
     * @param share part of the traffic, in (0, 1]; llm-d's measurement is played whole
     * @param seed of all that is random, but for what is run with another one on purpose
     */
    public PolicyStudy(StudyData data, List<Contender> contenders, List<Contender> few, double share, long seed) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("share: " + share + " (expected: above 0, at most 1)");
        }
        this.data = data;
        this.contenders = List.copyOf(contenders);
        this.few = List.copyOf(few);
        this.share = share;
        this.seed = seed;
    }

    /** What is run, in the order of the page. */
    public List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        Traffic recorded = beginning(ROWS);
        Traffic fast = recorded.atSpeed(FAST_SPEED);
        sections.add(section(
                LADDER,
                "Shared-prefix ladder",
                "Two fifths of the requests at the same rates; those of the stages from 20 requests/s on count.",
                usual(StudyWorkloads.ladder(share * LADDER_SHARE), FLEET)));
        sections.addAll(measured());
        sections.add(section(CONVERSATION, "Recorded conversation", "", usual(recorded, RECORDED)));
        sections.add(section(
                FAST,
                "Recorded conversation at three times its speed",
                "Four GPUs for each endpoint and 2,048 tokens a step.",
                usual(fast, FASTER)));
        sections.add(section(
                FAULTS,
                "The same with faults",
                "10 % of the batches of KV events get lost, metrics are 500 ms late, one endpoint has half the speed.",
                new Scenario(fast, FASTER.withSlow(1, 2), faulty(), Slo.DEFAULT)));
        sections.add(new Section(
                "overload",
                "Recorded conversation at three times its speed, overloaded",
                "Two GPUs for each endpoint: more is asked for than they compute, and queues grow until the end.",
                usual(beginning(FEW_ROWS).atSpeed(FAST_SPEED), RECORDED),
                contenders,
                List.of(seed)));
        List<Section> workloads = workloads();
        sections.addAll(workloads);
        Traffic few = beginning(FEW_ROWS).atSpeed(FAST_SPEED);
        sections.addAll(conditions(few));
        sections.addAll(engines(few));
        sections.addAll(otherSeeds(few, workloads));
        sections.addAll(asking(sections));
        return sections;
    }

    private List<Section> asking(List<Section> sections) {
        List<Contender> reading = contenders.stream()
                .filter(each -> READING.contains(each.name()))
                .toList();
        return sections.stream()
                .filter(each -> isAsking(each.id()) && !reading.isEmpty())
                .map(each -> new Section(
                        ASKED + each.id(),
                        each.title() + ", asked for",
                        "Requests say in their headers what a good answer is.",
                        asking(each.scenario()),
                        reading,
                        each.seeds()))
                .toList();
    }

    private static boolean isAsking(String id) {
        return ASKING.contains(id) || id.startsWith(SECOND) && generated().contains(id.substring(SECOND.length()));
    }

    private static Scenario asking(Scenario like) {
        return new Scenario(like.traffic(), like.fleet(), like.conditions().withObjectives(), like.slo());
    }

    /** llm-d's table, with engines as fitted on another version and with one constant that was chosen on the table. */
    private List<Section> measured() {
        List<Contender> all = new ArrayList<>(Contenders.measured());
        contenders.stream()
                .filter(each -> BESIDE_MEASURED.contains(each.name()))
                .forEach(all::add);
        Conditions routed = Conditions.DEFAULT.withRouting(MEASURED_ROUTING);
        Traffic sent = SharedPrefixLadder.asMeasured(1);
        Fleet chosen = FLEET.withGpus(List.of(GpuModel.H100.withStepNanos(MEASURED_STEP_NANOS)));
        return List.of(
                new Section(
                        MEASURED,
                        "The ladder as llm-d's client sent it",
                        "Longer prompts, stages that begin with the first prompt, 800 requests under way at most, 150 ms to route.",
                        new Scenario(sent, FLEET, routed, Slo.DEFAULT),
                        all,
                        List.of(seed)),
                new Section(
                        MEASURED_OVERHEAD,
                        "The same with the engine's overhead of a step of that version",
                        "6.5 ms instead of 1.1, chosen on this very measurement.",
                        new Scenario(sent, chosen, routed, Slo.DEFAULT),
                        all,
                        List.of(seed)));
    }

    private MooncakeTrace beginning(int rows) {
        MooncakeTrace trace = data.conversation();
        return trace.firstRows((int) Math.clamp(Math.round(rows * share), 1, trace.rows()));
    }

    private Scenario usual(Traffic traffic, Fleet fleet) {
        return new Scenario(traffic, fleet, Conditions.DEFAULT, Slo.DEFAULT);
    }

    private static Conditions faulty() {
        return Conditions.DEFAULT
                .withEvents(Conditions.DEFAULT.eventLag(), LOST, true)
                .withMetrics(Conditions.DEFAULT.scrapeInterval(), LATE);
    }

    private Section section(String id, String title, String about, Scenario scenario) {
        return new Section(id, title, about, scenario, contenders, List.of(seed));
    }

    private List<Section> workloads() {
        return List.of(
                section(
                        "azure",
                        "Azure's conversations",
                        "Recorded times and lengths, ten times as fast; no prefixes.",
                        usual(data.azure().atSpeed(10), FLEET)),
                section(
                        "servegen",
                        "ServeGen",
                        "A week of a production service, shortened and scaled; bursty, no prefixes.",
                        usual(data.serveGen(), FLEET)),
                section(
                        "chat",
                        "Multi-turn chat",
                        "Twenty system prompts, up to nine turns that grow.",
                        usual(StudyWorkloads.chat(GENERATED * share), FLEET)),
                section(
                        "agentic",
                        "Agents and their tools",
                        "Four agents of 6,000 tokens, up to 30 short turns.",
                        usual(StudyWorkloads.agentic(GENERATED * share), FLEET)),
                section(
                        "rag",
                        "Questions about documents",
                        "Three of 2,000 documents in each prompt, some popular.",
                        usual(StudyWorkloads.rag(GENERATED * share), FLEET)),
                section(
                        "code",
                        "Code generation",
                        "24 repositories of 30,000 tokens, up to twelve turns.",
                        usual(StudyWorkloads.code(GENERATED * share), FLEET)),
                section(
                        "reasoning",
                        "Reasoning",
                        "Answers of about 4,000 tokens; prefixes hardly matter.",
                        usual(StudyWorkloads.reasoning(GENERATED * share), FLEET)),
                section(
                        "bursts",
                        "Bursts",
                        "Three times as many requests for ten seconds of each forty; no prefixes.",
                        usual(StudyWorkloads.bursts(GENERATED * share), FLEET)));
    }

    private List<Section> conditions(Traffic fast) {
        Scenario clean = usual(fast, FASTER);
        return List.of(
                condition("events-late", "KV events 500 ms late", clean, Conditions.DEFAULT.withEvents(LATE, 0, true)),
                condition(
                        "events-lost",
                        "10 % of the KV events lost for good",
                        clean,
                        Conditions.DEFAULT.withEvents(Conditions.DEFAULT.eventLag(), LOST, false)),
                condition(
                        "metrics-late",
                        "Metrics each second, one second late",
                        clean,
                        Conditions.DEFAULT.withMetrics(Duration.ofSeconds(1), Duration.ofSeconds(1))),
                few(
                        "slow",
                        "One endpoint with a third of the speed",
                        new Scenario(fast, FASTER.withSlow(1, 3), Conditions.DEFAULT, Slo.DEFAULT)),
                condition(
                        "not-streamed",
                        "Half of the answers are not streamed",
                        clean,
                        Conditions.DEFAULT.withStreamed(0.5)),
                condition(
                        "outage",
                        "One endpoint cannot be reached for ten seconds of each minute",
                        clean,
                        Conditions.DEFAULT.withOutage(new Outage(FLEET.endpoints() - 1, 30, 10, 60))),
                few(
                        "mixed",
                        "H100 and A100 in turn, at 1.5 times the recorded speed",
                        usual(
                                beginning(FEW_ROWS).atSpeed(1.5),
                                FASTER.withGpus(List.of(GpuModel.H100, GpuModel.A100)))));
    }

    private Section condition(String id, String title, Scenario clean, Conditions conditions) {
        return few(id, title, new Scenario(clean.traffic(), clean.fleet(), conditions, clean.slo()));
    }

    private Section few(String id, String title, Scenario scenario) {
        return new Section(id, title, "", scenario, few, List.of(seed));
    }

    private List<Section> engines(Traffic fast) {
        List<Section> sections = new ArrayList<>();
        sections.add(few("as-fitted", "Constants as fitted", usual(fast, FASTER)));
        for (double factor : new double[] {0.7, 1.3}) {
            String percent = factor < 1 ? "30 % less" : "30 % more";
            String id = factor < 1 ? "-less" : "-more";
            sections.add(few(
                    "compute" + id,
                    percent + " compute and attention throughput",
                    usual(fast, FASTER.withGpus(List.of(gpu(factor, 1, 1))))));
            sections.add(few(
                    "memory" + id,
                    percent + " memory throughput",
                    usual(fast, FASTER.withGpus(List.of(gpu(1, factor, 1))))));
            sections.add(few(
                    "overhead" + id,
                    percent + " overhead of steps, layers and sequences",
                    usual(fast, FASTER.withGpus(List.of(gpu(1, 1, factor))))));
        }
        return sections;
    }

    private static GpuModel gpu(double compute, double memory, double overhead) {
        GpuModel gpu = GpuModel.H100;
        return new GpuModel(
                gpu.name(),
                gpu.memoryBytes(),
                gpu.flops(),
                gpu.bytesPerSecond(),
                gpu.linkBytesPerSecond(),
                gpu.computeEfficiency() * compute,
                gpu.weightEfficiency() * memory,
                gpu.kvEfficiency() * memory,
                gpu.attentionEfficiency() * compute,
                gpu.linkEfficiency(),
                gpu.reduceNanos() * overhead,
                gpu.stepNanos() * overhead,
                gpu.layerNanos() * overhead,
                gpu.sequenceNanos() * overhead,
                gpu.apiNanos());
    }

    private List<Section> otherSeeds(Traffic fast, List<Section> workloads) {
        List<Long> other = List.of(seed + SECOND_SEED);
        List<Section> sections = new ArrayList<>(List.of(
                new Section(SECOND + "as-fitted", "Second seed, conversation", "", usual(fast, FASTER), few, other),
                new Section(
                        SECOND + LADDER,
                        "Second seed, ladder",
                        "",
                        usual(StudyWorkloads.ladder(share * LADDER_SHARE), FLEET),
                        few,
                        other)));
        for (Section like : workloads) {
            sections.add(new Section(
                    SECOND + like.id(),
                    "Other seeds, " + like.title(),
                    "",
                    like.scenario(),
                    like.contenders(),
                    AT_THE_LIMIT.contains(like.id()) ? moreSeeds() : other));
        }
        return sections;
    }

    /** One seed says little where load is at the limit. */
    private List<Long> moreSeeds() {
        return LongStream.rangeClosed(1, MORE_SEEDS)
                .mapToObj(i -> seed + i * SECOND_SEED)
                .toList();
    }

    /**
     * Runs the sections.
     *
     * @param parallel runs at a time, at least one
     * @param done hears of each run when it has ended, on any thread
     * @return runs by the section's id, by contender and seed
     */
    public Map<String, List<RunResult>> run(List<Section> sections, int parallel, Consumer<RunResult> done) {
        List<Job> jobs = new ArrayList<>();
        for (Section section : sections) {
            for (Contender contender : section.contenders()) {
                section.seeds().forEach(each -> jobs.add(new Job(section.scenario(), contender, each)));
            }
        }
        List<RunResult> results = Lab.run(jobs, parallel, done);
        Map<String, List<RunResult>> byId = new LinkedHashMap<>();
        int next = 0;
        for (Section section : sections) {
            int count = section.contenders().size() * section.seeds().size();
            byId.put(section.id(), List.copyOf(results.subList(next, next + count)));
            next += count;
        }
        return byId;
    }

    /** Ids of the sections with traffic that no policy was tuned on. */
    public static List<String> generated() {
        return List.of("azure", "servegen", "chat", "agentic", "rag", "code", "reasoning", "bursts");
    }

    /** Ids of the sections that also ran with requests that ask for what a good answer is. */
    public static List<String> asking() {
        return ASKING;
    }

    /** Names of the traffics of {@link #knees}. */
    public static List<String> kneeTraffics() {
        return List.of(CONVERSATION, LADDER);
    }

    /**
     * The highest speed of each contender at which 95 % of the requests get their first token in time, on the beginning of the
     * recording and on a shortened ladder.
     *
     * @return speed by contender, by name of the traffic
     */
    public Map<String, Map<String, Double>> knees(int parallel, Consumer<RunResult> done) {
        Map<String, Scenario> scenarios = new LinkedHashMap<>();
        scenarios.put(CONVERSATION, usual(beginning(KNEE_ROWS), RECORDED));
        scenarios.put(LADDER, usual(StudyWorkloads.ladder(share * KNEE_LADDER), FLEET));
        Map<String, Map<String, Double>> knees = new LinkedHashMap<>();
        try (ExecutorService workers = Executors.newFixedThreadPool(
                parallel, Thread.ofPlatform().daemon().name("knee-", 0).factory())) {
            Map<String, Map<String, Future<Double>>> waiting = new LinkedHashMap<>();
            scenarios.forEach((name, scenario) -> {
                Knee knee = new Knee(scenario, List.of(seed), KNEE_SHARE, KNEE_ACCURACY, 1);
                Map<String, Future<Double>> own = new LinkedHashMap<>();
                contenders.forEach(each -> own.put(each.name(), workers.submit(() -> knee.of(each, done))));
                waiting.put(name, own);
            });
            waiting.forEach((name, own) -> {
                Map<String, Double> speeds = new LinkedHashMap<>();
                own.forEach((contender, speed) -> speeds.put(contender, result(speed)));
                knees.put(name, speeds);
            });
        }
        return knees;
    }

    private static double result(Future<Double> speed) {
        try {
            return speed.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IllegalStateException(cause == null ? "a run failed" : cause.getMessage(), cause);
        }
    }
}
