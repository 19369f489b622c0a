package io.llmd.kv.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a lane gets to see, whatever its publisher loses, repeats or forgets. */
class LaneFeedTest {

    private static final LaneFeedSettings SETTINGS = LaneFeedSettings.DEFAULT
            .withReplay(Duration.ofSeconds(2), Duration.ofMillis(200), 3)
            .withBuffered(4, 1000);
    private static final LaneFeedSettings KEEPING = SETTINGS.withGapPolicy(GapPolicy.KEEP);

    private final List<String> log = new ArrayList<>();
    private final Target target = new Target();
    private final Replay replay = new Replay();
    private long now = 1_000;

    @Test
    void emptyPublisherIsKnownCompletely() {
        LaneFeed feed = connected(SETTINGS);
        assertThat(feed.state()).isEqualTo(SourceState.CATCHING_UP);
        feed.replayEnded(now);
        live(feed, 0, 1);
        assertThat(log).containsExactly("request 0", "complete", "complete", "batch 0", "batch 1");
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    @Tag("kv-index-34")
    void warmPublisherIsKnownFromWhereItsMemoryBegins() {
        LaneFeed feed = connected(SETTINGS);
        replay(feed, 3000, 3001);
        live(feed, 3001, 3002);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 0", "partial", "batch 3000", "batch 3001", "batch 3002");
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
        assertThat(feed.counters().duplicates()).isEqualTo(1);
        assertThat(feed.counters().lostBatches()).isZero();
    }

    @Test
    @Tag("kv-index-29")
    void gapIsFilledAndTheOrderKept() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, 5, 6, 9);
        assertThat(feed.lagBatches()).isEqualTo(3);
        live(feed, 10);
        replay(feed, 7, 8, 9);
        feed.replayEnded(now);
        live(feed, 11);
        assertThat(log)
                .containsExactly(
                        "batch 5", "batch 6", "request 7", "batch 7", "batch 8", "batch 9", "batch 10", "batch 11");
        assertThat(feed.counters().gaps()).isEqualTo(1);
        assertThat(feed.lagBatches()).isZero();
    }

    @Test
    @Tag("kv-index-36")
    @Tag("bad-input-B90")
    void repeatedBatchesChangeNothing() {
        LaneFeed feed = joined(SETTINGS, 9);
        live(feed, 10, 10, 9, 10, 11);
        assertThat(log).containsExactly("batch 10", "batch 11");
        assertThat(feed.counters().duplicates()).isEqualTo(3);
        assertThat(feed.epoch()).isZero();
    }

    @Test
    void lateBatchThatWasReplayedMeanwhileIsARepetition() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, 6);
        replay(feed, 5, 6);
        feed.replayEnded(now);
        live(feed, 5, 7);
        assertThat(log).containsExactly("request 5", "batch 5", "batch 6", "batch 7");
        assertThat(feed.epoch()).isZero();
    }

    @Test
    void thousandsOfLiveBatchesThatAReplayOvertookAreRepetitions() {
        LaneFeed feed = connected(SETTINGS);
        for (int i = 0; i < 2000; i++) {
            replay(feed, i);
        }
        feed.replayEnded(now);
        for (int i = 100; i < 2000; i++) {
            live(feed, i);
        }
        assertThat(feed.epoch()).isZero();
        assertThat(feed.counters().batches()).isEqualTo(2000);
        assertThat(feed.counters().duplicates()).isEqualTo(1900);
    }

    @Test
    @Tag("kv-index-33")
    @Tag("fault-F39")
    void sequenceThatFallsIsAnotherProcess() {
        LaneFeed feed = joined(SETTINGS, 4999);
        live(feed, 5000);
        live(feed, "new", 0);
        feed.replayEnded(now);
        replay(feed, "new", 0);
        feed.replayEnded(now);
        live(feed, "new", 1);
        assertThat(log)
                .containsExactly(
                        "batch 5000", "request 5000", "epoch 1", "request 0", "complete", "batch 0", "batch 1");
        assertThat(feed.appliedSequence()).isEqualTo(1);
        assertThat(feed.lagBatches()).isZero();
    }

    @Test
    void sameNumberWithOtherBytesIsAnotherProcess() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, 5);
        live(feed, "new", 5);
        replay(feed, "new", 5);
        assertThat(log).containsExactly("batch 5", "request 5", "epoch 1", "request 0");
    }

    @Test
    void batchThatIsLateByThousandsIsARepetitionWhenThePublisherIsTheSame() {
        LaneFeed feed = connected(SETTINGS);
        replayRange(feed, "", 0, 2000);
        feed.replayEnded(now);
        live(feed, 101, 100);
        assertThat(log).endsWith("batch 2000", "request 2000");
        live(feed, 101, 102, 2001);
        replay(feed, 2000, 2001);
        feed.replayEnded(now);
        assertThat(log).endsWith("request 2000", "batch 2001");
        assertThat(feed.epoch()).isZero();
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    @Tag("fault-F39")
    void sequenceThatFallsWhereNobodyReplaysIsAnotherProcessAtOnce() {
        LaneFeed feed = new LaneFeed("a", 0, SETTINGS, target, null);
        feed.connected(now);
        live(feed, 0, 1);
        live(feed, "new", 0, 1);
        assertThat(log).containsExactly("complete", "batch 0", "batch 1", "epoch 1", "complete", "batch 0", "batch 1");
    }

    @Test
    void reconnectionToTheSameProcessGoesOnWhereItStopped() {
        LaneFeed feed = joined(SETTINGS, 50);
        feed.disconnected();
        assertThat(feed.state()).isEqualTo(SourceState.CATCHING_UP);
        feed.connected(now);
        live(feed, 53);
        replay(feed, 50, 51, 52);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 50", "batch 51", "batch 52", "batch 53");
        assertThat(feed.epoch()).isZero();
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    @Tag("kv-index-32")
    void restartThatOvertookIsSeenByTheBytesOfTheLastBatch() {
        LaneFeed feed = joined(SETTINGS, 50);
        feed.disconnected();
        feed.connected(now);
        live(feed, "new", 51);
        replay(feed, "new", 50);
        replay(feed, "new", 0, 1, 2);
        feed.replayEnded(now);
        assertThat(log)
                .containsExactly(
                        "request 50", "epoch 1", "request 0", "complete", "batch 0", "batch 1", "batch 2", "request 3");
        replayRange(feed, "new", 3, 51);
        feed.replayEnded(now);
        assertThat(feed.appliedSequence()).isEqualTo(51);
        assertThat(feed.counters().batches()).isEqualTo(1 + 52);
    }

    @Test
    void restartedProcessWithFewerBatchesHasOnlyAnEndMarker() {
        LaneFeed feed = joined(SETTINGS, 50);
        feed.disconnected();
        feed.connected(now);
        feed.replayEnded(now);
        replay(feed, "new", 0, 1);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 50", "epoch 1", "request 0", "complete", "batch 0", "batch 1");
    }

    @Test
    void lastBatchThatIsForgottenWhileLaterOnesAreKnownIsAnotherEpoch() {
        LaneFeed feed = joined(SETTINGS, 50);
        feed.disconnected();
        feed.connected(now);
        replay(feed, 20_000, 20_001);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 50", "epoch 1", "partial", "batch 20000", "batch 20001");
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    @Tag("kv-index-35")
    @Tag("fault-F38")
    void memoryThatIsTooShortClearsTheLane() {
        LaneFeed feed = joined(SETTINGS, 99);
        live(feed, 200);
        replayRange(feed, "", 180, 200);
        feed.replayEnded(now);
        assertThat(log.subList(0, 4)).containsExactly("request 100", "clear", "partial", "batch 180");
        assertThat(log.getLast()).isEqualTo("batch 200");
        assertThat(feed.counters().lostBatches()).isEqualTo(80);
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    @Tag("kv-index-35")
    void memoryThatIsTooShortLeavesAKeptLaneInDoubt() {
        LaneFeed feed = joined(KEEPING, 99);
        live(feed, 200);
        replayRange(feed, "", 180, 200);
        feed.replayEnded(now);
        assertThat(log.subList(0, 2)).containsExactly("request 100", "batch 180");
        assertThat(log).doesNotContain("clear");
        assertThat(feed.state()).isEqualTo(SourceState.DEGRADED);
    }

    @Test
    @Tag("kv-index-37")
    void replayThatBringsNothingIsTriedThreeTimesAndThenTheLaneIsCleared() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, 7, 8, 9, 10, 11);
        for (int attempt = 1; attempt <= 3; attempt++) {
            pass(feed, Duration.ofMillis(1999));
            assertThat(log).filteredOn("request 5"::equals).hasSize(attempt);
            pass(feed, Duration.ofMillis(1));
            pass(feed, Duration.ofMillis(200));
        }
        assertThat(log)
                .containsExactly(
                        "request 5",
                        "request 5",
                        "request 5",
                        "clear",
                        "partial",
                        "batch 7",
                        "batch 8",
                        "batch 9",
                        "batch 10");
        assertThat(feed.state()).isEqualTo(SourceState.DEGRADED);
        assertThat(feed.counters().lostBatches()).isEqualTo(2);
        assertThat(feed.counters().bufferDrops()).isEqualTo(1);
        assertThat(feed.counters().replayFailures()).isEqualTo(1);
    }

    @Test
    void laneRecoversFromAReplayThatFailedWithTheNextOneThatDoesNot() {
        LaneFeed feed = failed();
        live(feed, 13);
        replay(feed, 11, 12);
        feed.replayEnded(now);
        assertThat(log).endsWith("request 11", "batch 11", "batch 12", "batch 13");
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    private LaneFeed failed() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, 7, 8, 9, 10);
        for (int i = 0; i < 3; i++) {
            feed.replayFailed(now);
            pass(feed, Duration.ofMillis(200));
        }
        assertThat(feed.appliedSequence()).isEqualTo(10);
        return feed;
    }

    @Test
    void waitingBatchesThatAFailedReplayBroughtAreNotAppliedAgain() {
        LaneFeed feed = joined(SETTINGS, 0);
        live(feed, 3, 9);
        replay(feed, 1, 2, 3, 4);
        failThreeTimes(feed);
        assertThat(log)
                .containsExactly(
                        "request 1",
                        "batch 1",
                        "batch 2",
                        "batch 3",
                        "batch 4",
                        "request 5",
                        "request 5",
                        "request 5",
                        "clear",
                        "partial",
                        "batch 9");
        assertThat(feed.epoch()).isZero();
        assertThat(feed.counters().lostBatches()).isEqualTo(4);
    }

    @Test
    void publisherThatFellAndCannotBeAskedIsAnotherProcess() {
        LaneFeed feed = joined(SETTINGS, 50);
        feed.disconnected();
        feed.connected(now);
        live(feed, "new", 7, 8);
        failThreeTimes(feed);
        assertThat(log)
                .containsExactly(
                        "request 50",
                        "request 50",
                        "request 50",
                        "epoch 1",
                        "partial",
                        "partial",
                        "batch 7",
                        "batch 8");
    }

    private void failThreeTimes(LaneFeed feed) {
        for (int i = 0; i < 4 && feed.state() == SourceState.CATCHING_UP; i++) {
            feed.replayFailed(now);
            pass(feed, Duration.ofMillis(200));
        }
    }

    @Test
    void replayThatStopsInBetweenIsGoneOnWith() {
        LaneFeed feed = joined(SETTINGS, 0);
        live(feed, 30);
        for (int next = 1; next < 30; next++) {
            replay(feed, next);
            feed.replayFailed(now);
        }
        replay(feed, 30);
        feed.replayEnded(now);
        assertThat(feed.counters().replayFailures()).isZero();
        assertThat(feed.counters().batches()).isEqualTo(31);
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    void answersThatARouterDroppedAreAskedForAgain() {
        LaneFeed feed = joined(SETTINGS, 0);
        live(feed, 8);
        replay(feed, 1, 2, 6);
        assertThat(log).endsWith("batch 2", "request 3");
        replay(feed, 3, 4, 5, 6, 7, 8);
        feed.replayEnded(now);
        assertThat(feed.appliedSequence()).isEqualTo(8);
        assertThat(feed.counters().lostBatches()).isZero();
    }

    @Test
    void manyGapsAmongWaitingBatchesEndWithTheFirstReplayThatFails() {
        LaneFeed feed = joined(SETTINGS.withBuffered(10_000, 1 << 20), 0);
        for (int i = 1; i <= 10_000; i++) {
            live(feed, 2L * i);
        }
        for (int i = 0; i < 3; i++) {
            feed.replayFailed(now);
            pass(feed, Duration.ofMillis(200));
        }
        assertThat(feed.appliedSequence()).isEqualTo(20_000);
        assertThat(feed.counters().lostBatches()).isEqualTo(10_000);
    }

    @Test
    void sourceThatCannotReplayIsPartialAndGapsClearIt() {
        LaneFeed feed = new LaneFeed("a", 0, SETTINGS, target, null);
        feed.connected(now);
        live(feed, 7, 8, 8, 10);
        assertThat(log).containsExactly("partial", "batch 7", "batch 8", "clear", "partial", "batch 10");
        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
        assertThat(feed.counters().duplicates()).isEqualTo(1);
    }

    @Test
    void sourceThatCannotReplayAndIsSeenFromItsFirstBatchIsComplete() {
        LaneFeed feed = new LaneFeed("a", 0, SETTINGS, target, null);
        feed.connected(now);
        live(feed, 0, 1);
        feed.disconnected();
        feed.connected(now);
        live(feed, 2);
        feed.disconnected();
        feed.connected(now);
        live(feed, "new", 0);
        assertThat(log).containsExactly("complete", "batch 0", "batch 1", "batch 2", "epoch 1", "complete", "batch 0");
    }

    @Test
    void storagePublisherBeginsWithOne() {
        LaneFeed feed = connected(SETTINGS.withFirstSequence(1));
        replay(feed, 1);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 1", "complete", "batch 1");
    }

    @Test
    @Tag("kv-index-63")
    void batchOfAnotherRankIsCounted() {
        LaneFeed feed = joined(SETTINGS, 4);
        target.rank = 1;
        live(feed, 5);
        target.rank = 0;
        live(feed, 6);
        target.rank = -1;
        live(feed, 7);
        assertThat(feed.counters().rankMismatches()).isEqualTo(1);
    }

    @Test
    void batchThatTheTargetFailsOnIsNotTriedForEver() {
        LaneFeed feed = joined(SETTINGS, 4);
        target.failure = new IllegalStateException("broken");
        live(feed, 5);
        target.failure = null;
        live(feed, 6);
        assertThat(log).containsExactly("batch 5", "clear", "partial", "batch 6");
        assertThat(feed.counters().targetFailures()).isEqualTo(1);
    }

    @Test
    void sequenceThatIsNoneIsCounted() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, -1, Long.MIN_VALUE);
        assertThat(feed.counters().malformed()).isEqualTo(2);
        assertThat(log).isEmpty();
    }

    @Test
    void sequenceFarAheadHealsItself() {
        LaneFeed feed = joined(SETTINGS, 4);
        live(feed, Long.MAX_VALUE - 1);
        for (int i = 0; i < 3; i++) {
            feed.replayEnded(now);
            pass(feed, Duration.ofMillis(200));
        }
        live(feed, 5);
        feed.replayEnded(now);
        replay(feed, 0, 1, 2, 3, 4, 5);
        feed.replayEnded(now);
        assertThat(feed.appliedSequence()).isEqualTo(5);
        assertThat(feed.epoch()).isEqualTo(1);
    }

    @Test
    void resumedFeedGoesOnBehindTheBatchThatItKnowsOf() {
        LaneFeed feed = resumed(7);
        replay(feed, 7, 8);
        feed.replayEnded(now);
        live(feed, 9);
        assertThat(log).containsExactly("request 7", "batch 8", "batch 9");
        assertThat(feed.epoch()).isEqualTo(3);
        assertThat(feed.counters().epochs()).isZero();
    }

    @Test
    void resumedFeedOfAnotherProcessBeginsAnEpoch() {
        LaneFeed feed = resumed(7);
        replay(feed, "other", 7);
        replay(feed, "other", 0, 1);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 7", "epoch 4", "request 0", "complete", "batch 0", "batch 1");
    }

    @Test
    void resumedFeedWithoutABatchAsksForEverything() {
        LaneFeed feed = new LaneFeed("a", 0, SETTINGS, target, replay);
        feed.resume(new FeedPosition(3, -1, 0));
        feed.connected(now);
        replay(feed, 0);
        feed.replayEnded(now);
        assertThat(log).containsExactly("request 0", "complete", "batch 0");
        assertThat(feed.epoch()).isEqualTo(3);
    }

    private LaneFeed resumed(long sequence) {
        byte[] payload = payload("", sequence);
        LaneFeed feed = new LaneFeed("a", 0, SETTINGS, target, replay);
        feed.resume(new FeedPosition(3, sequence, FeedPosition.hash(payload, 2, payload.length - 2)));
        feed.connected(now);
        return feed;
    }

    private LaneFeed connected(LaneFeedSettings settings) {
        LaneFeed feed = new LaneFeed("a", 0, settings, target, replay);
        feed.connected(now);
        return feed;
    }

    /** A feed that has applied one batch; what it did until then is left out of the log. */
    private LaneFeed joined(LaneFeedSettings settings, long applied) {
        LaneFeed feed = connected(settings);
        replay(feed, applied);
        feed.replayEnded(now);
        log.clear();
        return feed;
    }

    private void pass(LaneFeed feed, Duration duration) {
        now += duration.toNanos();
        feed.tick(now);
    }

    private void live(LaneFeed feed, long... sequences) {
        live(feed, "", sequences);
    }

    private void live(LaneFeed feed, String process, long... sequences) {
        for (long sequence : sequences) {
            byte[] payload = payload(process, sequence);
            feed.live(now, sequence, payload, 2, payload.length - 2);
        }
    }

    private void replay(LaneFeed feed, long... sequences) {
        replay(feed, "", sequences);
    }

    private void replay(LaneFeed feed, String process, long... sequences) {
        for (long sequence : sequences) {
            byte[] payload = payload(process, sequence);
            feed.replayed(now, sequence, payload, 2, payload.length - 2);
        }
    }

    private void replayRange(LaneFeed feed, String process, long first, long last) {
        for (long sequence = first; sequence <= last; sequence++) {
            replay(feed, process, sequence);
        }
    }

    private static byte[] payload(String process, long sequence) {
        return ("[[" + process + sequence + "]]").getBytes(StandardCharsets.US_ASCII);
    }

    private final class Target implements LaneTarget {
        private int rank;
        private @Nullable RuntimeException failure;

        @Override
        public int batch(long sequence, byte[] payload, int from, int to) {
            log.add("batch " + sequence);
            assertThat(new String(payload, from, to - from, StandardCharsets.US_ASCII))
                    .endsWith(Long.toString(sequence));
            if (failure != null) {
                throw failure;
            }
            return rank;
        }

        @Override
        public void newEpoch(int epoch) {
            log.add("epoch " + epoch);
        }

        @Override
        public void clear() {
            log.add("clear");
        }

        @Override
        public void coverage(boolean isComplete) {
            log.add(isComplete ? "complete" : "partial");
        }
    }

    private final class Replay implements ReplayPort {
        private boolean isOpen;

        @Override
        public void request(long fromSequence) {
            assertThat(isOpen).isFalse();
            isOpen = true;
            log.add("request " + fromSequence);
        }

        @Override
        public void cancel() {
            isOpen = false;
        }
    }
}
