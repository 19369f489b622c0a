package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The rules of others (specs/autoscaling.md 5.3), each as its default and a grid of settings around it. They scale the first kind
 * of a workload.
 */
public final class Baselines {

    private static final int POLL = 15;
    private static final double MINUTE = 60;
    /** Kubernetes' own down window, and a shorter one. */
    static final double[] DOWN_WINDOWS = {300, 120};
    /** Numbers of static replicas that are tried, about. */
    private static final int FIXED = 6;

    /** A rule. @param settings the default first */
    public record Baseline(String id, String title, List<Contestant> settings) {

        public Baseline {
            settings = List.copyOf(settings);
        }

        /** Its default setting. */
        public Contestant usual() {
            return settings.getFirst();
        }
    }

    private Baselines() {}

    /** All of them for a workload. */
    public static List<Baseline> all(ScaleWorkload workload) {
        if (workload.kinds().size() > 1) {
            return Mixed.all(workload);
        }
        List<Baseline> all = new ArrayList<>();
        all.add(fixed(workload));
        all.add(queue());
        all.add(concurrency());
        all.add(saturation());
        all.add(latencies());
        all.add(backlog());
        all.add(percentage());
        all.add(tokens());
        all.add(dynamo());
        all.add(knative());
        all.add(aibrix());
        all.add(profiles());
        all.add(following());
        all.add(clairvoyant());
        return all;
    }

    private static Contestant contestant(String id, String setting, Function<Contestant.Job, Controller> factory) {
        return new Contestant(id, setting, factory);
    }

    static String window(double downSeconds) {
        return downSeconds == 300 ? "" : ", down window " + (int) downSeconds + " s";
    }

    /** Static: as many as may be, or fewer. */
    private static Baseline fixed(ScaleWorkload workload) {
        PodKind kind = workload.kinds().getFirst();
        List<Contestant> settings = new ArrayList<>();
        int least = Math.max(1, kind.min());
        int step = Math.max(1, (kind.max() - least + FIXED - 1) / FIXED);
        for (int n = kind.max(); n >= least; n -= step) {
            int replicas = n;
            settings.add(contestant(
                    "B0",
                    replicas + " replicas",
                    job -> new MetricController(1, (cluster, now) -> replicas, Actuation.DIRECT)));
        }
        return new Baseline("B0", "static", settings);
    }

    private static Baseline queue() {
        List<Contestant> settings = new ArrayList<>();
        for (double down : DOWN_WINDOWS) {
            for (double target : new double[] {5, 1, 2}) {
                settings.add(contestant(
                        "B1",
                        "waiting ÷ " + (int) target + window(down),
                        job -> new MetricController(
                                POLL,
                                (cluster, now) -> Signals.waiting(cluster.scraped()) / target,
                                Actuation.HPA.windows(0, down))));
            }
        }
        return new Baseline("B1", "KEDA, waiting requests", settings);
    }

    private static Baseline concurrency() {
        List<Contestant> settings = new ArrayList<>();
        for (double down : DOWN_WINDOWS) {
            for (double target : new double[] {16, 24, 32, 48, 64, 96}) {
                settings.add(contestant(
                        "B2",
                        (int) target + " at a time" + window(down),
                        job -> new MetricController(
                                POLL,
                                (cluster, now) -> Signals.inFlight(cluster.scraped()) / target,
                                Actuation.HPA.windows(0, down))));
            }
        }
        return new Baseline("B2", "KEDA, concurrency", settings);
    }

    private static Baseline saturation() {
        List<Contestant> settings = new ArrayList<>();
        double[][] grid = {
            {0.7, 16, 300, 300},
            {0.7, 16, 0, 300},
            {0.7, 32, 0, 300},
            {0.7, 48, 0, 300},
            {0.5, 48, 0, 300},
            {0.6, 64, 0, 300},
            {0.7, 32, 0, 120},
            {0.7, 48, 0, 120},
            {0.6, 64, 0, 120}
        };
        for (double[] each : grid) {
            settings.add(contestant(
                    "B3",
                    "saturation " + each[0] + ", running " + (int) each[1] + ", up window " + (int) each[2] + " s"
                            + window(each[3]),
                    job -> new MetricController(
                            POLL,
                            (cluster, now) -> Math.max(
                                    cluster.asked(0) * Signals.saturation(cluster.scraped()) / each[0],
                                    Signals.inFlight(cluster.scraped()) / each[1]),
                            Actuation.HPA.windows(each[2], each[3]))));
        }
        return new Baseline("B3", "llm-d KEDA, saturation and running", settings);
    }

