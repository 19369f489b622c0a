package io.llmd.autoscaler.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServedRequestsTest {

    private static final Tier CHAT = new Tier("chat", TierClass.STANDARD, 1, 0.95, 0.05);
    private static final Shape ASSUMED = Shape.fixed(1_024, 0, 256);
    private static final URI ROUTER = URI.create("http://router:9090/metrics");

    private static Ended ended(Cause cause, int prompt, int cached, int answer, double first, double whole) {
        TokenUsage usage = new TokenUsage(prompt, answer, cached);
        return new Ended("ns/a", 0, true, cause, 200, usage, Math.round(first * 1e6), Math.round(whole * 1e6), 0);
    }

    private static Ended good(int prompt, int cached, int answer) {
        return ended(Cause.NATURAL, prompt, cached, answer, 0.5, 0.5 + 0.02 * answer);
    }

    private static ServedRequests served() {
        ServedRequests served = new ServedRequests(CHAT, ASSUMED);
        served.settle(0);
        return served;
    }

    @Test
    void whatBelongsTogetherIsKnownTogether() {
        ServedRequests served = served();
        for (int i = 0; i < 10; i++) {
            served.add(good(100, 100, 10));
            served.add(good(1_000, 0, 100));
        }
        served.settle(10);

        Shape shape = served.shape(10);
        assertThat(shape.input()).isEqualTo(550);
        assertThat(shape.uncached()).isEqualTo(500);
        assertThat(shape.uncachedSquare()).as("one is cached in full").isEqualTo(500_000);
        assertThat(shape.inputOutput()).as("long answers to long prompts").isEqualTo(50_500);
        assertThat(shape.outputSquare()).isEqualTo(5_050);
    }

    @Test
    void onlyWhoKeptAllThatWasPromisedCounts() {
        ServedRequests served = served();
        served.add(good(10, 0, 20));
        served.add(ended(Cause.NATURAL, 10, 0, 20, 1.5, 2));
        served.add(ended(Cause.NATURAL, 10, 0, 20, 0.5, 2.5));
        served.add(ended(Cause.NATURAL, 10, 0, 2, 0.5, 2.5));
        served.settle(10);
        assertThat(served.attainment()).as("of two tokens no pace is known").isCloseTo(0.5, within(1e-9));
    }

    @Test
    void answersThatCameAtOnceSayNothingOfTheirFirstToken() {
        ServedRequests served = served();
        TokenUsage usage = new TokenUsage(10, 20, 0);
        served.add(new Ended("ns/a", 0, false, Cause.NATURAL, 200, usage, 5_000_000, 5_000_000, 0));
        served.settle(10);
        assertThat(served.finished(10)).isEqualTo(1);
        assertThat(served.attainment()).isNaN();
    }

    @Test
    void attemptsWithoutAnAnswerSayNothingOfLengths() {
        ServedRequests served = served();
        served.add(ended(Cause.ERROR, 10, 0, 5, 0, 1));
        served.add(ended(Cause.NATURAL, -1, -1, -1, 0.5, 1));
        served.settle(10);
        assertThat(served.finished(10)).isZero();
        assertThat(served.shape(10)).isEqualTo(ASSUMED);
        assertThat(served.attainment()).isNaN();
    }

    private static Flow page(double finished) {
        // Prompts of 300 tokens and answers of 30, in sums.
        return new Flow(finished, 0, 0, finished, 300 * finished, 90_000 * finished, 0, 30 * finished, 900 * finished);
    }

    private static DemandTracker tracker(double finished, int told) {
        DemandTracker tracker = new DemandTracker(new TierRule(CHAT, Set.of(), 0), ASSUMED, 30, 150, 0);
        tracker.observe(ROUTER, page(0), 0);
        tracker.settle(true, 0);
        for (int i = 0; i < told; i++) {
            tracker.served(good(550, 0, 55));
        }
        tracker.observe(ROUTER, page(finished), 10);
        tracker.settle(true, 10);
        return tracker;
    }

    private static double input(DemandTracker tracker) {
        return tracker.input(0, 10).requestClass().shape().input();
    }

    @Test
    void pagesCountWhileTooFewAreToldOneByOne() {
        assertThat(input(tracker(100, 29))).isEqualTo(300);
        assertThat(input(tracker(100, 49))).as("less than half of all").isEqualTo(300);
        assertThat(input(tracker(100, 50))).isEqualTo(550);
        assertThat(input(tracker(0, 30)))
                .as("where pages say nothing of lengths")
                .isEqualTo(550);
    }

    @Test
    void theShareThatKeptBothIsThatOfSingleRequests() {
        assertThat(tracker(100, 100).input(0, 10).attainment()).isEqualTo(1);
        assertThat(tracker(100, 0).input(0, 10).attainment()).isNaN();
    }
}
