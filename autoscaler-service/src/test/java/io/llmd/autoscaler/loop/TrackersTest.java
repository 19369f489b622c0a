package io.llmd.autoscaler.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import io.llmd.autoscaler.analyzer.StepTimeFit;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Replica.Phase;
import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is kept of routers, variants and replicas between cycles. */
class TrackersTest {

    private static final Tier TIER = Tier.ofInterToken("chat", TierClass.STANDARD, 0.072);
    private static final URI ROUTER = URI.create("http://router/metrics");
    private static final EngineLimits LIMITS = new EngineLimits(100_000, 256, 8_192);
    private static final StepTime TIME = new StepTime(0.013, 62.8e-6, 30e-6, 0.056e-6);

    private final StepTimeFit fit = new StepTimeFit(TIME, LIMITS);
    private final VariantTracker variant = new VariantTracker(variant(Set.of()), fit);

    private static VariantSettings variant(Set<String> tiers) {
        return new VariantSettings(
                new Variant("n", "v", "m", Role.UNIFIED, tiers, 2, false, "gpu", 1, 1, 20, 0),
                "hardware",
                TIME,
                LIMITS,
                100,
                Behaviour.USUAL,
                false);
    }

    private static FleetSettings settings(Set<String> served, TierRule... tiers) {
        return new FleetSettings(
                List.of(variant(served)),
                List.of(tiers),
                List.of(ROUTER),
                Map.of(),
                new FleetSettings.Zero(false, 600),
                30,
                Shape.fixed(1_000, 0, 100));
    }

    private static EngineReading reading(double at, double kvFill, double kvTokens, double steps) {
        return new EngineReading(
                at, 4, 0, kvFill, kvTokens, steps, 10 * steps, 0, 4 * steps, 0, 0.02 * 4 * steps, 4 * steps);
    }

    private static void hear(DemandTracker demand, double arrivals, double at) {
        demand.observe(ROUTER, new Flow(arrivals, 0, 0, arrivals, 0, 0, 0, 0, 0), at);
        demand.settle(true, at);
    }

    private void present(double at, String... ids) {
        present(at, Phase.UNKNOWN, null, ids);
    }

    private void present(double at, Phase phase, Integer specified, String... ids) {
        List<Replica> listed = Stream.of(ids)
                .map(id -> new Replica(id, "n/v", URI.create("http://" + id + "/metrics"), phase))
                .toList();
        variant.present(listed, specified, false, at);
    }

    @Test
    void aReplicaThatWasNeverHeardIsNotKnownToBeIdle() {
        present(0, "a", "b");
        variant.observe("a", reading(1, 0.2, 100_000, 100));
        assertThat(variant.grade(2, 30)).as("it may have served for long").isEqualTo(Grade.PARTIAL);
        variant.observe("b", reading(3, 0.2, 100_000, 100));
        assertThat(variant.grade(4, 30)).isEqualTo(Grade.COMPLETE);
        present(10, "a", "b", "c");
        assertThat(variant.grade(11, 30)).as("it has only just been started").isEqualTo(Grade.COMPLETE);
        variant.observe("a", reading(250, 0.2, 100_000, 200));
        variant.observe("b", reading(250, 0.2, 100_000, 200));
        assertThat(variant.grade(251, 30)).as("it should serve by now").isEqualTo(Grade.PARTIAL);
        assertThat(variant.counts(251).stuck()).isEqualTo(1);
    }

    @Test
    void aReadingThatIsOlderThanAReplicaIsNotItsOwn() {
        present(0, "a");
        present(100, "a", "b");
        variant.observe("b", reading(80, 0.9, 100_000, 100));
        assertThat(variant.counts(101).ready())
                .as("of the one that had its address before")
                .isZero();
        variant.observe("b", reading(120, 0.1, 100_000, 1));
        assertThat(variant.counts(121).ready()).isEqualTo(1);
        assertThat(variant.coldStart().starts()).containsExactly(20.0);
        variant.observe("a", reading(-5, 0.1, 100_000, 1));
        assertThat(variant.counts(121).ready())
                .as("what was there before may be known from before")
                .isEqualTo(2);
    }

