package io.llmd.autoscaler.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import io.llmd.autoscaler.analyzer.Derate;
import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole decisions. A replica serves one request a second, unless a test says otherwise. */
class PlannerTest {

    private static final Tier ANY = Tier.ofInterToken("any", TierClass.STANDARD, Double.POSITIVE_INFINITY);

    private final Planner planner = new Planner(2_000, tier -> 0);
    private final Map<String, Integer> accelerators = new HashMap<>();
    private Memory memory = Memory.begin(-1_000);
    private double now;
    private FleetDecision last = new FleetDecision(List.of(), memory);

    private static FittedStepTime fit(double perSecond, FitStatus status) {
        // Of a batch replica's time 95 % are used, and margins slow it down by 3 %.
        return new FittedStepTime(new StepTime(1e-9, 0, 0.95 / 1.03 / perSecond, 0), 1.03, 0.01, 40, status, false);
    }

    /** A variant and its state, to be changed step by step. */
    private static final class Subject {
        private Variant variant;
        private FittedStepTime fit = fit(1, FitStatus.FITTED);
        private Replicas replicas;
        private double memoryFill = Double.NaN;
        private double supply = 1;
        private double coldStart90 = 100;
        private Behaviour behaviour = Behaviour.USUAL;
        private boolean isPaused;
        private boolean isDisrupted;
        private boolean isTold;

        private Subject(String name, double cost, int ready, int max) {
            variant = Variant.of(name, "m", Role.UNIFIED, cost, "gpu", max).bounded(1, max);
            replicas = Replicas.ready(ready);
        }

        private VariantInput input() {
            return new VariantInput(
                    variant,
                    fit,
                    new EngineLimits(1e12, 1_000_000, 8_192),
                    Derate.NONE,
                    1,
                    supply,
                    replicas,
                    memoryFill,
                    coldStart90,
                    behaviour,
                    isPaused,
                    isDisrupted,
                    isTold);
        }
    }

    private static ClassInput demand(double rate) {
        return ClassInput.steady(new RequestClass("c", ANY, Shape.fixed(0, 0, 1)), rate);
    }

    private static ModelInput model(List<ClassInput> classes, Grade grade, ModelInput.Idle idle, Subject... subjects) {
        return new ModelInput(
                "m", classes, Arrays.stream(subjects).map(Subject::input).toList(), grade, true, 1, idle);
    }

    private Decision decide(ModelInput model) {
        last = planner.decide(new FleetInput(List.of(model), accelerators), memory, now, "t" + (int) now);
        memory = last.memory();
        now += 10;
        return last.decisions().getFirst();
    }

    private Decision decide(double rate, Subject... subjects) {
        return decide(model(List.of(demand(rate)), Grade.COMPLETE, ModelInput.Idle.NEVER, subjects));
    }

    private static int desired(Decision decision, String name) {
        return decision.of("default/" + name).orElseThrow().desired();
    }

    private static List<String> codes(Decision decision, String name) {
        return decision.of("default/" + name).orElseThrow().codes();
    }

    /** A controller that has watched for long, and asked for what there is. */
    private void settled(Subject... subjects) {
        Map<String, VariantMemory> all = new HashMap<>();
        for (Subject subject : subjects) {
            int count = subject.replicas.specified();
            all.put(subject.variant.id(), VariantMemory.EMPTY.publish(-900, count, count, count, 0));
        }
        memory = new Memory(-1_000, all);
    }

    @Test
    @DisplayName("row 28: replicas that start are credited")
    @Tag("autoscaling-28")
    void startingReplicasAreCredited() {
        Subject subject = new Subject("v", 1, 3, 12);
        subject.replicas = new Replicas(3, 3, 0, 0);
        settled(subject);
        for (int cycle = 0; cycle < 10; cycle++) {
            assertThat(desired(decide(6, subject), "v")).isEqualTo(6);
        }
    }

    @Test
    void replicasThatStandByAreAddedOnceAndNotInEveryCycle() {
        Subject subject = new Subject("v", 1, 3, 20);
        Variant known = subject.variant;
        subject.variant = new Variant(
                known.namespace(), known.name(), "m", Role.UNIFIED, known.tiers(), 1, false, "gpu", 1, 1, 20, 2);
        // Within the first minutes the number of before is held, which has the reserve already.
        memory = Memory.begin(0);
        for (int cycle = 0; cycle < 5; cycle++) {
            Decision decision = decide(3, subject);
            assertThat(desired(decision, "v")).isEqualTo(5);
            subject.replicas = Replicas.ready(desired(decision, "v"));
        }
    }

    @Test
    void replicasThatComeOneByOneAreNobodyElsesDoing() {
        Subject subject = new Subject("v", 1, 3, 20);
        settled(subject);
        for (int there = 3; there <= 9; there++) {
            subject.replicas = Replicas.ready(there);
            Decision decision = decide(9, subject);
            assertThat(desired(decision, "v")).isEqualTo(9);
            assertThat(codes(decision, "v")).doesNotContain("G15");
        }
    }

    @Test
    @Tag("autoscaling-19")
    void aSlowReplicaIsWorthLess() {
        Subject subject = new Subject("v", 1, 4, 20);
        settled(subject);
        assertThat(desired(decide(8, subject), "v")).isEqualTo(8);
        subject.supply = (3 + 1 / 1.4) / 4;
        assertThat(desired(decide(8, subject), "v")).isEqualTo(9);
    }

    @Test
    void whatIsHeldForBlindnessIsNotCutByAccelerators() {
        Subject subject = new Subject("v", 1, 3, 20);
        settled(subject);
        assertThat(desired(decide(6, subject), "v")).isEqualTo(6);
        accelerators.put("gpu", 3);
        Decision blind = decide(model(List.of(demand(6)), Grade.BLIND, ModelInput.Idle.NEVER, subject));
        assertThat(desired(blind, "v")).isEqualTo(6);
    }

