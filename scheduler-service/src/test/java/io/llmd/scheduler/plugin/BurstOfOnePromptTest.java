package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.ingest.FeedCounters;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.scheduler.plugin.Trial.Request;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.scheduling.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Row 68, through all of a decision: equal prompts come faster than engines can tell of the first one. */
class BurstOfOnePromptTest {

    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - name: precise
                type: precise-prefix-cache-producer
                parameters: {tokenProcessorConfig: {hashAlgorithm: xxh64}, speculativeIndexing: %s}
              - {name: cache, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: precise}}
              - {name: queue, type: queue-scorer}
              - name: guard
                type: utilization-filter
                parameters: {conditions: [{metric: waiting-queue, maxValue: 20}]}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - name: default
                plugins: [{pluginRef: guard}, {pluginRef: cache, weight: 3}, {pluginRef: queue}, {pluginRef: best}]
            """;
    private static final FeedCounters NOTHING = new FeedCounters(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    private static final Prompt PROMPT = Prompt.exact(IntStream.range(0, 320).toArray(), List.of());

    private final AtomicLong nanos = new AtomicLong();

    @Test
    @Tag("kv-index-68")
    void theOtherNineFollowTheFirstThatWentByLoad() {
        Trial trial = trial(true).over(endpoint("a", 6, 0, 0), endpoint("b", 1, 0, 0), endpoint("c", 3, 0, 0));

        assertThat(burst(trial, 10)).containsOnly("b").hasSize(10);
    }

    @Test
    void withoutSpeculationNothingHoldsThemTogether() {
        Trial trial = trial(false).over(endpoint("a", 6, 0, 0), endpoint("b", 1, 0, 0), endpoint("c", 3, 0, 0));
        String first = burst(trial, 1).getFirst();

        trial.over(endpoint("a", 6, 0, 0), endpoint("b", 10, 0, 0), endpoint("c", 3, 0, 0));

        assertThat(first).isEqualTo("b");
        assertThat(burst(trial, 9)).containsOnly("c");
    }

    @Test
    @Tag("kv-index-68")
    void whatTheLoadGuardRejectsGoesElsewhereAndStaysTogetherThere() {
        Trial trial = trial(true).over(endpoint("a", 6, 0, 0), endpoint("b", 1, 0, 0), endpoint("c", 3, 0, 0));
        List<String> before = burst(trial, 4);

        trial.over(endpoint("a", 6, 0, 0), endpoint("b", 21, 0, 0), endpoint("c", 3, 0, 0));

        assertThat(before).containsOnly("b");
        assertThat(burst(trial, 6)).containsOnly("c");
    }

    @Test
    void aLongerQueueBelowTheGuardDoesNotPartThem() {
        Trial trial = trial(true).over(endpoint("a", 6, 0, 0), endpoint("b", 1, 0, 0), endpoint("c", 3, 0, 0));
        burst(trial, 4);

        trial.over(endpoint("a", 0, 0, 0), endpoint("b", 19, 0, 0), endpoint("c", 3, 0, 0));

        assertThat(burst(trial, 6))
                .as("three for the prefix against one for the queue")
                .containsOnly("b");
    }

    @Test
    void whenTheirTimeIsOverLoadDecidesAgain() {
        Trial trial = trial(true).over(endpoint("a", 6, 0, 0), endpoint("b", 1, 0, 0), endpoint("c", 3, 0, 0));
        burst(trial, 10);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(3));

        trial.over(endpoint("a", 0, 0, 0), endpoint("b", 9, 0, 0), endpoint("c", 3, 0, 0));

        assertThat(burst(trial, 10)).containsOnly("a");
    }

    private Trial trial(boolean isSpeculative) {
        return new Trial(
                        "burst",
                        CONFIG.formatted(isSpeculative),
                        store -> EngineIndexes.handed(store, SilentEngines::new, nanos::get))
                .started();
    }

    /** Decides for the same prompt again and again, five milliseconds apart. */
    private List<String> burst(Trial trial, int requests) {
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(5));
            chosen.add(trial.decide(new Request("r" + nanos.get(), PROMPT, Map.of(), 0, new long[0]))
                    .primary());
        }
        return chosen;
    }

    /** All is known of engines, and they have not stored anything. */
    private static final class SilentEngines implements EventSources {
        private final List<ZmqSource> sources = new ArrayList<>();

        @Override
        public void add(ZmqSource source, LaneTarget target, FeedPosition from) {
            sources.add(source);
            target.coverage(true);
        }

        @Override
        public CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public CompletableFuture<Void> remove(String endpoint, int rank) {
            sources.removeIf(each -> each.endpoint().equals(endpoint) && each.rank() == rank);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public List<SourceStatus> sources() {
            return sources.stream()
                    .map(source ->
                            new SourceStatus(source, SourceState.EXACT, true, -1, 0, 0, 0, null, null, 0, NOTHING))
                    .toList();
        }

        @Override
        public void close() {
            sources.clear();
        }
    }
}
