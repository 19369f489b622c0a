package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.Prospect;
import io.llmd.autoscaler.analyzer.SaturationFloor;
import io.llmd.autoscaler.analyzer.ViolationBill;
import io.llmd.autoscaler.planner.MixProblem.Demand;
import io.llmd.autoscaler.planner.MixProblem.Option;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Plans one model for one cycle; its steps are called in order. For one thread. */
final class ModelPlanner {

    private static final double DETECTION_SECONDS = 20;
    private static final int NO_BOUND = 10_000;

    private static final List<Guard> GUARDS = List.of(
            new FitGuard(),
            new WindowGuard(),
            new ConsolidateGuard(),
            new StepGuard(),
            new RetryGuard(),
            new ZeroGuard(),
            new BoundsGuard(),
            new DisruptGuard());

    private final ModelInput input;
    private final Memory memory;
    private final double nowSeconds;
    private final MixSolver solver;
    private final MixProblem problem;
    private final List<Target> targets = new ArrayList<>();
    private final Set<GuardCode> codes = EnumSet.noneOf(GuardCode.class);
    private final List<Decision.Rejected> rejected = new ArrayList<>();
    private final Rates rates;
    private final double reach;

    ModelPlanner(ModelInput input, Memory memory, double nowSeconds, MixSolver solver, MixProblem.Headroom headroom) {
        this.input = input;
        this.memory = memory;
        this.nowSeconds = nowSeconds;
        this.solver = solver;
        List<Option> options = input.variants().stream().map(this::option).toList();
        List<Demand> demands = input.classes().stream()
                .map(each -> new Demand(each.requestClass(), each.now()))
                .toList();
        problem = MixProblem.of(options, demands, Map.of(), input.arrivalVariation(), headroom);
        reach = reach(Replicas::ready);
        rates = rates();
    }

    /** What may be planned: nothing more of what does not start, and nothing but what there is where it is paused. */
    private Option option(VariantInput each) {
        int specified = each.replicas().specified();
        int upper = most(each);
        if (isDoubtful(each)) {
            upper = Math.min(upper, each.replicas().usable());
        }
        int lower = Math.min(each.variant().min(), upper);
        return each.isPaused()
                ? new Option(each.variant(), each.function(), specified, specified)
                : new Option(each.variant(), each.function(), lower, upper);
    }

    private static int most(VariantInput each) {
        int max = each.variant().max();
        return each.mayGrow() ? max : Math.min(max, each.replicas().specified());
    }

    /** Whether replicas of it do not start, so that others are to take their share where there are any. */
    private boolean isDoubtful(VariantInput each) {
        return each.replicas().stuck() > 0
                || memory.of(each.variant().id()).starts().waitSeconds(nowSeconds, each.coldStart90()) > 0;
    }

    private Rates rates() {
        Prospect prospect = prospect();
        Rates others =
                Rates.of(input.classes(), prospect, new double[input.classes().size()]);
        DeadlineRates deadlines = new DeadlineRates(problem, input.classes(), input.variants());
        if (!deadlines.isAnyDue()) {
            return others;
        }
        Mix mix = solver.solve(problem.at(others.reserved()));
        return Rates.of(input.classes(), prospect, deadlines.rates(mix, others.reserved()));
    }

    private Prospect prospect() {
        double cold = 0;
        double elapsed = Double.POSITIVE_INFINITY;
        for (VariantInput each : input.variants()) {
            if (each.mayGrow() && !each.isPaused()) {
                cold = Math.max(cold, each.coldStart90());
            }
            if (each.replicas().starting() > 0) {
                double asked = memory.of(each.variant().id()).grownAt();
                elapsed = Math.min(elapsed, asked == Double.NEGATIVE_INFINITY ? 0 : nowSeconds - asked);
            }
        }
        return Double.isInfinite(elapsed)
                ? new Prospect(reach - 1, reach - 1, cold, 0)
                : new Prospect(reach - 1, reach(Replicas::usable) - 1, cold, elapsed);
    }