    @Test
    void memoryOfWhatWasNeededStaysShort() {
        VariantMemory memory = VariantMemory.EMPTY;
        for (int i = 0; i < 5_000; i++) {
            memory = memory.with(i, i % 2);
        }
        assertThat(memory.needed()).hasSizeLessThanOrEqualTo(2);
        assertThat(memory.most(4_999, 10)).isEqualTo(1);
    }

    private static ClassInput waiting(double rate, double waiting) {
        RequestClass requests = new RequestClass("c", ANY, Shape.fixed(0, 0, 1));
        return new ClassInput(requests, rate, 0, rate, 0, waiting, 60);
    }

    @Test
    void whatIsNeededForRequestsThatWaitCountsUntilNoneDoAndNoLonger() {
        Subject subject = new Subject("v", 1, 5, 40);
        settled(subject);
        ModelInput many = model(List.of(waiting(5, 600)), Grade.COMPLETE, ModelInput.Idle.NEVER, subject);
        assertThat(desired(decide(many), "v")).isEqualTo(15);

        subject.replicas = Replicas.ready(15);
        ModelInput few = model(List.of(waiting(5, 30)), Grade.COMPLETE, ModelInput.Idle.NEVER, subject);
        assertThat(desired(decide(few), "v")).as("some still wait").isEqualTo(15);

        Decision none = decide(5, subject);
        assertThat(desired(none, "v")).as("half a minute at most").isEqualTo(8);
        assertThat(codes(none, "v")).doesNotContain("G06");
    }

    @Test
    void whatWasNeededForRequestsThatWaitIsForgottenAfterHalfAnHourAlthoughSomeAlwaysDo() {
        VariantMemory memory = VariantMemory.EMPTY.backlogged(0, 40);
        for (int seconds = 15; seconds <= 1_800; seconds += 15) {
            memory = memory.backlogged(seconds, 20);
        }
        assertThat(memory.backlogged(1_800)).isEqualTo(40);

        memory = memory.backlogged(1_815, 20);
        assertThat(memory.backlogged(1_815)).isEqualTo(20);
        assertThat(memory.backlogged(1_830, 0).backlogged(1_830)).isZero();
    }

    private static ClassInput due(double inSeconds, double items) {
        Tier later = Tier.batch("later");
        return ClassInput.due(
                new RequestClass("later", later, Shape.fixed(0, 0, 1)),
                List.of(new Work(inSeconds, items)),
                Double.NaN);
    }

    private int desiredWith(ClassInput later, Subject subject) {
        ModelInput model = model(List.of(demand(3), later), Grade.COMPLETE, ModelInput.Idle.NEVER, subject);
        return desired(decide(model), "v");
    }

    @Test
    @Tag("autoscaling-56")
    @Tag("autoscaling-57")
    void workThatCanWaitGetsReplicasAsLateAsIsSafeAndKeepsThemUntilItIsDone() {
        Subject subject = new Subject("v", 1, 3, 12);
        settled(subject);
        assertThat(desiredWith(due(3_600, 800), subject)).as("there is time").isEqualTo(3);
        assertThat(desiredWith(due(1_000, 800), subject)).as("just in time").isEqualTo(4);
        assertThat(desiredWith(due(300, 800), subject)).as("too late for one").isEqualTo(7);

        subject.replicas = Replicas.ready(4);
        settled(subject);
        assertThat(desiredWith(due(3_600, 800), subject))
                .as("what was begun goes on")
                .isEqualTo(4);
        assertThat(desired(decide(3, subject), "v"))
                .as("within the down window")
                .isEqualTo(4);
    }

    @Test
    @Tag("autoscaling-57")
    void workThatCanWaitFillsWhatOthersLeaveFree() {
        Subject subject = new Subject("v", 1, 4, 12);
        subject.variant = subject.variant.bounded(4, 12);
        settled(subject);
        assertThat(desiredWith(due(1_000, 900), subject))
                .as("one of four is free")
                .isEqualTo(4);
    }

    @Test
    @DisplayName("row 29: all that is missing is asked for at once")
    @Tag("autoscaling-29")
    void allAtOnce() {
        Subject subject = new Subject("v", 1, 3, 12);
        settled(subject);
        assertThat(desired(decide(9, subject), "v")).isEqualTo(9);
    }

    @Test
    @DisplayName("row 30: a backlog adds what works it off")
    @Tag("autoscaling-30")
    void backlogAdds() {
        Subject subject = new Subject("v", 1, 8, 40);
        subject.fit = fit(1.338, FitStatus.FITTED);
        settled(subject);
        RequestClass requests = new RequestClass("c", ANY, Shape.fixed(0, 0, 1));
        ClassInput waiting = new ClassInput(requests, 10, 0, 10, 0, 900, 60);
        Subject few = new Subject("v", 1, 7, 40);
        few.fit = subject.fit;
        // Replicas that come at once: nothing more waits until then.
        few.coldStart90 = 1;
        Decision decision = decide(model(List.of(waiting), Grade.COMPLETE, ModelInput.Idle.NEVER, few));
        assertThat(desired(decision, "v")).isEqualTo(19);
        assertThat(decision.of("default/v").orElseThrow().steps())
                .filteredOn(step -> step.stage().equals("demand"))
                .extracting(Step::replicas)
                .containsExactly(8);
    }

