package io.llmd.lab.autoscale;

import io.llmd.lab.autoscale.ScaleStudy.Job;
import java.util.ArrayList;
import java.util.List;

/** What else is looked at beside the comparison: parts of the autoscaler left out, other conditions, and faults. */
final class Extras {

    /** One run of a table. @param row its row @param column its column */
    record Extra(Group group, String row, String column, Job job) {}

    /** A table. */
    enum Group {
        ABLATIONS("What parts of it are worth"),
        STARTS("Starts that take longer or shorter"),
        MODEL("Wrong assumptions about step times"),
        ENGINES("Engines that do not obey the model"),
        HEADROOM("Replicas that are left free"),
        BURSTS("Replicas that stand by for bursts"),
        FAULTS("Faults"),
        IDLE("No requests"),
        MIX("What the mix is worth");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private static final double BLIND_FROM = 3_600;
    /** Within it what can be read would ask for fewer. */
    static final double BLIND_UNTIL = 5_400;

    private final List<Extra> all = new ArrayList<>();
    private final List<Long> seeds;

    private Extras(List<Long> seeds) {
        this.seeds = seeds;
    }

    /** All of them. @param compared workloads of the comparison */
    static List<Extra> of(List<ScaleWorkload> compared, List<Long> seeds) {
        Extras extras = new Extras(seeds);
        for (ScaleWorkload workload : compared) {
            if (List.of("W1", "W4", "W5").contains(workload.id())) {
                extras.ablations(workload);
            }
            extras.headroom(workload);
            if (List.of("W5", "W6", "W8").contains(workload.id())) {
                extras.bursts(workload);
            }
            if (List.of("W1", "W5").contains(workload.id())) {
                extras.model(workload);
                extras.engines(workload);
            }
            switch (workload.id()) {
                case "W9" -> extras.mixes(workload);
                case "W10" -> extras.roles(workload);
                case "W13" -> extras.again(workload);
                case "W2" -> extras.starts(workload);
                case "W3" -> extras.faults(workload);
                default -> {}
            }
        }
        extras.idle();
        return extras.all;
    }

    private void add(Group group, String row, String column, ScaleWorkload workload, Contestant contestant) {
        add(group, row, column, workload, contestant, Environment.USUAL);
    }

    private void add(
            Group group,
            String row,
            String column,
            ScaleWorkload workload,
            Contestant contestant,
            Environment environment) {
        // What goals compare with others is run as often as these.
        List<Long> run = group == Group.HEADROOM ? seeds : seeds.subList(0, 1);
        for (long seed : run) {
            all.add(new Extra(group, row, column, new Job(workload, contestant, environment, seed)));
        }
    }

    private void ablation(String name, ScaleWorkload workload, Ours ours) {
        add(Group.ABLATIONS, name, workload.id(), workload, ours.contestant(ScaleStudy.OURS, name));
    }

    private void ablations(ScaleWorkload workload) {
        Ours shipped = Ours.SHIPPED;
        ablation("as shipped", workload, shipped);
        ablation("no forecast", workload, shipped.told(Told::withoutForecast));
        ablation("no guard for chance", workload, shipped.told(Told::withoutGuard));
        ablation("no backlog", workload, shipped.told(Told::withoutBacklog));
        ablation("means of lengths alone", workload, shipped.told(Told::means));
        ablation("median of the first token, not its tail", workload, shipped.told(Told::medianFirstToken));
        ablation("memory alone", workload, shipped.told(Told::memoryAlone));
        ablation("memory in use not looked at", workload, shipped.told(Told::withoutMemoryFill));
        ablation("no derating", workload, shipped.told(Told::withoutDerate));
        ablation("no margin for step times", workload, shipped.told(Told::withoutConfidence));
        ablation("nothing left free", workload, shipped.withHeadroom(0));
        ablation("HPA with tolerance 0.1", workload, shipped.by(Actuation.PUBLISHED.tolerating(0.1)));
        ablation("scale subresource, no HPA", workload, shipped.by(Actuation.DIRECT));
        for (int seconds : new int[] {5, 30}) {
            String name = "scrapes every " + seconds + " s";
            add(
                    Group.ABLATIONS,
                    name,
                    workload.id(),
                    workload,
                    shipped.contestant(ScaleStudy.OURS, name),
                    new Environment(seconds, Troubles.NONE));
        }
        for (double factor : new double[] {0.5, 1.5}) {
            PodKind kind = workload.kinds().getFirst();
            ScaleWorkload other = workload.on(List.of(kind.startingIn(factor * kind.coldStartSeconds())));
            String name = "starts take " + (int) (factor * kind.coldStartSeconds()) + " s";
            add(Group.ABLATIONS, name, workload.id(), other, shipped.contestant(ScaleStudy.OURS, name));
        }
    }

    private void headroom(ScaleWorkload workload) {
        for (double share : new double[] {0, 0.05, 0.1, 0.15, 0.2, 0.3}) {
            String name = "headroom " + share;
            add(
                    Group.HEADROOM,
                    name,
                    workload.id(),
                    workload,
                    Ours.SHIPPED.withHeadroom(share).contestant(ScaleStudy.OURS, name));
        }
    }

