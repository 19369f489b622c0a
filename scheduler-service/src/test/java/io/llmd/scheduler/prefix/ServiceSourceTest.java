package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.key.KeyMode;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An index that is asked over HTTP: answers in time count, and nothing else holds a decision up. */
class ServiceSourceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final long[][] PROMPT = {{11, 12, 13, 14}};
    private static final EndpointMetadata A = new EndpointMetadata("ns/a", "a", "127.0.0.1", 8000, 8000, Map.of(), 0);

    private final FakeIndexService service = new FakeIndexService();
    private final Candidates candidates = Candidates.of(endpoint(A), endpoint(other()));
    private PrefixSource source;

    @AfterEach
    void stop() {
        source.close();
        service.close();
    }

    @Test
    void anAnswerInTimeTellsBlocksByTierOfTheEndpointsThatItNames() {
        source = open(Duration.ofSeconds(20), 8);
        HeldBlocks held = awaitHeld();
        assertThat(held.blocks(0)).isEqualTo(3);
        assertThat(held.blocks(0, StorageTier.CPU)).isEqualTo(1);
        assertThat(held.inHostMemory(0)).isEqualTo(3);
        assertThat(held.blocks(1)).isZero();
        assertThat(source.views()).containsOnlyKeys("ns/a");
        assertThat(source.views().get("ns/a").isExact()).isTrue();
        assertThat(source.views().get("ns/a").lagBatches()).isEqualTo(2);
    }

    @Test
    @Tag("fault-F35")
    void aLateAnswerIsNotWaitedForAndSeveralInARowEndTheQuestions() {
        // Polls open the way again, so there is one only.
        source = open(Duration.ofMillis(5), 100, Duration.ofMinutes(1));
        await("the service is known").until(() -> !source.views().isEmpty());
        service.gate = new CountDownLatch(1);
        for (int i = 0; i < 8; i++) {
            assertThat(reason(source.match(PROMPT, candidates))).isEqualTo(Fallback.LATE);
        }
        CompletableFuture<IndexAnswer> ninth = source.match(PROMPT, candidates);
        assertThat(ninth).isDone();
        assertThat(reason(ninth)).isEqualTo(Fallback.LATE);
        assertThat(service.queries).hasValueLessThanOrEqualTo(8);
    }

    @Test
    void moreQuestionsThanTheBoundAreNotAsked() {
        source = open(Duration.ofSeconds(20), 1);
        awaitHeld();
        service.gate = new CountDownLatch(1);
        CompletableFuture<IndexAnswer> first = source.match(PROMPT, candidates);
        assertThat(reason(source.match(PROMPT, candidates))).isEqualTo(Fallback.OVERLOADED);
        service.gate.countDown();
        assertThat(first.join()).isInstanceOf(IndexAnswer.Held.class);
        await("its place is free again")
                .until(() -> source.match(PROMPT, candidates).join() instanceof IndexAnswer.Held);
    }

    @Test
    @Tag("fault-F35")
    void aServiceThatFailsOrIsNotReadyOrKnowsOtherKeysIsNotBelieved() {
        source = open(Duration.ofSeconds(20), 8);
        awaitHeld();
        service.matchStatus = 503;
        assertThat(reason(source.match(PROMPT, candidates))).isEqualTo(Fallback.UNREACHABLE);
        service.matchStatus = 200;
        service.isReady = false;
        awaitReason(Fallback.NOT_READY);
        service.isReady = true;
        awaitHeld();
        service.keyMode = "fold64";
        awaitReason(Fallback.NOT_READY);
        service.keyMode = "xxh64";
        awaitHeld();
        service.close();
        awaitReason(Fallback.UNREACHABLE);
    }

    /** Row 59: what nothing was heard of for five seconds counts half, for thirty nothing. */
    @Test
    @Tag("kv-index-59")
    @Tag("fault-F36")
    void aSilentLaneCountsHalfAndThenNothing() {
        source = open(Duration.ofSeconds(20), 8);
        awaitHeld();
        service.sourceState = "silent";
        service.lagMillis = 6_000;
        await().until(() -> source.views().get("ns/a").trust() == 0.5);
        assertThat(source.views().get("ns/a").isExact()).isFalse();
        service.lagMillis = 31_000;
        await().until(() -> source.views().get("ns/a").trust() == 0);
    }

    @Test
    void anAnswerWhoseBodyDoesNotComeIsGivenUpAndItsPlaceIsFree() {
        source = open(Duration.ofSeconds(20), 1);
        awaitHeld();
        service.stalledPath = "/v1/prefix-matches";
        assertThat(reason(source.match(PROMPT, candidates))).isEqualTo(Fallback.UNREACHABLE);
        service.stalledPath = "none";
        assertThat(source.match(PROMPT, candidates).join()).isInstanceOf(IndexAnswer.Held.class);
        service.stalledPath = "/v1/stats";
        awaitReason(Fallback.UNREACHABLE);
        service.stalledPath = "none";
        awaitHeld();
    }

    @Test
    void nothingIsKnownOfALaneWhileAnotherHasItsName() {
        source = open(Duration.ofSeconds(20), 8);
        awaitHeld();
        service.hasTwoLanesOfOneName = true;
        await().until(() -> source.views().isEmpty());
        // The answer names the lane with blocks alone, which may be that of the engine before.
        assertThat(awaitHeld().blocks(0)).isZero();
        service.hasTwoLanesOfOneName = false;
        await().until(() -> source.views().containsKey("ns/a"));
    }

    @Test
    void questionsAreAnsweredAfterTheEndToo() {
        source = open(Duration.ofSeconds(20), 8);
        awaitHeld();
        service.gate = new CountDownLatch(1);
        CompletableFuture<IndexAnswer> asked = source.match(PROMPT, candidates);
        source.close();
        assertThat(reason(asked)).isEqualTo(Fallback.UNREACHABLE);
        assertThat(reason(source.match(PROMPT, candidates))).isEqualTo(Fallback.UNREACHABLE);
    }

    private HeldBlocks awaitHeld() {
        HeldBlocks[] held = new HeldBlocks[1];
        await("the service is asked").atMost(PATIENCE).untilAsserted(() -> {
            assertThat(source.match(PROMPT, candidates).join()).isInstanceOf(IndexAnswer.Held.class);
            held[0] = ((IndexAnswer.Held) source.match(PROMPT, candidates).join())
                    .prompts()
                    .getFirst();
        });
        return held[0];
    }

    private void awaitReason(Fallback reason) {
        await("reason " + reason).atMost(PATIENCE).untilAsserted(() -> {
            IndexAnswer answer = source.match(PROMPT, candidates).join();
            assertThat(answer).isEqualTo(new IndexAnswer.Unavailable(reason));
        });
    }

    private static Fallback reason(CompletableFuture<IndexAnswer> answer) {
        assertThat(answer.join()).isInstanceOf(IndexAnswer.Unavailable.class);
        return ((IndexAnswer.Unavailable) answer.join()).reason();
    }

    private PrefixSource open(Duration deadline, int maxCalls) {
        return open(deadline, maxCalls, Duration.ofMillis(50));
    }

    private PrefixSource open(Duration deadline, int maxCalls, Duration poll) {
        EngineEvents events = new EngineEvents(KeyMode.XXH64, "", "m", 4, true, 8 << 20, "", 5557, 0, Map.of(), "");
        PrefixSource opened =
                new ServiceSource(events, new KvIndexSource.Service(service.url(), deadline, poll, maxCalls));
        opened.follow(A);
        opened.follow(other());
        return opened;
    }

    private static EndpointMetadata other() {
        return new EndpointMetadata("ns/b", "b", "127.0.0.2", 8000, 8000, Map.of(), 0);
    }

    private static Endpoint endpoint(EndpointMetadata metadata) {
        return new Endpoint(metadata, EndpointMetrics.UNKNOWN, EndpointAttributes.NONE, false);
    }
}
