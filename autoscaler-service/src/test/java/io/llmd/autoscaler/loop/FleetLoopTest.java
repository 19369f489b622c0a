package io.llmd.autoscaler.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loops on a clock that is moved by hand. */
class FleetLoopTest {

    private static final StepTime TIME = new StepTime(0.013, 62.8e-6, 30e-6, 0.056e-6);
    private static final EngineLimits LIMITS = new EngineLimits(1e9, 256, 8_192);
    private static final Tier TIER = Tier.ofInterToken("chat", TierClass.STANDARD, 0.072);

    private final FakeFleet fleet = new FakeFleet();
    private final DecisionLog log = new DecisionLog();
    private final Holds holds = new Holds();
    private double now;
    private boolean isListed = true;
    private Office office = Office.ALONE;
    private FleetLoop loop = loop(false, 1, null);

    private FleetLoop loop(boolean isAdvisory, int min, Path state) {
        Variant variant = new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, min, 20, 0);
        return loop(settings(variant, isAdvisory), state);
    }

    private FleetLoop loop(FleetSettings settings, Path state) {
        return new FleetLoop(
                settings,
                fleet,
                () -> isListed ? Optional.of(fleet.roster()) : Optional.empty(),
                office,
                new Planner(2_000, tier -> tier.tierClass().headroom()),
                holds,
                log,
                new FitStore(state),
                new LoopListener() {
                    @Override
                    public void published(Cycle cycle) {}

                    @Override
                    public void took(String stage, long nanos) {}
                },
                () -> Instant.ofEpochMilli((long) (now * 1_000)),
                now);
    }

    private static FleetSettings settings(Variant variant) {
        return settings(variant, false);
    }

    private static FleetSettings settings(Variant variant, boolean isAdvisory) {
        return new FleetSettings(
                List.of(new VariantSettings(variant, "hardware", TIME, LIMITS, 100, Behaviour.USUAL, isAdvisory)),
                List.of(new TierRule(TIER, Set.of(), 0)),
                List.of(FakeFleet.ROUTER),
                Map.of(),
                new FleetSettings.Zero(variant.min() == 0, 600),
                30,
                Shape.fixed(1_000, 0, 100));
    }

    private VariantDecision last() {
        return log.last().orElseThrow().published().getFirst().of("n/v").orElseThrow();
    }

    /** Lets time pass, with a cycle each ten seconds. */
    private void pass(int seconds) {
        for (int i = 0; i < seconds; i += 10) {
            fleet.pass(10);
            now += 10;
            loop.main(now);
        }
    }

    /** Replicas for a rate, of what is assumed, with its margin of 25 %. */
    private static int sized(double rate) {
        double load = LoadFunction.of(TIME.times(1.25), LIMITS)
                .corrected(1)
                .load(Role.UNIFIED, Shape.fixed(1_000, 0, 100), 0.072, Double.POSITIVE_INFINITY)
                .max();
        return (int) Math.ceil((rate + Math.sqrt(rate / 60)) * load / 0.85);
    }

    @Test
    void arrivalsBecomeReplicas() {
        fleet.replicas(4);
        fleet.rate = 30;
        pass(120);
        assertThat(last().current()).isEqualTo(4);
        assertThat(last().desired()).isEqualTo(sized(30)).isGreaterThan(4);
        assertThat(log.last()
                        .orElseThrow()
                        .input()
                        .models()
                        .getFirst()
                        .classes()
                        .getFirst()
                        .now())
                .isCloseTo(30, within(1e-6));
    }

    @Test
    @Tag("fault-F62")
    void replicasThatAreNotListedCountForNothingWhateverIsReadOfThem() {
        fleet.replicas(4);
        fleet.rate = 30;
        fleet.running(5);
        fleet.ghosts("n/gone-1", "n/gone-2");
        pass(120);

        assertThat(last().current()).isEqualTo(4);
        assertThat(last().desired()).isEqualTo(sized(30));
    }

    @Test
    @DisplayName("row 32: the first number is the one that is there, within one period")
    @Tag("autoscaling-32")
    void firstNumberIsTheCurrentOne() {
        fleet.replicas(8);
        loop.main(now);
        assertThat(last().desired()).isEqualTo(8);
    }

    @Test
    @DisplayName("row 34: a replica that is not heard keeps all of them")
    @Tag("autoscaling-34")
    void silentReplica() {
        fleet.replicas(4);
        fleet.rate = 1;
        pass(40);
        fleet.silence("n/r2");
        pass(60);
        assertThat(last().desired()).isEqualTo(4);
        assertThat(last().codes()).contains("G03");
        fleet.silence();
        pass(400);
        assertThat(last().desired()).isLessThan(4);
    }

    @Test
    @DisplayName("row 35: with nothing heard for a quarter of an hour nothing changes")
    @Tag("autoscaling-35")
    @Tag("fault-F61")
    void nothingIsHeard() {
        fleet.replicas(5);
        fleet.rate = 40;
        pass(400);
        int known = last().desired();
        fleet.routerDown(true);
        fleet.silence("n/r0", "n/r1", "n/r2", "n/r3", "n/r4");
        pass(60);
        for (int i = 0; i < 15; i++) {
            pass(60);
            assertThat(last().desired()).isEqualTo(known);
            assertThat(last().codes()).contains("G02");
        }
        assertThat(log.last().orElseThrow().published().getFirst().grade()).isEqualTo(Grade.BLIND);
        isListed = false;
        pass(60);
        assertThat(last().desired())
                .as("without a list the replicas of before are there")
                .isEqualTo(known);
    }

    @Test
    @DisplayName("row 21: a router that begins anew changes nothing")
    @Tag("autoscaling-21")
    void routerRestart() {
        fleet.replicas(3);
        fleet.rate = 30;
        pass(400);
        int before = last().desired();
        fleet.restartRouter();
        for (int i = 0; i < 12; i++) {
            pass(10);
            assertThat(last().desired()).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("row 54: a request that waits for nobody starts a replica within two seconds")
    @Tag("autoscaling-54")
    @Tag("fault-F64")
    void activation() {
        loop = loop(false, 0, null);
        pass(30);
        assertThat(last().desired()).isZero();
        fleet.queued = 1;
        now += 1;
        loop.fast(now);
        assertThat(last().desired()).isEqualTo(1);
    }

    @Test
    @DisplayName("row 53: silence ends in zero only when nothing runs")
    @Tag("autoscaling-53")
    void zero() {
        loop = loop(false, 0, null);
        fleet.replicas(1);
        fleet.running(1);
        pass(800);
        assertThat(last().desired()).isEqualTo(1);
        fleet.running(0);
        pass(590);
        assertThat(last().desired()).isEqualTo(1);
        pass(40);
        assertThat(last().desired()).isZero();
        assertThat(last().codes()).contains("ZERO");
    }

    @Test
    void aJumpIsSeenBetweenTwoCycles() {
        fleet.replicas(2);
        fleet.rate = 5;
        pass(400);
        int before = last().desired();
        String cycle = log.last().orElseThrow().id();
        fleet.rate = 60;
        for (int i = 0; i < 9; i++) {
            fleet.pass(1);
            now += 1;
            loop.fast(now);
        }
        assertThat(log.last().orElseThrow().id()).isNotEqualTo(cycle);
        assertThat(last().desired()).isGreaterThan(before);
    }

    @Test
    @DisplayName("row 62: advice is computed in full and marked as advice")
    @Tag("autoscaling-62")
    void advisory() {
        loop = loop(true, 1, null);
        fleet.replicas(2);
        fleet.rate = 30;
        pass(120);
        assertThat(last().desired()).isEqualTo(sized(30));
        assertThat(last().steps()).isNotEmpty();
        assertThat(log.last().orElseThrow().advised()).containsExactly("n/v");
    }

    @Test
    void holdsAreInForceUntilTheyExpire() {
        fleet.replicas(2);
        fleet.rate = 30;
        holds.pause("n/v", Instant.EPOCH, Duration.ofSeconds(200));
        pass(190);
        assertThat(last().desired()).isEqualTo(2);
        assertThat(last().codes()).contains("G16");
        pass(20);
        assertThat(last().desired()).isEqualTo(sized(30));
        holds.override("n/v", 7, Duration.ofSeconds(60), Instant.ofEpochSecond((long) now));
        pass(10);
        assertThat(last().desired()).isEqualTo(7);
        assertThat(last().steps().getLast().stage()).isEqualTo("override");
        pass(60);
        assertThat(last().desired()).isEqualTo(sized(30));
        assertThat(holds.audit()).extracting(Holds.Entry::action).containsExactly("pause", "override");
    }

    @Test
    void startsAreMeasuredAndReplicasThatNeverStartAreStuck() {
        fleet.replicas(1);
        pass(20);
        fleet.replicas(2);
        fleet.silence("n/r1");
        pass(80);
        assertThat(loop.state(now).variants().getFirst().replicas().starting()).isEqualTo(1);
        pass(160);
        assertThat(loop.state(now).variants().getFirst().replicas().stuck()).isEqualTo(1);
        fleet.silence();
        pass(10);
        assertThat(loop.state(now).variants().getFirst().replicas().ready()).isEqualTo(2);
        assertThat(loop.state(now).variants().getFirst().coldStart90()).isEqualTo(240);
    }

    @Test
    void whatWasLearntSurvivesTheProcess(@TempDir Path folder) {
        Path file = folder.resolve("state/autoscaler.json");
        loop = loop(false, 1, file);
        fleet.replicas(3);
        fleet.rate = 20;
        fleet.running(8);
        pass(400);
        loop.slow(now);
        assertThat(loop.fits().get("hardware").fit().status()).isEqualTo(FitStatus.NARROW);
        double known = loop.fits().get("hardware").fit().time().base();
        loop.save(now);
        now += 5_000;
        FleetLoop later = loop(false, 1, file);
        assertThat(later.fits().get("hardware").fit().time().base()).isEqualTo(known);
        assertThat(later.fits().get("hardware").samples()).isNotEmpty();
    }

    @Test
    void aStateFileOfNoUseIsAsGoodAsNone(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("state.json");
        java.nio.file.Files.writeString(file, "{\"version\": 1, \"fits\":");
        assertThat(loop(false, 1, file).fits().get("hardware").fit().status()).isEqualTo(FitStatus.BOOTSTRAP);
    }

    @Test
    void aListOfReplicasThatCannotBeReadTakesNothingAway() {
        fleet.replicas(6);
        fleet.rate = 1;
        pass(200);
        isListed = false;
        pass(400);
        assertThat(last().desired()).isEqualTo(6);
        assertThat(last().codes()).contains("G03");
        isListed = true;
        pass(400);
        assertThat(last().desired()).isLessThan(6);
    }

    @Test
    void nothingIsDecidedBeforeTheReplicasWereReadOnce() {
        fleet.replicas(6);
        fleet.rate = 30;
        fleet.queued = 5;
        isListed = false;
        pass(100);
        now += 1;
        loop.fast(now);
        assertThat(log.last()).as("no number, so that none is carried out").isEmpty();
        isListed = true;
        pass(10);
        assertThat(last().desired()).isGreaterThanOrEqualTo(6);
        isListed = false;
        pass(10);
        assertThat(last().desired()).isGreaterThanOrEqualTo(6);
    }

    @Test
    void aVariantThatWasNeverReadHasNoNumberAndItsModelStaysAsItIs() {
        Variant known = new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 20, 0);
        Variant never = new Variant("n", "w", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 20, 0);
        loop.reconfigure(
                new FleetSettings(
                        Stream.of(known, never)
                                .map(each -> new VariantSettings(
                                        each, "hardware", TIME, LIMITS, 100, Behaviour.USUAL, false))
                                .toList(),
                        List.of(new TierRule(TIER, Set.of(), 0)),
                        List.of(FakeFleet.ROUTER),
                        Map.of(),
                        new FleetSettings.Zero(false, 600),
                        30,
                        Shape.fixed(1_000, 0, 100)),
                Set.of());
        fleet.unknown("n/w");
        fleet.replicas(4);
        fleet.rate = 30;
        pass(60);
        assertThat(last().desired()).isEqualTo(4);
        assertThat(last().codes()).contains("G01");
        assertThat(log.last().orElseThrow().published().getFirst().of("n/w")).isEmpty();
        fleet.unknown();
        pass(10);
        assertThat(log.last().orElseThrow().published().getFirst().of("n/w")).isPresent();
        fleet.unknown("n/v");
        fleet.replicas(0);
        pass(10);
        assertThat(last().current()).as("those of before").isEqualTo(4);
    }

    @Test
    void whatIsNotHeardSaysNothingAboutWhatReplicasAreWorth() {
        fleet.replicas(4);
        fleet.rate = 5;
        fleet.kvFill(0.9);
        pass(60);
        double known = loop.state(now).variants().getFirst().derate();
        assertThat(known).isLessThan(1);
        fleet.routerDown(true);
        fleet.silence("n/r0", "n/r1", "n/r2", "n/r3");
        pass(30);
        double stale = loop.state(now).variants().getFirst().derate();
        pass(300);
        assertThat(loop.state(now).variants().getFirst().derate()).isEqualTo(stale);
    }

    @Test
    void whatOnlyAnotherScrapesIsLearntFromAllTheSame() {
        fleet.replicas(2);
        fleet.rate = 5;
        fleet.watchable(false);
        for (int i = 0; i < 270; i++) {
            fleet.rate = 5 + i % 13;
            pass(10);
            for (int second = 1; second < 10; second++) {
                loop.fast(now + second);
            }
        }
        assertThat(loop.state(now).skills().get("m"))
                .as("looking each second in vain is no silence")
                .isNotNaN();
    }

    @Test
    @DisplayName("row 40: a target that another controller claims stays as it is, and the decision names that one")
    @Tag("autoscaling-40")
    void aTargetOfTwoControllersIsHeld() {
        fleet.replicas(2);
        fleet.rate = 30;
        fleet.claimedBy("llmd-b");
        pass(120);
        assertThat(last().desired()).isEqualTo(2);
        assertThat(last().steps().getLast().stage()).isEqualTo("conflict");
        assertThat(last().whyNotMore()).contains("llmd-b");
        fleet.claimedBy("");
        pass(10);
        assertThat(last().desired()).isEqualTo(sized(30));
    }

    /** Two controllers that share what they publish. */
    private static final class FakeOffice implements Office {

        private final Map<String, Shared> shared;
        private boolean isLeader;

        private FakeOffice(Map<String, Shared> shared, boolean isLeader) {
            this.shared = shared;
            this.isLeader = isLeader;
        }

        @Override
        public boolean isLeader() {
            return isLeader;
        }

        @Override
        public Map<String, Shared> published() {
            return Map.copyOf(shared);
        }

        @Override
        public void publish(Map<String, Shared> numbers) {
            shared.putAll(numbers);
        }
    }

    @Test
    @DisplayName("row 61: a new leader goes on with the number of the one before, and so do those that wait meanwhile")
    @Tag("autoscaling-61")
    void leaderLossChangesNothing() {
        Map<String, Office.Shared> shared = new HashMap<>();
        FakeOffice first = new FakeOffice(shared, true);
        office = first;
        FleetLoop leader = loop(false, 1, null);
        FakeOffice second = new FakeOffice(shared, false);
        office = second;
        FleetLoop other = loop(false, 1, null);
        fleet.replicas(4);
        fleet.rate = 30;
        int published = 0;
        for (int i = 0; i < 60; i++) {
            pass(leader, 10);
            published = last().desired();
            other.main(now);
            assertThat(last().desired())
                    .as("who does not lead shows the leader's")
                    .isEqualTo(published);
        }
        assertThat(last().steps().getLast().stage()).isEqualTo("leader");
        fleet.replicas(published);
        fleet.rate = 0;
        fleet.silence("n/r0");
        for (int i = 0; i < 3; i++) {
            // The leader is dead, and its lease not yet over.
            pass(other, 10);
            assertThat(last().desired()).isEqualTo(published);
        }
        second.isLeader = true;
        pass(other, 10);
        assertThat(last().desired()).as("within one cycle").isEqualTo(published);
        fleet.silence();
        pass(other, 280);
        assertThat(last().desired()).as("it has not watched for long enough").isEqualTo(published);
        pass(other, 400);
        assertThat(last().desired()).isLessThan(published);
    }

    @Test
    void aProcessThatBeginsAnewGoesOnWithWhatItHadPublished() {
        office = new FakeOffice(new HashMap<>(Map.of("n/v", new Office.Shared(9, 4))), true);
        loop = loop(false, 1, null);
        fleet.replicas(4);
        fleet.rate = 1;
        pass(10);
        assertThat(last().current()).isEqualTo(4);
        assertThat(last().desired()).as("an HPA was on its way there").isEqualTo(9);
    }

    @Test
    void whoDoesNotLeadAndKnowsNoNumbersPublishesNone() {
        office = new FakeOffice(new HashMap<>(), false);
        loop = loop(false, 1, null);
        fleet.replicas(4);
        fleet.rate = 30;
        pass(60);
        assertThat(log.last()).isEmpty();
    }

    @Test
    void anotherConfigurationKeepsWhatWasLearnt() {
        fleet.replicas(3);
        fleet.rate = 30;
        fleet.running(8);
        pass(400);
        loop.slow(now);
        FitStatus known = loop.fits().get("hardware").fit().status();
        FleetSettings wider = settings(new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 2, 0));
        loop.reconfigure(wider, Set.of());
        pass(10);
        assertThat(last().desired()).as("another upper bound").isEqualTo(2);
        assertThat(loop.fits().get("hardware").fit().status()).isEqualTo(known);
        assertThat(log.last()
                        .orElseThrow()
                        .input()
                        .models()
                        .getFirst()
                        .classes()
                        .getFirst()
                        .now())
                .as("demand is known still")
                .isCloseTo(30, within(1e-6));
        loop.reconfigure(wider, Set.of("m"));
        pass(10);
        assertThat(last().codes()).contains("G01");
    }

    @Test
    void whatWasLearntOfAResourceThatComesLaterIsNotLost(@TempDir Path folder) {
        Path file = folder.resolve("state.json");
        loop = loop(false, 1, file);
        fleet.replicas(3);
        fleet.rate = 20;
        fleet.running(8);
        pass(400);
        loop.slow(now);
        double known = loop.fits().get("hardware").fit().time().base();
        loop.save(now);
        now += 5_000;
        FleetSettings full = settings(new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 20, 0));
        FleetLoop later = loop(
                new FleetSettings(
                        List.of(), full.tiers(), full.routers(), Map.of(), full.zero(), 30, full.assumedShape()),
                file);
        assertThat(later.fits()).isEmpty();
        later.save(now);
        later.reconfigure(full, Set.of());
        assertThat(later.fits().get("hardware").fit().time().base()).isEqualTo(known);
        FleetLoop last = loop(full, file);
        assertThat(last.fits().get("hardware").fit().time().base())
                .as("and was saved meanwhile")
                .isEqualTo(known);
    }

    @Test
    void aRouterThatHasGoneDoesNotComeBackByALateAnswer() {
        fleet.replicas(1);
        fleet.queued = 7;
        pass(30);
        FleetSettings known =
                settings(new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 20, 0));
        FleetSettings without = new FleetSettings(
                known.variants(), known.tiers(), List.of(), Map.of(), known.zero(), 30, known.assumedShape());
        fleet.beforeEngines(() -> loop.reconfigure(without, Set.of()));
        pass(10);
        assertThat(log.last().orElseThrow().input().models().getFirst().idle().queued())
                .as("it was asked before it went")
                .isZero();
    }

    @Test
    void aRouterThatWasReadOnceHasNoRateYet() {
        fleet.replicas(2);
        loop.main(now);
        assertThat(log.last().orElseThrow().published().getFirst().grade()).isEqualTo(Grade.PARTIAL);
        pass(10);
        assertThat(log.last().orElseThrow().published().getFirst().grade()).isEqualTo(Grade.COMPLETE);
    }

    private void pass(FleetLoop which, int seconds) {
        FleetLoop own = loop;
        loop = which;
        pass(seconds);
        loop = own;
    }

    @Test
    void aPageThatHangsHoldsUpNoOtherLoop() throws Exception {
        loop = loop(false, 0, null);
        pass(30);
        fleet.replicas(1);
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        fleet.beforeEngines(() -> {
            asked.countDown();
            hanging.await();
        });
        Thread main = Thread.ofVirtual().start(() -> loop.main(now));
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        fleet.beforeEngines(() -> {});
        fleet.replicas(0);
        fleet.queued = 1;
        now += 1;
        loop.fast(now);
        assertThat(last().desired()).as("decided while the other loop waits").isEqualTo(1);
        hanging.countDown();
        main.join();
        assertThat(last().desired()).isEqualTo(1);
    }

    @Test
    @DisplayName("row 66: a cycle that is decided again decides the same")
    @Tag("autoscaling-66")
    void replay() {
        fleet.replicas(3);
        fleet.rate = 25;
        pass(300);
        Cycle cycle = log.last().orElseThrow();
        assertThat(new Planner(2_000, tier -> tier.tierClass().headroom())
                        .decide(cycle.input(), cycle.before(), cycle.nowSeconds(), cycle.id())
                        .decisions())
                .isEqualTo(cycle.decided());
    }
}
