package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.plugin.producer.ProducerFixture.decode;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.endpoint;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.metadata;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.prefillAndDecode;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.prompt;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InFlightLoadProducerTest {

    private static final int P = 0;
    private static final int D = 1;
    private static final OutcomeReport REPORT =
            new OutcomeReport("r", 1, "ns/d", Phase.ENDED, Cause.NATURAL, 200, TokenUsage.UNKNOWN, 0, 0);

    private final InFlightTracker tracker = new InFlightTracker();
    private final Candidates candidates = Candidates.of(endpoint("p", 16, 0), endpoint("d", 16, 0));
    private final InferenceRequest request = request("m", "", 500, prompt(1000, 1));

    @BeforeEach
    void addEndpoints() {
        tracker.added(metadata("p"));
        tracker.added(metadata("d"));
    }

    @Test
    @Tag("scheduling-65")
    void thePrefillEndpointIsFreeAndTheDecodeEndpointHasNoTokensLeftOnceTheAnswerBegins() {
        InFlightLoadProducer producer = producer(false);
        producer.scheduled(request, candidates, prefillAndDecode(candidates, P, D), new Dispatch(1));
        assertThat(load("p")).isEqualTo("1/1000");
        assertThat(load("d")).isEqualTo("1/1000");
        producer.started(1, REPORT);
        assertThat(load("p")).isEqualTo("0/0");
        assertThat(load("d")).isEqualTo("1/0");
        producer.ended(1, REPORT);
        assertThat(load("d")).isEqualTo("0/0");
    }

    @Test
    @Tag("scheduling-66")
    void estimatedOutputIsChargedUpToTheClientsLimitAndStaysUntilTheEnd() {
        InFlightLoadProducer producer = producer(true);
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(1));
        assertThat(load("d")).isEqualTo("1/1500");
        producer.started(1, REPORT);
        assertThat(load("d")).isEqualTo("1/1500");
        producer.ended(1, REPORT);
        assertThat(load("d")).isEqualTo("0/0");
    }

    @Test
    @Tag("scheduling-67")
    void cachedBlocksAreNotCharged() {
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(D, 10, 16, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        InFlightLoadProducer producer = producer(false);
        producer.produce(request, candidates);
        UncachedTokens uncached = candidates.data(DataKeys.uncachedTokens(""));
        assertThat(uncached).isNotNull();
        assertThat(uncached.tokens(D)).isEqualTo(384);
        assertThat(uncached.tokens(P)).isEqualTo(1000);
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(1));
        assertThat(load("d")).isEqualTo("1/384");
    }

    @Test
    @Tag("scheduling-68")
    void aClientThatLeavesBeforeTheFirstByteGivesAllBackOnce() {
        OutcomeReport left =
                new OutcomeReport("r", 1, "ns/d", Phase.ENDED, Cause.CLIENT_DISCONNECT, 0, TokenUsage.UNKNOWN, 0, 0);
        InFlightLoadProducer producer = producer(false);
        producer.scheduled(request, candidates, prefillAndDecode(candidates, P, D), new Dispatch(1));
        producer.ended(1, left);
        producer.ended(1, left);
        assertThat(load("p")).isEqualTo("0/0");
        assertThat(load("d")).isEqualTo("0/0");
    }

    @Test
    void aSecondEndGivesNothingBackTwice() {
        InFlightLoadProducer producer = producer(false);
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(1));
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(2));
        producer.ended(1, REPORT);
        producer.ended(1, REPORT);
        producer.started(1, REPORT);
        producer.ended(99, REPORT);
        assertThat(load("d")).isEqualTo("1/1000");
        assertThat(tracker.attempts()).isEqualTo(1);
    }

    @Test
    @Tag("scheduling-69")
    void anEndpointThatComesBackStartsAtZeroAndStaysThereWhenOldRequestsEnd() {
        InFlightLoadProducer producer = producer(false);
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(1));
        tracker.removed(metadata("d"));
        assertThat(load("d")).isEqualTo("0/0");
        tracker.added(metadata("d"));
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(2));
        producer.started(1, REPORT);
        producer.ended(1, REPORT);
        assertThat(load("d")).isEqualTo("1/1000");
        producer.ended(2, REPORT);
        assertThat(load("d")).isEqualTo("0/0");
    }

    @Test
    void loadsAreThoseBeforeTheDecision() {
        InFlightLoadProducer producer = producer(false);
        producer.scheduled(request, candidates, decode(candidates, D), new Dispatch(1));
        producer.produce(request, candidates);
        InFlightLoads loads = candidates.data(DataKeys.inFlightLoads(""));
        assertThat(loads).isNotNull();
        producer.ended(1, REPORT);
        assertThat(loads.requests(D)).isEqualTo(1);
        assertThat(loads.tokens(D)).isEqualTo(1000);
        assertThat(loads.requests(P)).isZero();
    }

    @Test
    void tenThousandAttemptsInAnyOrderLeaveNothingBehind() {
        InFlightLoadProducer producer = producer(false);
        Random random = new Random(42);
        for (int lease = 0; lease < 10_000; lease++) {
            producer.scheduled(request, candidates, prefillAndDecode(candidates, P, D), new Dispatch(lease));
            int other = random.nextInt(lease + 1);
            if (random.nextBoolean()) {
                producer.started(other, REPORT);
            }
            if (random.nextBoolean()) {
                producer.ended(other, REPORT);
            }
        }
        for (int lease = 9_999; lease >= 0; lease--) {
            producer.ended(lease, REPORT);
        }
        assertThat(load("p")).isEqualTo("0/0");
        assertThat(load("d")).isEqualTo("0/0");
        assertThat(tracker.attempts()).isZero();
    }

    @Test
    void badParametersAreRefused() {
        assertThatThrownBy(() -> new InFlightLoadProducer.Params(true, -1, null, "", true))
                .hasMessageStartingWith("outputRatio: -1.0");
        assertThatThrownBy(() -> new InFlightLoadProducer.Params(true, 1, -5, "", true))
                .hasMessageStartingWith("maxEstimatedOutputTokens: -5");
    }

    private InFlightLoadProducer producer(boolean countsOutput) {
        InFlightLoadProducer.Params params = new InFlightLoadProducer.Params(countsOutput, 1.5, null, "", true);
        return new InFlightLoadProducer(InFlightLoadProducer.TYPE, params, tracker);
    }

    private String load(String name) {
        return tracker.requests("ns/" + name) + "/" + tracker.tokens("ns/" + name);
    }
}
