package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.plugin.producer.ProducerFixture.decode;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.endpoint;
import static io.llmd.scheduler.plugin.producer.ProducerFixture.joined;
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
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Prompt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ApproxPrefixCacheProducerTest {

    private static final int A = 0;
    private static final int B = 1;

    private final PrefixIndex index = new PrefixIndex();
    private Endpoint a = endpoint("a", 16, 10_000);
    private Endpoint b = endpoint("b", 16, 10_000);

    @BeforeEach
    void addEndpoints() {
        index.added(metadata("a"));
        index.added(metadata("b"));
    }

    @Test
    @Tag("scheduling-58")
    void aRepeatedPromptMatchesWhereItWasServed() {
        Prompt prompt = prompt(200, 1);
        assertThat(match(A, request("m", "", -1, prompt))).isEqualTo("0/4 of 64");
        serve(A, request("m", "", -1, prompt));
        assertThat(match(A, request("m", "", -1, prompt))).isEqualTo("4/4 of 64");
        assertThat(match(B, request("m", "", -1, prompt))).isEqualTo("0/4 of 64");
        Prompt other = joined(prompt, 128, prompt(200, 2));
        assertThat(match(A, request("m", "", -1, other))).isEqualTo("2/4 of 64");
        assertThat(match(A, request("other", "", -1, prompt))).isEqualTo("0/4 of 64");
        assertThat(match(A, request("m", "salt", -1, prompt))).isEqualTo("0/4 of 64");
    }

    @Test
    @Tag("scheduling-59")
    void aFullIndexForgetsTheTailOfTheOlderPrompt() {
        a = endpoint("a", 64, 3);
        InferenceRequest p = request("m", "", -1, prompt(128, 1));
        InferenceRequest q = request("m", "", -1, prompt(128, 2));
        serve(A, p);
        serve(A, q);
        assertThat(match(A, p)).isEqualTo("1/2 of 64");
        assertThat(match(A, q)).isEqualTo("2/2 of 64");
        assertThat(index.size()).isEqualTo(3);
    }

    @Test
    void answersTakeRoomThatPromptsHad() {
        a = endpoint("a", 64, 6);
        InferenceRequest first = request("m", "", -1, prompt(128, 1));
        InferenceRequest second = request("m", "", -1, prompt(128, 2));
        serve(A, first);
        ApproxPrefixCacheProducer producer = producer();
        serve(producer, A, second);
        producer.ended(1, ended(200));

        assertThat(match(A, second)).isEqualTo("2/2 of 64");
        assertThat(match(A, first)).isEqualTo("1/2 of 64");
        assertThat(index.size()).isEqualTo(6);
    }

    @Test
    void whatIsUsedUntilLateIsForgottenLate() {
        a = endpoint("a", 64, 4);
        InferenceRequest slow = request("m", "", -1, prompt(128, 1));
        InferenceRequest quick = request("m", "", -1, prompt(128, 2));
        ApproxPrefixCacheProducer producer = producer();
        serve(producer, A, slow);
        serve(A, quick);
        producer.ended(1, ended(0));
        serve(A, request("m", "", -1, prompt(128, 3)));

        assertThat(match(A, slow)).isEqualTo("2/2 of 64");
        assertThat(match(A, quick)).isEqualTo("0/2 of 64");
    }

    @Test
    void aRequestThatFailedBeforeItsAnswerTeachesNothingMore() {
        a = endpoint("a", 64, 4);
        ApproxPrefixCacheProducer producer = producer();
        serve(producer, A, request("m", "", -1, prompt(128, 1)));
        producer.ended(
                1,
                new OutcomeReport("r", 1, "ns/a", Phase.ENDED, Cause.ERROR, 502, new TokenUsage(-1, 640, -1), 0, 1000));

        assertThat(index.size()).isEqualTo(2);
    }

    private static OutcomeReport ended(int tokens) {
        return new OutcomeReport(
                "r", 1, "ns/a", Phase.ENDED, Cause.NATURAL, 200, new TokenUsage(-1, tokens, -1), 1000, 2000);
    }

    @Test
    void theCapacityIsCountedInTokensOfTheEngine() {
        a = endpoint("a", 16, 8);
        serve(A, request("m", "", -1, prompt(64 * 10, 1)));
        assertThat(index.size("ns/a")).isEqualTo(2);
    }

    @Test
    void aPromptLongerThanTheCacheIsRememberedFromItsBeginning() {
        a = endpoint("a", 64, 3);
        InferenceRequest request = request("m", "", -1, prompt(64 * 10, 1));
        serve(A, request);
        assertThat(match(A, request)).isEqualTo("3/10 of 64");
    }

    @Test
    void endpointsWithDifferentBlockSizesAreMatchedInTheirOwn() {
        b = endpoint("b", 128, 10_000);
        InferenceRequest request = request("m", "", -1, prompt(512, 1));
        serve(A, request);
        serve(B, request);
        assertThat(match(A, request)).isEqualTo("8/8 of 64");
        assertThat(match(B, request)).isEqualTo("4/4 of 128");
    }

    @Test
    void theMatchesOfSeveralPromptsAddUp() {
        serve(A, request("m", "", -1, prompt(128, 1)));
        assertThat(match(A, request("m", "", -1, prompt(128, 2), prompt(192, 1))))
                .isEqualTo("2/5 of 64");
    }

    @Test
    void thePrefillEndpointLearnsToo() {
        InferenceRequest request = request("m", "", -1, prompt(128, 1));
        Candidates candidates = Candidates.of(a, b);
        ApproxPrefixCacheProducer producer = producer();
        producer.produce(request, candidates);
        producer.scheduled(request, candidates, prefillAndDecode(candidates, B, A), new Dispatch(1));
        assertThat(match(A, request)).isEqualTo("2/2 of 64");
        assertThat(match(B, request)).isEqualTo("2/2 of 64");
    }

    @Test
    void anEndpointThatStartsAnewOrLeavesIsForgotten() {
        InferenceRequest request = request("m", "", -1, prompt(128, 1));
        serve(A, request);
        serve(B, request);
        index.restarted(metadata("a"));
        index.removed(metadata("b"));
        assertThat(match(A, request)).isEqualTo("0/2 of 64");
        assertThat(match(B, request)).isEqualTo("0/2 of 64");
        serve(B, request);
        assertThat(index.size()).isZero();
    }

    @Test
    void aRequestWithoutTokensMatchesNothing() {
        assertThat(match(A, request("m", "", -1))).isEqualTo("0/0 of 64");
    }

    @Test
    void tokensBeyondTheLimitAreNotLookedAt() {
        InferenceRequest request = request("m", "", -1, prompt(64 * 3000, 1));
        assertThat(match(A, request)).isEqualTo("0/2048 of 64");
    }

    @Test
    void poisonedMetricsCannotMakeTheIndexGrowBeyondItsBound() {
        a = endpoint("a", 1 << 20, 1_000_000_000);
        InferenceRequest request = request("m", "", -1, prompt(640, 1));
        serve(A, request);
        assertThat(index.size()).isEqualTo(0L);
        a = endpoint("a", 16, 1_000_000_000);
        serve(A, request);
        assertThat(index.size()).isEqualTo(10);
    }

    @Test
    void badParametersAreRefused() {
        assertThatThrownBy(() -> params(true, 16, -1, 0, 0, 10)).hasMessageStartingWith("blockSize: -1");
        assertThatThrownBy(() -> params(false, 0, 0, 0, 0, 10)).hasMessageStartingWith("blockSizeTokens: 0");
        assertThatThrownBy(() -> params(true, 1_000_000_000, 0, 0, 0, 10))
                .hasMessage("blockSizeTokens: 1000000000 (expected: 0 to 1048576)");
        assertThatThrownBy(() -> params(true, 16, 0, -1, 0, 10)).hasMessageStartingWith("maxPrefixTokensToMatch: -1");
        assertThatThrownBy(() -> params(true, 16, 0, 0, 0, 0)).hasMessageStartingWith("lruCapacityPerServer: 0");
    }

    private static ApproxPrefixCacheProducer.Params params(
            boolean autoTune, int tokens, int old, int maxTokens, int maxBlocks, int capacity) {
        return new ApproxPrefixCacheProducer.Params(autoTune, tokens, old, maxTokens, maxBlocks, capacity);
    }

    private ApproxPrefixCacheProducer producer() {
        return new ApproxPrefixCacheProducer(
                ApproxPrefixCacheProducer.TYPE, params(true, 16, 0, 131072, 2048, 31250), index);
    }

    private void serve(int slot, InferenceRequest request) {
        serve(producer(), slot, request);
    }

    private void serve(ApproxPrefixCacheProducer producer, int slot, InferenceRequest request) {
        Candidates candidates = Candidates.of(a, b);
        producer.produce(request, candidates);
        producer.scheduled(request, candidates, decode(candidates, slot), new Dispatch(1));
    }

    private String match(int slot, InferenceRequest request) {
        Candidates candidates = Candidates.of(a, b);
        producer().produce(request, candidates);
        PrefixMatches matches = candidates.data(DataKeys.prefixMatches(""));
        assertThat(matches).isNotNull();
        return matches.matchBlocks(slot) + "/" + matches.totalBlocks(slot) + " of " + matches.blockTokens(slot);
    }
}