    /** llm-d's rule with a band for latencies by their targets. */
    private static Baseline latencies() {
        List<Contestant> settings = new ArrayList<>();
        double[][] grid = {
            {0.55, 0.40, 180},
            {0.7, 0.4, 180},
            {0.7, 0.55, 180},
            {0.85, 0.5, 180},
            {0.4, 0.25, 180},
            {0.55, 0.40, 60},
            {0.7, 0.55, 60}
        };
        Actuation actuation = new Actuation(
                POLL, 0.1, new Actuation.Side(30, 100, 4, MINUTE), new Actuation.Side(180, 0, 1, 2 * MINUTE));
        for (double[] each : grid) {
            settings.add(contestant(
                    "B4",
                    "band " + each[1] + " to " + each[0]
                            + (each[2] == 180 ? "" : ", down window " + (int) each[2] + " s"),
                    job -> {
                        Tier tier = job.workload().tiers().getFirst();
                        return new MetricController(
                                POLL,
                                (cluster, now) -> inBand(cluster, tier, each[1], each[0]),
                                actuation.windows(30, each[2]));
                    }));
        }
        return new Baseline("B4", "llm-d SLO law", settings);
    }

    private static double inBand(Cluster cluster, Tier tier, double low, double high) {
        double share = Signals.latencyShare(cluster.over(45), tier);
        int specified = cluster.asked(0);
        if (Double.isNaN(share) || specified == 0) {
            return Double.NaN;
        }
        double credit = cluster.ready(0) / (double) specified;
        if (share > high) {
            return Math.max(specified, specified + Math.ceil(specified * (share * credit / high - 1)));
        }
        return share < low ? specified - Math.floor(specified * (1 - share / low)) : specified;
    }

    private static Baseline backlog() {
        List<Contestant> settings = new ArrayList<>();
        for (double down : DOWN_WINDOWS) {
            for (double target : new double[] {1.5, 0.5, 3}) {
                settings.add(contestant("B5", "backlog of " + target + " s" + window(down), job -> {
                    double perToken = job.workload().kinds().getFirst().step().perPromptToken();
                    return new MetricController(
                            POLL,
                            (cluster, now) -> cluster.scraped().waitingTokens() * perToken / target,
                            Actuation.HPA.windows(0, down));
                }));
            }
        }
        return new Baseline("B5", "llm-d token backlog", settings);
    }

    private static Baseline percentage() {
        List<Contestant> settings = new ArrayList<>();
        for (int[] each : new int[][] {{30, 240}, {15, 240}, {15, 60}}) {
            settings.add(contestant(
                    "B6",
                    "every " + each[0] + " s, down window " + each[1] + " s",
                    job -> new MetricController(each[0], new WvaV1(), Actuation.HPA.windows(0, each[1]))));
        }
        return new Baseline("B6", "WVA V1, percentage", settings);
    }

    private static Baseline tokens() {
        List<Contestant> settings = new ArrayList<>();
        double[][] grid = {{30, 240, 0.8}, {15, 240, 0.8}, {15, 0, 0.8}, {15, 240, 0.7}, {15, 240, 0.6}};
        for (double[] each : grid) {
            settings.add(contestant(
                    "B7",
                    "every " + (int) each[0] + " s, down window " + (int) each[1] + " s, memory " + each[2],
                    job -> new MetricController(
                            (int) each[0],
                            new WvaV2(job.workload().kinds().getFirst(), each[2]),
                            Actuation.HPA.windows(0, each[1]))));
        }
        return new Baseline("B7", "WVA V2, tokens", settings);
    }

    private static Baseline dynamo() {
        List<Contestant> settings = new ArrayList<>();
        double[][] grid = {{1, 180}, {0.5, 180}, {0.5, 60}};
        for (double[] each : grid) {
            settings.add(contestant("B8", "targets × " + each[0] + ", floor each " + (int) each[1] + " s", job -> {
                PodKind kind = job.workload().kinds().getFirst();
                Tier tier = job.workload().tiers().getFirst();
                return new MetricController(5, new DynamoRule(kind, tier, each[0], each[1]), Actuation.DIRECT);
            }));
        }
        return new Baseline("B8", "Dynamo's planner, in its ideas", settings);
    }