    private void bursts(ScaleWorkload workload) {
        for (double quantile : new double[] {0, 0.9, 0.95, 0.98}) {
            String name = quantile == 0 ? "none" : "quantile " + quantile;
            add(
                    Group.BURSTS,
                    name,
                    workload.id(),
                    workload,
                    Ours.SHIPPED.withBursts(quantile).contestant(ScaleStudy.OURS, name));
        }
    }

    private void model(ScaleWorkload workload) {
        for (double factor : new double[] {0.8, 0.9, 1, 1.1, 1.25}) {
            String name = "assumed × " + factor;
            add(
                    Group.MODEL,
                    name,
                    workload.id(),
                    workload,
                    Ours.SHIPPED.withPrior(factor).contestant(ScaleStudy.OURS, name));
        }
    }

    /** Qwen3-32B on two H100 by its arithmetic: attention that grows with the square, reads and computing that overlap. */
    private void engines(ScaleWorkload workload) {
        PodKind kind = workload.kinds().getFirst();
        ScaleWorkload other = workload.on(List.of(ScaleWorkloads.physical(kind)));
        add(Group.ENGINES, "ours", workload.id(), other, Ours.SHIPPED.contestant(ScaleStudy.OURS, "as shipped"));
        for (Baselines.Baseline rule : Baselines.all(other)) {
            if (List.of("B2", "B3", "B7").contains(rule.id())) {
                Contestant usual = rule.usual();
                add(Group.ENGINES, rule.id() + ", " + usual.setting(), workload.id(), other, usual);
            }
        }
    }

    private void starts(ScaleWorkload workload) {
        for (int seconds : new int[] {15, 30, 100, 300}) {
            ScaleWorkload other =
                    workload.on(List.of(workload.kinds().getFirst().startingIn(seconds)));
            String column = seconds + " s";
            add(Group.STARTS, "ours", column, other, Ours.SHIPPED.contestant(ScaleStudy.OURS, column));
            for (Baselines.Baseline rule : Baselines.all(other)) {
                if (List.of("B2", "B4", "B7", "B8").contains(rule.id())) {
                    Contestant usual = rule.usual();
                    add(Group.STARTS, rule.id() + ", " + usual.setting(), column, other, usual);
                }
            }
        }
    }

    private void faults(ScaleWorkload workload) {
        fault("none", workload, Troubles.NONE);
        fault("half of the starts of the first 90 minutes fail", workload, Troubles.stuck(0.5, 5_400));
        fault("a fifth of the readings get lost", workload, Troubles.losing(0.2));
        fault("nothing can be read for half an hour", workload, Troubles.blind(BLIND_FROM, BLIND_UNTIL));
        fault("two places are slow", workload, Troubles.slow(2));
        fault("the router begins anew", workload, Troubles.restart(7_200));
    }

    private void fault(String name, ScaleWorkload workload, Troubles troubles) {
        add(
                Group.FAULTS,
                name,
                workload.id(),
                workload,
                Ours.SHIPPED.contestant(ScaleStudy.OURS, name),
                new Environment(15, troubles));
    }

    /** Rows of the table about mixes that goals look at. */
    static final String APART = "strict apart, others on what is cheapest";

    static final String TOGETHER = "all on one kind of replica";

    private void mixes(ScaleWorkload workload) {
        mix(APART, workload);
        mix("strict apart, large replicas alone", workload.on(ScaleWorkloads.largeApart()));
        mix("each class on replicas of its own", workload.on(ScaleWorkloads.silos()));
        mix(TOGETHER, workload.on(ScaleWorkloads.together()));
    }

    private void roles(ScaleWorkload workload) {
        mix("prefill and decode apart", workload);
        mix("replicas that do both", workload.on(ScaleWorkloads.both()));
    }

    private void mix(String name, ScaleWorkload workload) {
        add(Group.MIX, name, workload.id(), workload, Ours.SHIPPED.contestant(ScaleStudy.OURS, name));
    }

    /** A ramp that comes again and again, which those can learn who keep what they have seen of the last hour. */
    private void again(ScaleWorkload workload) {
        bursts(workload.repeated(8));
    }

    private void idle() {
        ScaleWorkload workload = ScaleWorkloads.idle();
        add(
                Group.IDLE,
                "ours, zero after 10 minutes",
                workload.id(),
                workload,
                Ours.SHIPPED.withZero(600).by(Actuation.DIRECT).contestant(ScaleStudy.OURS, "zero"));
    }

    /** Whether a number was lowered while nothing could be read. */
    static boolean isLoweredBlind(ScaleResult.Series series) {
        for (int i = 1; i < series.asked().length; i++) {
            double at = (i + 1.0) * series.step();
            if (at > BLIND_FROM + series.step() && at <= BLIND_UNTIL && series.asked()[i] < series.asked()[i - 1]) {
                return true;
            }
        }
        return false;
    }
}