    /** By how many times the present demand could grow before such replicas are full; 4 at most. */
    private double reach(ToIntFunction<Replicas> counted) {
        double low = 0;
        double high = 4;
        for (int i = 0; i < 40; i++) {
            double middle = (low + high) / 2;
            if (canServe(middle, counted)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean canServe(double times, ToIntFunction<Replicas> counted) {
        double[] scaled = problem.demands().stream()
                .mapToDouble(demand -> demand.rate() * times)
                .toArray();
        int[] serving = new int[problem.lanes().size()];
        boolean[] isTaken = new boolean[problem.options().size()];
        for (int j = 0; j < serving.length; j++) {
            int option = problem.optionIndex(j);
            // At the strictest tier of its requests: whatever is there may have to serve them.
            if (!isTaken[option] && isUsable(j)) {
                serving[j] = counted.applyAsInt(input.variants().get(option).replicas());
                isTaken[option] = true;
            }
        }
        return Filling.mix(problem.at(scaled), serving, 1).unmet() == 0;
    }

    private boolean isUsable(int lane) {
        for (int k = 0; k < problem.demands().size(); k++) {
            if (problem.isFeasible(k, lane)) {
                return true;
            }
        }
        return false;
    }

    /** The problem that has to be solved, at the rates that are provided for. */
    MixProblem wanted() {
        return problem.at(rates.reserved());
    }

    /** Continues with the mix that was found for {@link #wanted}. */
    Plan plan(Mix found) {
        boolean isTrusted = input.isConfigValid() && input.grade() == Grade.COMPLETE;
        for (VariantInput each : input.variants()) {
            VariantMemory known = memory.of(each.variant().id());
            Starts starts = known.starts().seen(each.replicas(), known.published(), nowSeconds, each.coldStart90());
            targets.add(new Target(each, known.starting(starts), isTrusted || each.isTold()));
        }
        adoptForeign();
        Hysteresis.Choice choice = new Hysteresis(solver).choose(found, input.variants());
        rejected.addAll(choice.rejected());
        stages(choice.mix());
        retry(choice.mix());
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            if (choice.isKept()) {
                target.note(GuardCode.G10_COST_HYST);
            }
            notes(target);
            standBy(target);
            floor(target);
        }
        unmet(choice.mix());
        Plan plan =
                new Plan(input, targets, nowSeconds, memory.sinceSeconds(), choice.mix(), problem.at(rates.present()));
        activate();
        new HoldGuard().apply(plan);
        if (!plan.isHeld()) {
            GUARDS.forEach(guard -> guard.apply(plan));
        } else {
            targets.forEach(target -> target.remember(target.memory().with(nowSeconds, target.replicas())));
        }
        return plan;
    }

    private void adoptForeign() {
        for (Target target : targets) {
            if (target.isForeign()) {
                target.note(GuardCode.G15_EXTERNAL);
                VariantMemory known = target.memory();
                // Who tells the number itself to be less wants less than what was needed before.
                target.remember(
                        target.input().isTold()
                                ? known.begunWith(nowSeconds, target.current())
                                : known.with(nowSeconds, target.current()));
            } else if (target.memory().published() < 0) {
                // The window begins with what is there.
                target.remember(target.memory().with(nowSeconds, target.current()));
            }
        }
    }

    /** What each stage of demand alone would ask for. A stage that changes no rate is not solved again. */
    private void stages(Mix last) {
        String[] names = {"demand", "forecast", "backlog", "reserve"};
        double[][] byStage = {rates.demand(), rates.forecast(), rates.all(), rates.reserved()};
        int[] lasting = null;
        int[] numbers = null;
        for (int s = 0; s < names.length; s++) {
            boolean isLast = Arrays.equals(byStage[s], rates.reserved());
            boolean isSame = s > 0 && Arrays.equals(byStage[s], byStage[s - 1]);
            if (!isSame || numbers == null) {
                numbers = isLast
                        ? last.byOption()
                        : solver.solve(problem.at(byStage[s])).byOption();
            }
            lasting = names[s].equals("forecast") ? numbers : lasting;
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).stage(names[s], numbers[i], isSame ? "adds nothing" : reason(names[s]));
            }
        }
        boolean isWaiting = input.grade() == Grade.COMPLETE
                && Arrays.equals(rates.reserved(), rates.all())
                && input.classes().stream().anyMatch(each -> each.waiting() > 0);
        for (int i = 0; isWaiting && lasting != null && i < targets.size(); i++) {
            targets.get(i).lasts(lasting[i]);
        }
    }

    /** What others cannot serve is needed of what does not start all the same. */
    private void retry(Mix mix) {
        int[] lower = mix.byOption();
        int[] upper = lower.clone();
        boolean isAny = false;
        for (int i = 0; i < upper.length; i++) {
            VariantInput each = input.variants().get(i);
            if (isDoubtful(each) && !each.isPaused()) {
                upper[i] = Math.max(lower[i], most(each));
                isAny = true;
            }
        }
        if (!isAny || mix.unmet() == 0) {
            return;
        }
        int[] needed =
                solver.solve(problem.at(rates.reserved()).bounded(lower, upper)).byOption();
        for (int i = 0; i < needed.length; i++) {
            if (needed[i] > lower[i]) {
                targets.get(i).stage("retry", needed[i], "what would serve the rest, if it started");
            }
        }
    }

    private static String reason(String stage) {
        return switch (stage) {
            case "demand" -> "the rate of the present and what chance may add";
            case "forecast" -> "the rate when what is started now is ready";
            case "backlog" -> "requests that wait have to be worked off, or done when they are due";
            default -> "bursts of the last hour, or the same as before where those are less";
        };
    }

    private void notes(Target target) {
        VariantInput each = target.input();
        if (each.replicas().stuck() > 0) {
            target.note(GuardCode.STUCK);
        }
        if (!each.mayGrow()) {
            target.note(GuardCode.FAIL_CLOSED);
        }
    }