    @Test
    @Tag("autoscaling-39")
    void podsSayThemselvesWhetherTheyServe() {
        present(0, Phase.SERVING, 3, "a", "b");
        assertThat(variant.counts(1)).as("one is asked for and not made yet").isEqualTo(new Replicas(2, 1, 0, 0));
        assertThat(variant.grade(1, 30)).as("they serve and are not heard").isEqualTo(Grade.PARTIAL);
        present(250, Phase.SERVING, 3, "a", "b");
        assertThat(variant.counts(250)).as("and is not made at all").isEqualTo(new Replicas(2, 0, 1, 0));
        present(251, Phase.SERVING, 1, "a", "b");
        assertThat(variant.counts(251)).as("one is not asked for any more").isEqualTo(new Replicas(1, 0, 0, 1));
        present(252, Phase.STARTING, 2, "a", "b");
        assertThat(variant.counts(253)).isEqualTo(new Replicas(0, 2, 0, 0));
        assertThat(variant.counts(460)).isEqualTo(new Replicas(0, 0, 2, 0));
        present(461, Phase.FAILING, 2, "c", "d");
        assertThat(variant.counts(461)).as("they start again and again").isEqualTo(new Replicas(0, 0, 2, 0));
    }

    @Test
    void silenceIsNoRateOfZero() {
        DemandTracker demand =
                new DemandTracker(new TierRule(TIER, Set.of(), 0.01), Shape.fixed(1_000, 0, 100), 30, 100, 0);
        for (int at = 60; at <= 600; at += 10) {
            hear(demand, 10.0 * at, at);
        }
        double lowest = demand.input(0, 600).reserve();
        for (int at = 610; at <= 1_800; at += 10) {
            demand.settle(false, at);
        }
        for (int at = 1_810; at <= 1_900; at += 10) {
            hear(demand, 10.0 * at, at);
        }
        assertThat(demand.input(0, 1_900).reserve())
                .as("the rate that is not exceeded in a hundredth of the last hour")
                .isEqualTo(lowest);
        assertThat(demand.arrivalVariation(1))
                .as("what gathered meanwhile is no burst")
                .isLessThan(2);
    }

    @Test
    void aRouterThatComesBackWithAllItHasEverCountedIsNoBurst() {
        DemandTracker demand =
                new DemandTracker(new TierRule(TIER, Set.of(), 0), Shape.fixed(1_000, 0, 100), 30, 100, 0);
        URI other = URI.create("http://other/metrics");
        for (int at = 10; at <= 300; at += 10) {
            demand.observe(other, new Flow(1_000_000 + 5 * at, 0, 0, 0, 0, 0, 0, 0, 0), at);
            hear(demand, 10.0 * at, at);
            if (at == 150) {
                demand.retain(List.of(ROUTER));
            }
        }
        assertThat(demand.arrivalVariation(1)).isLessThan(2);
    }

    @Test
    void whatIsScrapedSeldomerThanLookedAtIsNoBurst() {
        DemandTracker demand =
                new DemandTracker(new TierRule(TIER, Set.of(), 0), Shape.fixed(1_000, 0, 100), 30, 100, 0);
        for (int at = 15; at <= 600; at += 5) {
            int scraped = at - at % 15;
            demand.observe(ROUTER, new Flow(4.0 * scraped, 0, 0, 0, 0, 0, 0, 0, 0), scraped);
            if (at % 10 == 0) {
                demand.settle(true, at);
            }
        }
        assertThat(demand.arrivalVariation(1)).as("four a second, always").isEqualTo(1);
    }

    @Test
    void requestsThatCanWaitAreWorkThatIsDueAndNoRate() {
        TierRule rule = new TierRule(TIER, Set.of(), 0, 3_600);
        DemandTracker demand = new DemandTracker(rule, Shape.fixed(1_000, 0, 100), 30, 100, 0);
        demand.observe(ROUTER, new Flow(0, 0, 0, 0, 0, 0, 0, 0, 0), 10);
        demand.settle(true, 10);
        demand.observe(ROUTER, new Flow(500, 480, 20, 0, 0, 0, 0, 0, 0), 20);
        demand.settle(true, 20);

        ClassInput input = demand.input(7, 80);
        assertThat(input.due()).containsExactly(new Work(3_540, 480));
        assertThat(input.now()).isZero();
        assertThat(input.waiting()).isZero();
        assertThat(demand.urgent())
                .as("nobody has to be woken for them at once")
                .isZero();
        assertThat(demand.urgentRate(80).lowerBound()).isZero();
    }