    @Test
    @DisplayName("row 31: a number that was needed counts until its window ends")
    @Tag("autoscaling-31")
    void downWindow() {
        Subject subject = new Subject("v", 1, 7, 12);
        settled(subject);
        now = 0;
        decide(7, subject);
        decide(7, subject);
        for (now = 20; now <= 300; ) {
            assertThat(desired(decide(4.4, subject), "v")).isEqualTo(7);
        }
        assertThat(now).isEqualTo(310);
        assertThat(desired(decide(4.4, subject), "v")).isEqualTo(5);
    }

    @Test
    @Tag("fault-F63")
    void aTargetThatFlipsWithEachCycleTurnsTheNumberOnce() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        now = 0;
        List<Integer> numbers = new ArrayList<>();
        for (int cycle = 0; now <= 900; cycle++) {
            numbers.add(desired(decide(cycle % 2 == 0 ? 7 : 4.4, subject), "v"));
        }

        assertThat(numbers.stream().distinct()).containsExactly(7);
    }

    @Test
    @DisplayName("row 32: a controller that has just begun takes nothing away")
    @Tag("autoscaling-32")
    void warmUp() {
        Subject subject = new Subject("v", 1, 8, 12);
        memory = Memory.begin(0);
        now = 20;
        Decision first = decide(2, subject);
        assertThat(desired(first, "v")).isEqualTo(8);
        assertThat(codes(first, "v")).contains("G04");
        for (now = 30; now < 300; ) {
            assertThat(desired(decide(2, subject), "v")).isEqualTo(8);
        }
        now = 330;
        assertThat(desired(decide(2, subject), "v")).isEqualTo(4);
    }

    @Test
    @DisplayName("row 33: what remains has to have room for the memory that is in use")
    @Tag("autoscaling-33")
    void consolidationByMemory() {
        Subject subject = new Subject("v", 1, 2, 12);
        subject.memoryFill = 0.70 * 0.78;
        settled(subject);
        Decision decision = decide(0.5, subject);
        assertThat(desired(decision, "v")).isEqualTo(2);
        assertThat(codes(decision, "v")).contains("G07");
        subject.memoryFill = 0.40 * 0.78;
        assertThat(desired(decide(0.5, subject), "v")).isEqualTo(1);
    }

    @Test
    @DisplayName("row 33: and for the load that is expected")
    @Tag("autoscaling-33")
    void consolidationByModel() {
        Subject subject = new Subject("v", 1, 3, 12);
        settled(subject);
        Decision decision = decide(1.9, subject);
        assertThat(desired(decision, "v")).isEqualTo(3);
        assertThat(codes(decision, "v")).contains("G07");
        assertThat(decision.of("default/v").orElseThrow().whyNotLess()).contains("G07");
    }

    @Test
    @DisplayName("rows 22 and 34: partial inputs take nothing away, and still add")
    @Tag("autoscaling-22")
    @Tag("autoscaling-34")
    void partialInputs() {
        Subject subject = new Subject("v", 1, 4, 12);
        settled(subject);
        Decision less = decide(model(List.of(demand(1)), Grade.PARTIAL, ModelInput.Idle.NEVER, subject));
        assertThat(desired(less, "v")).isEqualTo(4);
        assertThat(codes(less, "v")).contains("G03");
        Decision more = decide(model(List.of(demand(6)), Grade.PARTIAL, ModelInput.Idle.NEVER, subject));
        assertThat(desired(more, "v")).isEqualTo(6);
    }

    @Test
    @DisplayName("row 35: blind never means less, nor zero")
    @Tag("autoscaling-35")
    @Tag("fault-F61")
    void blind() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        ModelInput.Idle idle = new ModelInput.Idle(true, 9_999, 600, 0, 0, false);
        for (int cycle = 0; cycle < 90; cycle++) {
            Decision decision = decide(model(List.of(demand(0)), Grade.BLIND, idle, subject));
            assertThat(desired(decision, "v")).isEqualTo(5);
            assertThat(codes(decision, "v")).containsExactly("G02");
        }
        assertThat(desired(decide(model(List.of(demand(9)), Grade.BLIND, idle, subject)), "v"))
                .isEqualTo(5);
    }

    @Test
    void invalidConfigurationHolds() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        ModelInput invalid = new ModelInput(
                "m", List.of(demand(9)), List.of(subject.input()), Grade.COMPLETE, false, 1, ModelInput.Idle.NEVER);
        Decision decision = decide(invalid);
        assertThat(desired(decision, "v")).isEqualTo(5);
        assertThat(codes(decision, "v")).containsExactly("G01");
    }

    @Test
    @DisplayName("row 36: a true zero falls to the least allowed number")
    @Tag("autoscaling-36")
    void trueZero() {
        Subject subject = new Subject("v", 1, 8, 12);
        settled(subject);
        int number = 8;
        for (int cycle = 0; cycle < 120; cycle++) {
            number = desired(decide(0, subject), "v");
            subject.replicas = Replicas.ready(number);
        }
        assertThat(number).isEqualTo(1);
    }

    @Test
    @DisplayName("row 37: bounds hold, and what they leave unserved is said")
    @Tag("autoscaling-37")
    void bounds() {
        Subject subject = new Subject("v", 1, 12, 12);
        settled(subject);
        Decision decision = decide(40, subject);
        assertThat(desired(decision, "v")).isEqualTo(12);
        assertThat(codes(decision, "v")).contains("G12");
        assertThat(decision.classes().getFirst().unmet()).isCloseTo(28, within(1e-3));
        assertThat(decision.of("default/v").orElseThrow().steps())
                .anySatisfy(step -> assertThat(step.replicas()).isEqualTo(40));
        assertThat(decision.of("default/v").orElseThrow().whyNotMore()).contains("G12");
    }

    @Test
    @DisplayName("row 38: a number that somebody else set is taken as it is")
    @Tag("autoscaling-38")
    void foreignEdit() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        assertThat(desired(decide(5, subject), "v")).isEqualTo(5);
        subject.replicas = Replicas.ready(9);
        double edited = now;
        Decision first = decide(5, subject);
        assertThat(desired(first, "v")).isEqualTo(9);
        assertThat(codes(first, "v")).contains("G15");
        while (now <= edited + 290) {
            assertThat(desired(decide(5, subject), "v")).isEqualTo(9);
        }
        now = edited + 310;
        assertThat(desired(decide(5, subject), "v")).isEqualTo(6);
    }

    @Test
    void aListThatBecomesShorterWhileSomethingIsMissingTakesNothingAway() {
        for (Grade grade : List.of(Grade.BLIND, Grade.PARTIAL)) {
            Subject subject = new Subject("v", 1, 6, 12);
            settled(subject);
            assertThat(desired(decide(6, subject), "v")).isEqualTo(6);
            subject.replicas = Replicas.ready(2);
            for (int cycle = 0; cycle < 100; cycle++) {
                Decision decision = decide(model(List.of(demand(1)), grade, ModelInput.Idle.NEVER, subject));
                assertThat(desired(decision, "v")).as(grade.name()).isEqualTo(6);
                assertThat(codes(decision, "v")).doesNotContain("G15");
            }
            subject.replicas = Replicas.ready(8);
            Decision more = decide(model(List.of(demand(1)), grade, ModelInput.Idle.NEVER, subject));
            assertThat(desired(more, "v")).as("more is believed at once").isEqualTo(8);
        }
    }

    @Test
    void whoChangesTheTargetItselfIsBelievedWhateverIsMissing() {
        for (Grade grade : List.of(Grade.BLIND, Grade.PARTIAL, Grade.COMPLETE)) {
            Subject subject = new Subject("v", 1, 8, 12);
            subject.isTold = true;
            settled(subject);
            assertThat(desired(decide(8, subject), "v")).isEqualTo(8);
            subject.replicas = Replicas.ready(2);
            for (int cycle = 0; cycle < 3; cycle++) {
                Decision decision = decide(model(List.of(demand(1)), grade, ModelInput.Idle.NEVER, subject));
                assertThat(desired(decision, "v")).as(grade.name()).isEqualTo(2);
            }
        }
    }

    @Test
    void whatIsPausedStaysAsItsTargetSays() {
        Subject subject = new Subject("v", 1, 8, 12);
        subject.isTold = true;
        subject.isPaused = true;
        memory = new Memory(-1_000, Map.of(subject.variant.id(), VariantMemory.EMPTY.publish(-900, 8, 8, 2, 0)));
        subject.replicas = Replicas.ready(5);
        assertThat(desired(decide(9, subject), "v"))
                .as("on the way from 2 to 8 when it was paused")
                .isEqualTo(5);
    }

    @Test
    void anInvalidConfigurationHoldsTheLargerNumber() {
        Subject subject = new Subject("v", 1, 6, 12);
        settled(subject);
        subject.replicas = Replicas.ready(2);
        ModelInput valid = model(List.of(demand(1)), Grade.COMPLETE, ModelInput.Idle.NEVER, subject);
        ModelInput invalid = new ModelInput(
                valid.model(),
                valid.classes(),
                valid.variants(),
                valid.grade(),
                false,
                valid.arrivalVariation(),
                valid.idle());
        assertThat(desired(decide(invalid), "v")).isEqualTo(6);
        Decision complete = decide(valid);
        assertThat(codes(complete, "v")).as("believed once nothing is missing").contains("G15");
        assertThat(desired(complete, "v")).as("and the window counts still").isEqualTo(6);
    }

    @Test
    @DisplayName("row 39: replicas that cannot start are not counted on; another lane takes their share")
    @Tag("autoscaling-39")
    void stuckReplicas() {
        Subject cheap = new Subject("cheap", 1, 3, 12);
        Subject dear = new Subject("dear", 3, 0, 12);
        dear.variant = dear.variant.bounded(0, 12);
        cheap.replicas = new Replicas(3, 0, 3, 0);
        settled(cheap, dear);
        Decision decision = decide(6, cheap, dear);
        assertThat(desired(decision, "dear")).isEqualTo(3);
        assertThat(codes(decision, "cheap")).contains("STUCK");

        dear.variant = dear.variant.bounded(0, 2);
        settled(cheap, dear);
        Decision full = decide(6, cheap, dear);
        assertThat(desired(full, "dear")).isEqualTo(2);
        assertThat(desired(full, "cheap"))
                .as("what the other one has no room for is tried again")
                .isEqualTo(7);
    }

    @Test
    @DisplayName("row 39: with no other lane they are tried again, one by one and ever more rarely while none starts")
    @Tag("autoscaling-39")
    void stuckReplicasWithoutAnotherLane() {
        Subject alone = new Subject("alone", 1, 3, 9);
        alone.replicas = new Replicas(3, 0, 3, 0);
        settled(alone);
        Decision first = decide(6, alone);
        assertThat(desired(first, "alone")).isEqualTo(7);
        assertThat(codes(first, "alone")).contains("STUCK", "RETRY");
        assertThat(first.of("default/alone").orElseThrow().whyNotMore())
                .contains("STUCK: 3 cannot start and are not counted on; of 3 that are missing 1 are tried");
        assertThat(first.of("default/alone").orElseThrow().whyNotLess()).contains("RETRY");

        alone.replicas = new Replicas(3, 1, 3, 0);
        assertThat(desired(decide(6, alone), "alone")).as("one is tried").isEqualTo(7);
        alone.replicas = new Replicas(3, 0, 4, 0);
        now = 210;
        Decision second = decide(6, alone);
        assertThat(desired(second, "alone")).as("it failed as well").isEqualTo(7);
        assertThat(second.of("default/alone").orElseThrow().whyNotMore())
                .contains("3 are missing, one is tried in 100 s");
        now = 310;
        assertThat(desired(decide(6, alone), "alone")).isEqualTo(8);

        alone.replicas = new Replicas(4, 0, 4, 0);
        now = 420;
        assertThat(desired(decide(6, alone), "alone"))
                .as("one has started: all that is missing, but no more than may be")
                .isEqualTo(9);
        alone.replicas = new Replicas(4, 1, 4, 0);
        Decision bounded = decide(6, alone);
        assertThat(desired(bounded, "alone")).isEqualTo(9);
        assertThat(codes(bounded, "alone")).contains("G12");

        alone.replicas = new Replicas(6, 0, 3, 0);
        alone.behaviour = new Behaviour(0, 1, 60);
        assertThat(desired(decide(6, alone), "alone"))
                .as("those that are stuck go when enough serve")
                .isEqualTo(6);
    }

    @Test
    @DisplayName("row 39: while something is missing, what is held of stuck ones is not asked for again")
    @Tag("autoscaling-39")
    void stuckReplicasThatAreHeldAskForNoMore() {
        Subject alone = new Subject("alone", 1, 3, 12);
        alone.replicas = new Replicas(3, 0, 3, 0);
        settled(alone);
        memory = memory.with(Map.of(
                "default/alone",
                memory.of("default/alone").starting(new Starts(3, 3, Double.NEGATIVE_INFINITY, 0, -900))));
        for (double rate : new double[] {0, 1, 3}) {
            Decision partial = decide(model(List.of(demand(rate)), Grade.PARTIAL, ModelInput.Idle.NEVER, alone));
            assertThat(desired(partial, "alone")).isEqualTo(6);
            assertThat(codes(partial, "alone")).contains("G03", "STUCK").doesNotContain("RETRY");
        }
        Decision partial = decide(model(List.of(demand(5)), Grade.PARTIAL, ModelInput.Idle.NEVER, alone));
        assertThat(desired(partial, "alone")).as("two are missing").isEqualTo(8);
    }

    @Test
    @Tag("autoscaling-39")
    void retriesKeepToAccelerators() {
        Subject alone = new Subject("alone", 1, 3, 12);
        alone.replicas = new Replicas(3, 0, 3, 0);
        accelerators.put("gpu", 6);
        settled(alone);
        Decision decision = decide(6, alone);
        assertThat(desired(decision, "alone")).isEqualTo(6);
        assertThat(codes(decision, "alone")).contains("G13");
    }

    @Test
    @Tag("autoscaling-39")
    void whatKeepsFailingIsNotChosenAgainAtOnceAlthoughItIsCheaper() {
        Subject cheap = new Subject("cheap", 1, 3, 12);
        Subject dear = new Subject("dear", 3, 3, 12);
        dear.variant = dear.variant.bounded(0, 12);
        Starts failed = new Starts(3, 0, Double.NEGATIVE_INFINITY, 3, -50);
        settled(cheap, dear);
        memory = memory.with(Map.of("default/cheap", memory.of("default/cheap").starting(failed)));
        now = 0;
        assertThat(desired(decide(6, cheap, dear), "cheap")).isEqualTo(3);
        now = 160;
        assertThat(desired(decide(6, cheap, dear), "cheap")).isEqualTo(6);
    }

    private static Subject role(String name, Role role, int ready) {
        Subject subject = new Subject(name, 1, ready, 9);
        subject.variant = Variant.of(name, "m", role, 1, "gpu", 9).bounded(1, 9);
        double perRequest = role == Role.PREFILL ? 0.1 : 0.95 / 1.03;
        subject.fit = new FittedStepTime(
                new StepTime(1e-9, 0.95 / 1.03, perRequest, 0), 1.03, 0.01, 40, FitStatus.FITTED, false);
        return subject;
    }

    @Test
    @DisplayName("row 42: within a budget, what is taken away is seen before the other role grows")
    @Tag("autoscaling-42")
    void rebalanceWithinABudget() {
        accelerators.put("gpu", 5);
        Subject prefill = role("p", Role.PREFILL, 3);
        Subject decode = role("d", Role.DECODE, 2);
        prefill.behaviour = new Behaviour(0, 1, 60);
        decode.behaviour = prefill.behaviour;
        settled(prefill, decode);
        // Two prefill replicas compute 1.8 prompts a second; answers of 3/1.8 units keep three decode replicas busy.
        ClassInput demand = ClassInput.steady(new RequestClass("c", ANY, Shape.fixed(1, 0, 2.7 / 1.7)), 1.7);
        Decision first = decide(model(List.of(demand), Grade.COMPLETE, ModelInput.Idle.NEVER, prefill, decode));
        assertThat(desired(first, "p")).isEqualTo(2);
        assertThat(desired(first, "d")).isEqualTo(2);
        assertThat(codes(first, "d")).contains("G13");
        prefill.replicas = new Replicas(2, 0, 0, 1);
        Decision draining = decide(model(List.of(demand), Grade.COMPLETE, ModelInput.Idle.NEVER, prefill, decode));
        assertThat(desired(draining, "d"))
                .as("the third one still holds its accelerator")
                .isEqualTo(2);
        prefill.replicas = Replicas.ready(2);
        Decision second = decide(model(List.of(demand), Grade.COMPLETE, ModelInput.Idle.NEVER, prefill, decode));
        assertThat(desired(second, "p")).isEqualTo(2);
        assertThat(desired(second, "d")).isEqualTo(3);
    }

    @Test
    @DisplayName("row 48: the same inputs in another order give the same decision, byte for byte")
    @Tag("autoscaling-48")
    void orderOfInputs() {
        Subject a = new Subject("a", 1, 2, 12);
        Subject b = new Subject("b", 1, 2, 12);
        ClassInput one = demand(3);
        ClassInput two = ClassInput.steady(new RequestClass("d", Tier.batch("later"), Shape.fixed(0, 0, 2)), 1.3);
        Memory before = memory;
        Decision first = decide(model(List.of(one, two), Grade.COMPLETE, ModelInput.Idle.NEVER, a, b));
        memory = before;
        now -= 10;
        List<ClassInput> reversed = new ArrayList<>(List.of(one, two));
        Collections.reverse(reversed);
        Decision second = decide(model(reversed, Grade.COMPLETE, ModelInput.Idle.NEVER, b, a));
        assertThat(second.toString()).isEqualTo(first.toString());
    }

    @Test
    @DisplayName("row 50: of what has an unknown accelerator nothing is added")
    @Tag("autoscaling-50")
    void unknownAccelerator() {
        Subject subject = new Subject("v", 1, 3, 12);
        subject.variant = Variant.of("v", "m", Role.UNIFIED, 1, "", 12).bounded(1, 12);
        settled(subject);
        Decision decision = decide(9, subject);
        assertThat(desired(decision, "v")).isEqualTo(3);
        assertThat(codes(decision, "v")).contains("FAIL_CLOSED");
        assertThat(decision.classes().getFirst().unmet()).isCloseTo(6, within(1e-3));
    }

    @Test
    @DisplayName("row 50: nor in the place of replicas that do not start")
    @Tag("autoscaling-50")
    void stuckReplicasOfAnUnknownAccelerator() {
        Subject subject = new Subject("v", 1, 3, 12);
        subject.variant = Variant.of("v", "m", Role.UNIFIED, 1, "", 12).bounded(1, 12);
        subject.replicas = new Replicas(3, 0, 3, 0);
        settled(subject);
        Decision decision = decide(9, subject);
        assertThat(desired(decision, "v")).isEqualTo(6);
        assertThat(codes(decision, "v")).contains("FAIL_CLOSED", "STUCK").doesNotContain("RETRY");
    }

    /** Two variants of which the second serves twice as much. */
    private Decision exchange(double costOfSecond, Subject first, Subject second) {
        second.variant = Variant.of("second", "m", Role.UNIFIED, costOfSecond, "gpu", 12);
        second.fit = fit(2, FitStatus.FITTED);
        first.variant = first.variant.bounded(0, 12);
        first.coldStart90 = 60;
        second.coldStart90 = 60;
        return decide(10, first, second);
    }

    @Test
    @DisplayName("row 52: hardware is exchanged only where it pays, and the new is ready before the old goes")
    @Tag("autoscaling-52")
    void costHysteresis() {
        Subject first = new Subject("first", 1, 10, 12);
        Subject second = new Subject("second", 1, 0, 12);
        settled(first, second);
        Decision kept = exchange(2 * 0.96, first, second);
        assertThat(desired(kept, "first")).isEqualTo(10);
        assertThat(desired(kept, "second")).isZero();
        assertThat(codes(kept, "first")).contains("G10");
        assertThat(kept.rejected())
                .singleElement()
                .satisfies(each -> assertThat(each.reason()).contains("4.0 %"));

        settled(first, second);
        Decision changed = exchange(2 * 0.92, first, second);
        assertThat(desired(changed, "second")).isEqualTo(5);
        assertThat(desired(changed, "first")).as("the new ones are not ready").isEqualTo(10);
        second.replicas = new Replicas(0, 5, 0, 0);
        now += 400;
        Decision starting = exchange(2 * 0.92, first, second);
        assertThat(desired(starting, "first")).isEqualTo(10);
        second.replicas = Replicas.ready(5);
        now += 400;
        Decision ready = exchange(2 * 0.92, first, second);
        assertThat(desired(ready, "first")).isLessThan(10);
    }

    @Test
    @DisplayName("row 52: an exchange that pays back too late is not made")
    @Tag("autoscaling-52")
    void paybackTooLate() {
        Subject first = new Subject("first", 1, 10, 12);
        Subject second = new Subject("second", 1, 0, 12);
        settled(first, second);
        second.variant = Variant.of("second", "m", Role.UNIFIED, 2 * 0.92, "gpu", 12);
        second.fit = fit(2, FitStatus.FITTED);
        second.coldStart90 = 600;
        first.variant = first.variant.bounded(0, 12);
        assertThat(desired(decide(10, first, second), "second")).isZero();
    }

    @Test
    void hardwareIsNotExchangedOnAnAssumption() {
        Subject first = new Subject("first", 1, 10, 12);
        Subject second = new Subject("second", 1, 0, 12);
        settled(first, second);
        second.variant = Variant.of("second", "m", Role.UNIFIED, 0.5, "gpu", 12);
        second.fit = new FittedStepTime(
                new StepTime(1e-9, 0, 0.95 / 1.25, 0), 1.25, Double.NaN, 0, FitStatus.BOOTSTRAP, false);
        first.variant = first.variant.bounded(0, 12);
        Decision decision = decide(10, first, second);
        assertThat(desired(decision, "first")).isEqualTo(10);
        assertThat(codes(decision, "first")).contains("G05");
        assertThat(codes(decision, "second")).contains("G09");
    }

    @Test
    @DisplayName("row 53: a stream that runs keeps the last replica")
    @Tag("autoscaling-53")
    void oneRunningStream() {
        Subject subject = new Subject("v", 1, 1, 12);
        subject.variant = subject.variant.bounded(0, 12);
        settled(subject);
        ModelInput.Idle streaming = new ModelInput.Idle(true, 900, 600, 1, 0, false);
        for (int cycle = 0; cycle < 60; cycle++) {
            assertThat(desired(decide(model(List.of(demand(0)), Grade.COMPLETE, streaming, subject)), "v"))
                    .isEqualTo(1);
        }
        ModelInput.Idle silent = new ModelInput.Idle(true, 900, 600, 0, 0, false);
        Decision decision = decide(model(List.of(demand(0)), Grade.COMPLETE, silent, subject));
        assertThat(desired(decision, "v")).isZero();
        assertThat(codes(decision, "v")).contains("ZERO");
    }

    @Test
    void zeroNeedsToBeAllowed() {
        Subject subject = new Subject("v", 1, 1, 12);
        subject.variant = subject.variant.bounded(0, 12);
        settled(subject);
        for (int cycle = 0; cycle < 60; cycle++) {
            assertThat(desired(decide(0, subject), "v")).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("row 54: of several lanes the one that can keep the promise is started")
    @Tag("autoscaling-54")
    void activationOfAFeasibleLane() {
        Tier strict = Tier.ofInterToken("strict", TierClass.CRITICAL, 0.020);
        Subject cheap = new Subject("cheap", 1, 0, 12);
        cheap.variant = cheap.variant.bounded(0, 12);
        cheap.fit = new FittedStepTime(new StepTime(0.030, 1e-4, 1e-5, 0), 1.03, 0, 40, FitStatus.FITTED, false);
        cheap.coldStart90 = 300;
        Subject fast = new Subject("fast", 4, 0, 12);
        fast.variant = fast.variant.bounded(0, 12);
        fast.fit = new FittedStepTime(new StepTime(0.010, 1e-4, 1e-5, 0), 1.03, 0, 40, FitStatus.FITTED, false);
        fast.coldStart90 = 60;
        settled(cheap, fast);
        ClassInput waiting = new ClassInput(new RequestClass("c", strict, Shape.fixed(100, 0, 10)), 0, 0, 0, 0, 1, 30);
        ModelInput.Idle asleep = new ModelInput.Idle(true, 0, 600, 0, 1, false);
        Decision decision = decide(model(List.of(waiting), Grade.COMPLETE, asleep, cheap, fast));
        assertThat(desired(decision, "fast")).isEqualTo(1);
        assertThat(desired(decision, "cheap")).isZero();
    }

    @Test
    @DisplayName("row 54: prefill and decode are started together")
    @Tag("autoscaling-54")
    void activationOfAPair() {
        Subject prefill = role("p", Role.PREFILL, 0);
        Subject decode = role("d", Role.DECODE, 0);
        prefill.variant = prefill.variant.bounded(0, 9);
        decode.variant = decode.variant.bounded(0, 9);
        settled(prefill, decode);
        ClassInput waiting = new ClassInput(new RequestClass("c", ANY, Shape.fixed(1, 0, 1)), 0, 0, 0, 0, 1, 60);
        Decision decision = decide(model(
                List.of(waiting), Grade.COMPLETE, new ModelInput.Idle(true, 0, 600, 0, 1, false), prefill, decode));
        assertThat(desired(decision, "p")).isEqualTo(1);
        assertThat(desired(decision, "d")).isEqualTo(1);
    }

    @Test
    @DisplayName("row 55: what was started from nothing is kept although the queue is forgotten")
    @Tag("autoscaling-55")
    void activationIsKept() {
        Subject subject = new Subject("v", 1, 0, 12);
        subject.variant = subject.variant.bounded(0, 12);
        settled(subject);
        ClassInput waiting = new ClassInput(new RequestClass("c", ANY, Shape.fixed(0, 0, 1)), 0, 0, 0, 0, 1, 60);
        decide(model(List.of(waiting), Grade.COMPLETE, new ModelInput.Idle(true, 0, 600, 0, 1, false), subject));
        subject.replicas = new Replicas(0, 1, 0, 0);
        ModelInput.Idle forgotten = new ModelInput.Idle(true, 9_999, 600, 0, 0, false);
        subject.behaviour = new Behaviour(0, 1, 60);
        while (now < 300) {
            assertThat(desired(decide(model(List.of(demand(0)), Grade.COMPLETE, forgotten, subject)), "v"))
                    .isEqualTo(1);
        }
        now = 400;
        subject.replicas = Replicas.ready(1);
        assertThat(desired(decide(model(List.of(demand(0)), Grade.COMPLETE, forgotten, subject)), "v"))
                .isZero();
    }

    @Test
    @DisplayName("row 64: five turns within half an hour double the window, until half an hour is calm")
    @Tag("autoscaling-64")
    void flapping() {
        VariantMemory turning = VariantMemory.EMPTY;
        int number = 5;
        for (int i = 0; i < 6; i++) {
            int next = number + (i % 2 == 0 ? 3 : -3);
            turning = turning.publish(i * 200, number, next, next, 0);
            number = next;
        }
        assertThat(turning.turns(1_000)).isEqualTo(5);
        turning = turning.with(1_050, 8);
        Subject subject = new Subject("v", 1, 5, 12);
        subject.behaviour = new Behaviour(300, 1, 60);
        memory = new Memory(-1_000, Map.of("default/v", turning));
        now = 1_500;
        Decision flapping = decide(3, subject);
        assertThat(desired(flapping, "v")).as("needed 450 s ago").isEqualTo(8);
        assertThat(codes(flapping, "v")).contains("G14");
        VariantMemory calm = memory.of("default/v");
        assertThat(calm.turns(1_500 + 1_900)).isZero();
    }

    @Test
    @Tag("autoscaling-64")
    void replicasThatComeAndGoWithRequestsThatWaitAreNoTurns() {
        Subject subject = new Subject("v", 1, 6, 40);
        subject.behaviour = new Behaviour(0, 1, 60);
        settled(subject);
        for (int i = 0; i < 6; i++) {
            ModelInput many = model(List.of(waiting(5, 600)), Grade.COMPLETE, ModelInput.Idle.NEVER, subject);
            int more = desired(decide(many), "v");
            assertThat(more).isGreaterThan(10);
            subject.replicas = Replicas.ready(more);
            now += 60;
            assertThat(desired(decide(5, subject), "v")).isEqualTo(6);
            subject.replicas = Replicas.ready(6);
        }
        VariantMemory steady = memory.of("default/v");
        assertThat(steady.changes()).hasSize(12);
        assertThat(steady.turns(now)).isZero();
    }

    @Test
    @DisplayName("row 65: stages and guards give the number again, and dimensions are listed for one less")
    @Tag("autoscaling-65")
    void explanation() {
        Subject subject = new Subject("v", 1, 7, 12);
        settled(subject);
        RequestClass requests = new RequestClass("c", ANY, Shape.fixed(0, 0, 1));
        ClassInput demand = new ClassInput(requests, 5, 0.5, 7, 9, 60, 60);
        Decision decision = decide(model(List.of(demand), Grade.COMPLETE, ModelInput.Idle.NEVER, subject));
        VariantDecision explained = decision.of("default/v").orElseThrow();
        assertThat(explained.steps()).extracting(Step::stage).startsWith("demand", "forecast", "backlog", "reserve");
        assertThat(explained.steps()).extracting(Step::replicas).startsWith(6, 8, 8, 9);
        assertThat(explained.steps().getLast().replicas()).isEqualTo(explained.desired());
        assertThat(explained.desired()).isEqualTo(9);
        assertThat(explained.utilization().get("itl")).isCloseTo(1, within(1e-2));
        assertThat(explained.utilizationBefore().get("itl")).isCloseTo(9.0 / 8, within(1e-2));
        assertThat(explained.whyNotLess()).contains("with 8").contains("itl at 113 %");
        assertThat(explained.whyNotMore()).contains("itl at 100 %");
        assertThat(explained.binding()).isEqualTo("itl");
        assertThat(decision.classes().getFirst().routing()).containsEntry("default/v@any", 1.0);
        assertThat(decision.costPerHour()).isEqualTo(9);
    }

    @Test
    @DisplayName("row 66: the same input, memory and time give the same decision")
    @Tag("autoscaling-66")
    void replay() {
        Subject a = new Subject("a", 1, 4, 12);
        Subject b = new Subject("b", 1.5, 2, 12);
        b.fit = fit(2, FitStatus.FITTED);
        settled(a, b);
        Memory before = memory;
        ModelInput input = model(List.of(demand(7.3)), Grade.COMPLETE, ModelInput.Idle.NEVER, a, b);
        FleetDecision first = planner.decide(new FleetInput(List.of(input), accelerators), before, 50, "cycle");
        FleetDecision second =
                new Planner(2_000, tier -> 0).decide(new FleetInput(List.of(input), accelerators), before, 50, "cycle");
        assertThat(second).isEqualTo(first);
    }

    @Test
    @DisplayName("row 67: a jump that no scaling catches has its bill")
    @Tag("autoscaling-67")
    void envelope() {
        Subject subject = new Subject("v", 1, 2, 20);
        subject.fit = fit(1.4, FitStatus.FITTED);
        subject.coldStart90 = 100;
        settled(subject);
        Decision decision = decide(10, subject);
        assertThat(decision.codes()).contains("G17");
        assertThat(decision.bill().backlog()).isCloseTo((10 - 2.8) * 120, within(10.0));
        assertThat(decision.bill().violations()).isGreaterThan(1_200);
    }

    @Test
    void halfAMinuteAtATimeIsTakenAway() {
        Subject subject = new Subject("v", 1, 8, 12);
        subject.behaviour = new Behaviour(0, 0.5, 60);
        settled(subject);
        assertThat(desired(decide(1, subject), "v")).isEqualTo(4);
        subject.replicas = Replicas.ready(4);
        assertThat(desired(decide(1, subject), "v")).isEqualTo(4);
        now += 60;
        assertThat(desired(decide(1, subject), "v")).isEqualTo(2);
    }

    @Test
    void pausedAndDisruptedTargets() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        subject.isPaused = true;
        Decision paused = decide(9, subject);
        assertThat(desired(paused, "v")).isEqualTo(5);
        assertThat(codes(paused, "v")).contains("G16");
        subject.isPaused = false;
        subject.isDisrupted = true;
        subject.behaviour = new Behaviour(0, 1, 60);
        assertThat(desired(decide(1, subject), "v")).isEqualTo(5);
        assertThat(desired(decide(9, subject), "v")).isEqualTo(9);
    }

    @Test
    void fullMemoryAddsWhateverTheModelSays() {
        Subject subject = new Subject("v", 1, 4, 12);
        subject.memoryFill = 0.95;
        settled(subject);
        Decision decision = decide(1, subject);
        assertThat(desired(decision, "v")).isEqualTo(5);
        assertThat(codes(decision, "v")).contains("SATURATION_FLOOR");
    }

    @Test
    @DisplayName("row 23: arrivals without completions take nothing away")
    @Tag("autoscaling-23")
    void wedgedEngines() {
        Subject subject = new Subject("v", 1, 5, 12);
        settled(subject);
        RequestClass requests = new RequestClass("c", ANY, Shape.fixed(0, 0, 1));
        for (int cycle = 0; cycle < 30; cycle++) {
            ClassInput rising = new ClassInput(requests, 5, 0, 5, 0, 50.0 * cycle, 60);
            assertThat(desired(decide(model(List.of(rising), Grade.COMPLETE, ModelInput.Idle.NEVER, subject)), "v"))
                    .isGreaterThanOrEqualTo(5);
        }
    }
}