    private static Baseline knative() {
        List<Contestant> settings = new ArrayList<>();
        for (double target : new double[] {100, 64, 48, 32}) {
            settings.add(contestant(
                    "B9",
                    "target " + (int) target + " at 70 %",
                    job -> new MetricController(2, new KnativeRule(0.7 * target), Actuation.DIRECT)));
        }
        return new Baseline("B9", "Knative KPA", settings);
    }

    private static Baseline aibrix() {
        List<Contestant> settings = new ArrayList<>();
        for (double target : new double[] {0.5, 0.3, 0.7}) {
            settings.add(contestant(
                    "B10",
                    "memory " + target,
                    job -> new MetricController(10, new AibrixRule(target), Actuation.DIRECT)));
        }
        return new Baseline("B10", "AIBrix APA", settings);
    }

    /** An integer programme with perfect profiles, and nothing that knows of starts. */
    private static Baseline profiles() {
        List<Contestant> settings = new ArrayList<>();
        double[][] grid = {{240, 0}, {240, 0.2}, {60, 0.2}};
        for (double[] each : grid) {
            settings.add(contestant("B11", "rates over " + (int) each[0] + " s, headroom " + each[1], job -> {
                PodKind kind = job.workload().kinds().getFirst();
                Tier tier = job.workload().tiers().getFirst();
                return new MetricController(
                        10, (cluster, now) -> byProfile(cluster, kind, tier, each[0], each[1]), Actuation.PUBLISHED);
            }));
        }
        return new Baseline("B11", "Mélange's programme, perfect profiles", settings);
    }

    private static double byProfile(Cluster cluster, PodKind kind, Tier tier, double window, double headroom) {
        Totals recent = cluster.over(window);
        double rate = recent.arrivals / cluster.spanned(window);
        if (recent.finished == 0) {
            return Double.NaN;
        }
        Shape shape = Shape.fixed(recent.meanInput(), 0, recent.meanOutput());
        return Math.ceil(Demand.replicas(rate, shape, kind, tier) / (1 - headroom) - 1e-9);
    }

    /**
     * Knows the rate of the last ten seconds and perfect profiles, sees what waits, and asks at once: what any rule could do at most
     * that does not know what comes, with replicas that take their time to start.
     */
    private static Baseline following() {
        Contestant follows = contestant("B13", "true rates of the last 10 s", job -> {
            Demand demand = new Demand(job.workload(), job.seed());
            PodKind kind = job.workload().kinds().getFirst();
            Tier tier = job.workload().tiers().getFirst();
            return new MetricController(
                    1,
                    (cluster, now) -> Demand.replicas(
                            demand.rate(Math.max(0, now - 10), now)
                                    + cluster.router().stream()
                                                    .mapToDouble(each -> each.queued)
                                                    .sum()
                                            / MINUTE,
                            demand.shape(Math.max(0, now - 300), now),
                            kind,
                            tier),
                    Actuation.DIRECT.windows(0, 300));
        });
        return new Baseline("B13", "follows at once", List.of(follows));
    }

    /** Knows what comes until what is started now is ready and half a minute more; smoothed over a minute. */
    private static Baseline clairvoyant() {
        Contestant knows = contestant("B12", "true rates", job -> {
            Demand demand = new Demand(job.workload(), job.seed());
            PodKind kind = job.workload().kinds().getFirst();
            Tier tier = job.workload().tiers().getFirst();
            return new MetricController(5, (cluster, now) -> known(demand, kind, tier, now), Actuation.DIRECT);
        });
        return new Baseline("B12", "clairvoyant", List.of(knows));
    }

    private static double known(Demand demand, PodKind kind, Tier tier, double now) {
        double most = 0;
        for (double at = now; at <= now + kind.coldStartSeconds() + 30; at += 10) {
            double from = Math.max(0, at - 30);
            double needed = Demand.replicas(
                    demand.rate(from, at + 30), demand.shape(Math.max(0, at - 150), at + 150), kind, tier);
            most = Math.max(most, needed);
        }
        return most;
    }
}
