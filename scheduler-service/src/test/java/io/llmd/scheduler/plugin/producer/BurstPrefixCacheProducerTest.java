package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BurstPrefixCacheProducerTest {

    private static final InferenceRequest P = ProducerFixture.request("m", "", -1, ProducerFixture.prompt(128, 1));
    private static final InferenceRequest Q = ProducerFixture.request("m", "", -1, ProducerFixture.prompt(128, 2));

    private final List<Runnable> tasks = new ArrayList<>();
    private final List<Duration> delays = new ArrayList<>();
    private final List<Candidates> asked = new ArrayList<>();
    private final List<CompletableFuture<Consumer<Candidates>>> answers = new ArrayList<>();

    @Test
    @Tag("scheduling-73")
    void equalPromptsOfOneWindowMeetUpToTheMostPerEndpoint() {
        BurstPrefixCacheProducer producer = producer("{maxPerReplica: 4}");
        for (int i = 0; i < 8; i++) {
            ask(producer, P);
        }
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        assertThat(delays).containsExactly(Duration.ofMillis(100));
        tasks.getFirst().run();
        assertThat(assigned()).containsExactly("a", "a", "a", "a", "b", "b", "b", "b");
        assertThat(matches(0).totalBlocks(3)).isEqualTo(2);
        assertThat(matches(0).blockTokens(3)).isEqualTo(64);
    }

    @Test
    @Tag("scheduling-74")
    void aRequestThatSharesNothingHasNoMatchAnywhere() {
        BurstPrefixCacheProducer producer = producer("{}");
        ask(producer, P);
        ask(producer, Q);
        tasks.getFirst().run();
        assertThat(assigned()).containsExactly("", "");
        assertThat(matches(0).totalBlocks(0)).isEqualTo(2);
    }

    @Test
    @Tag("scheduling-74")
    void aLoneRequestHasNoMatchOnAnyEndpoint() {
        ask(producer("{}"), P);
        tasks.getFirst().run();
        PrefixMatches matches = matches(0);
        for (int slot = 0; slot < 4; slot++) {
            assertThat(matches.matchBlocks(slot)).isZero();
            assertThat(matches.totalBlocks(slot)).isEqualTo(2);
        }
    }

    @Test
    void aWindowThatIsFullClosesAtOnceAndTheNextOneOpens() {
        BurstPrefixCacheProducer producer = producer("{maxBatchSize: 2, windowDurationMs: 50}");
        ask(producer, P);
        ask(producer, P);
        assertThat(answers).allMatch(CompletableFuture::isDone);
        ask(producer, Q);
        ask(producer, P);
        assertThat(delays).hasSize(2);
        tasks.getFirst().run();
        assertThat(assigned()).containsExactly("a", "a", "", "");
    }

    @Test
    void theTimerOfAFullWindowDoesNotCloseTheNextOne() {
        BurstPrefixCacheProducer producer = producer("{maxBatchSize: 2}");
        ask(producer, P);
        ask(producer, P);
        ask(producer, Q);
        tasks.getFirst().run();
        assertThat(answers.get(2)).isNotDone();
        tasks.get(1).run();
        assertThat(answers.get(2)).isDone();
    }

    @Test
    void aDryRunDoesNotJoinTheWindow() {
        BurstPrefixCacheProducer producer = producer("{}");
        Candidates candidates = EndpointFixture.idle("a");
        producer.produce(P, candidates);
        assertThat(tasks).isEmpty();
        PrefixMatches matches = candidates.data(DataKeys.prefixMatches("burst"));
        assertThat(matches.totalBlocks(0)).isEqualTo(2);
        assertThat(matches.matchBlocks(0)).isZero();
    }

    @Test
    void theDecisionIsAwaitedALittleLongerThanTheWindow() {
        assertThat(producer("{windowDurationMs: 200}").produceTimeout()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void impossibleParametersAreRefused() {
        assertThatThrownBy(() -> producer("{windowDurationMs: 0}")).hasMessageContaining("(expected: 1 to 10000)");
        assertThatThrownBy(() -> producer("{windowDurationMs: 10001}")).hasMessageContaining("(expected: 1 to 10000)");
        assertThatThrownBy(() -> producer("{maxPerReplica: 0}")).hasMessageContaining("or -1 for any number");
        assertThatThrownBy(() -> producer("{maxBatchSize: -2}")).hasMessageContaining("or -1 for any number");
        assertThatThrownBy(() -> producer("{blockSizeTokens: 0}")).hasMessageContaining("(expected: >= 1)");
        assertThatThrownBy(() -> producer("{maxPrefixTokensToMatch: 63}"))
                .hasMessageContaining("at least blockSizeTokens");
        assertThatThrownBy(() -> producer("{minColocateBlocks: -1}")).hasMessageContaining("(expected: >= 0)");
        assertThatThrownBy(() -> producer("{balanceBy: bytes}")).hasMessageContaining("requests, tokens");
    }

    private void ask(BurstPrefixCacheProducer producer, InferenceRequest request) {
        Candidates candidates = EndpointFixture.idle("a", "b", "c", "d");
        asked.add(candidates);
        answers.add(producer.produceLater(request, candidates).toCompletableFuture());
    }

    private PrefixMatches matches(int position) {
        Candidates candidates = asked.get(position);
        answers.get(position).getNow(null).accept(candidates);
        return candidates.data(DataKeys.prefixMatches("burst"));
    }

    /** Names of the endpoints with a full match, empty where there is none. */
    private List<String> assigned() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            PrefixMatches matches = matches(i);
            Candidates candidates = asked.get(i);
            names.add(String.join("", EndpointFixture.names(candidates.where(c -> matches.ratio(c) == 1.0))));
        }
        return names;
    }

    private BurstPrefixCacheProducer producer(String params) {
        return new BurstPrefixCacheProducer(
                "burst", ParameterBinder.bind(BurstPrefixCacheProducer.Params.class, params), (delay, task) -> {
                    delays.add(delay);
                    tasks.add(task);
                });
    }
}