    /**
     * Replicas that stand by above demand. They are part of what is needed: added after the guards, they would come again on top of
     * every number that a guard holds.
     */
    private void standBy(Target target) {
        int reserve = target.input().variant().warmReserve();
        if (reserve == 0 || target.replicas() == 0 || target.input().isPaused()) {
            return;
        }
        int max = target.input().variant().max();
        int most = target.input().mayGrow() ? max : Math.min(max, target.current());
        int wanted = Math.min(target.replicas() + reserve, Math.max(most, target.replicas()));
        target.stage("warm reserve", wanted, "replicas that stand by");
    }

    private void floor(Target target) {
        boolean isKnown =
                input.grade() != Grade.BLIND && target.input().replicas().stuck() == 0;
        int floor = SaturationFloor.floor(
                target.input().replicas().ready(),
                target.input().replicas().starting() == 0,
                target.input().memoryFill());
        if (isKnown && floor > target.replicas()) {
            target.atLeast(GuardCode.SATURATION_FLOOR, floor);
        }
    }

    /** Where not all is served: what it would have taken without bounds, and what nothing could serve. */
    private void unmet(Mix mix) {
        if (mix.unmet() == 0) {
            return;
        }
        int[] upper = new int[targets.size()];
        int[] lower = new int[targets.size()];
        for (int i = 0; i < upper.length; i++) {
            upper[i] =
                    targets.get(i).input().mayGrow() ? NO_BOUND : targets.get(i).current();
        }
        Mix free = solver.solve(problem.at(rates.reserved()).bounded(lower, upper));
        for (int k = 0; k < input.classes().size(); k++) {
            if (free.unmet(k) > 0 && !isServedAnywhere(k)) {
                codes.add(GuardCode.BASE_STEP_TOO_SLOW);
            }
        }
        int[] wanted = free.byOption();
        for (int i = 0; i < wanted.length; i++) {
            Target target = targets.get(i);
            if (wanted[i] > target.input().variant().max()) {
                int bounded = target.replicas();
                target.stage("unbounded", wanted[i], "what would serve all requests");
                target.guard(
                        GuardCode.G12_BOUNDS, Math.min(target.input().variant().max(), Math.max(bounded, 0)));
            }
        }
    }

    /** Whether some lane can keep the promise of a class, however many replicas of it there may be. */
    private boolean isServedAnywhere(int demand) {
        return !problem.routes().of(demand).isEmpty();
    }

    private void activate() {
        boolean isAnything = targets.stream().anyMatch(target -> target.current() > 0);
        boolean isAsked = input.idle().queued() > 0
                || input.classes().stream().anyMatch(each -> each.waiting() > 0 || each.now() > 0);
        if (isAnything || !isAsked || targets.stream().anyMatch(target -> target.replicas() > 0)) {
            return;
        }
        List<String> chosen = Activation.choose(problem, input.variants(), input.classes());
        for (Target target : targets) {
            if (chosen.contains(target.input().variant().id())) {
                target.atLeast(GuardCode.ACTIVATION, 1);
            }
        }
    }

    /** The decision, after all guards. */
    Decision decision(Plan plan, String id) {
        List<ClassDecision> classes = new ArrayList<>();
        Mix mix = plan.mix();
        for (int k = 0; k < input.classes().size(); k++) {
            ClassInput each = input.classes().get(k);
            classes.add(new ClassDecision(
                    each.requestClass().id(),
                    each.requestClass().tier().name(),
                    each.now(),
                    each.guard(),
                    each.upper(),
                    rates.backlog()[k],
                    rates.reserved()[k],
                    mix.unmet(k),
                    each.attainment(),
                    Routing.shares(mix, k)));
        }
        List<VariantDecision> variants = new ArrayList<>();
        double cost = 0;
        for (int i = 0; i < targets.size(); i++) {
            variants.add(Explainer.explain(targets.get(i), i, mix, input.arrivalVariation()));
            cost += variants.get(i).costPerHour();
        }
        ViolationBill bill = bill(cost);
        return new Decision(
                id,
                input.model(),
                nowSeconds,
                input.grade(),
                mix.outcome().name().toLowerCase(Locale.ROOT),
                mix.gap(),
                classes,
                variants,
                cost,
                rejected,
                bill,
                codes.stream().map(GuardCode::shortName).toList());
    }

    /** G17: demand that ready replicas cannot serve before others are. */
    private ViolationBill bill(double cost) {
        double now = input.classes().stream().mapToDouble(ClassInput::now).sum();
        boolean runs =
                targets.stream().anyMatch(target -> target.input().replicas().ready() > 0);
        if (reach >= 1 || now == 0 || !runs || cost == 0) {
            return ViolationBill.NONE;
        }
        codes.add(GuardCode.G17_ENVELOPE);
        double start = targets.stream()
                .filter(target -> target.serving() > target.input().replicas().ready())
                .mapToDouble(target -> target.input().coldStart90())
                .max()
                .orElse(0);
        double ready = 0;
        double planned = 0;
        for (Target target : targets) {
            double price = target.input().variant().costPerHour();
            ready += price * target.input().replicas().ready();
            planned +=
                    price * Math.max(target.serving(), target.input().replicas().ready());
        }
        double served = reach * now;
        return ViolationBill.of(now, served, served * planned / Math.max(1e-9, ready), DETECTION_SECONDS + start);
    }
}