    @Test
    void aRateThatHasChangedForGoodIsNoBurst() {
        DemandTracker demand =
                new DemandTracker(new TierRule(TIER, Set.of(), 0), Shape.fixed(1_000, 0, 100), 30, 100, 0);
        double arrivals = 0;
        for (int at = 10; at <= 300; at += 10) {
            arrivals += at <= 150 ? 100 : 40;
            hear(demand, arrivals, at);
        }
        assertThat(demand.arrivalVariation(1)).isLessThan(1.5);
    }

    @Test
    @Tag("autoscaling-34")
    void aReplicaThatHasGoneSilentCountsAsTheFullest() {
        present(0, "a", "b");
        variant.observe("a", reading(1, 0.9, 100_000, 100));
        variant.observe("b", reading(1, 0.2, 100_000, 100));
        assertThat(variant.memoryFill(2, 30)).isCloseTo(0.55, within(1e-9));
        variant.observe("a", reading(60, 0.9, 100_000, 200));
        assertThat(variant.memoryFill(60, 30)).isCloseTo(0.9, within(1e-9));
    }

    @Test
    void oneReplicaWithAnAbsurdSizeDecidesNothing() {
        present(0, "a", "b", "c");
        variant.observe("a", reading(1, 0.5, 16, 100));
        variant.observe("b", reading(1, 0.5, 400_000, 100));
        variant.observe("c", reading(1, 0.5, 400_000, 100));
        assertThat(variant.limits().kvTokens()).isEqualTo(400_000);
    }

    @Test
    void samplesOfReplicasThatAreLargerThanAssumedCount() {
        present(0, "a");
        for (int i = 1; i <= 40; i++) {
            variant.observe("a", reading(i * 10, 0.5, 400_000, i * 500));
        }
        assertThat(fit.samples())
                .as("half of 400,000 tokens is more than the assumed 100,000")
                .isNotEmpty();
    }

    @Test
    @Tag("autoscaling-16")
    void aReplicaThatBeginsAnewInItsPlaceIsColdAgain() {
        present(0, "a");
        for (int i = 1; i <= 12; i++) {
            variant.observe("a", reading(i * 10, 0.5, 100_000, i * 500));
        }
        int warm = fit.samples().size();
        assertThat(warm).isPositive();
        for (int i = 1; i <= 9; i++) {
            variant.observe("a", reading(120 + i * 10, 0.5, 100_000, i * 500));
        }
        assertThat(fit.samples()).hasSize(warm);
        variant.observe("a", reading(230, 0.5, 100_000, 5_000));
        assertThat(fit.samples()).hasSize(warm + 1);
    }

    @Test
    void tiersThatContradictEachOtherAreRefused() {
        TierRule all = new TierRule(TIER, Set.of(), 0);
        Tier high = Tier.ofInterToken("high", TierClass.CRITICAL, 0.040);
        assertThat(settings(Set.of("high"), all, new TierRule(high, Set.of(1), 0))
                        .models())
                .containsExactly("m");
        assertThatThrownBy(() -> settings(Set.of(), all, all)).hasMessageContaining("2 without priorities");
        assertThatThrownBy(() -> settings(Set.of(), all, new TierRule(TIER, Set.of(1), 0)))
                .hasMessageContaining("chat twice");
        assertThatThrownBy(() -> settings(
                        Set.of(), all, new TierRule(high, Set.of(1), 0), new TierRule(Tier.batch("low"), Set.of(1), 0)))
                .hasMessageContaining("priority 1 twice");
        assertThatThrownBy(() -> settings(Set.of("hihg"), all)).hasMessageContaining("serves tier hihg");
    }
}
