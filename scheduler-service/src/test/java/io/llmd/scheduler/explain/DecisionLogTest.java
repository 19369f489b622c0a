package io.llmd.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.ScheduleRejection.Reason;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecisionLogTest {

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2030-01-01T00:00:00Z"));
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    @Test
    void theOldestRecordsGoWhenThereAreTooMany() {
        DecisionLog log = log(1, 3, 1 << 20);
        for (int i = 1; i <= 10; i++) {
            add(log, "r" + i);
        }
        assertThat(ids(log)).containsExactly("r10", "r9", "r8");
        assertThat(log.size()).isEqualTo(3);
    }

    @Test
    void theOldestRecordsGoWhenTheyHoldOnToTooMuch() {
        DecisionLog log = log(1, 1000, 20_000);
        for (int i = 1; i <= 500; i++) {
            add(log, "r" + i);
            assertThat(log.sizeBytes()).isLessThan(20_000 + 1_000);
        }
        assertThat(log.size()).isBetween(10, 60);
        assertThat(ids(log)).first().isEqualTo("r500");
    }

    @Test
    void oldRecordsAreNotShownAndGo() {
        DecisionLog log = log(1, 10, 1 << 20);
        add(log, "old");
        now.set(now.get().plus(Duration.ofMinutes(5)));
        add(log, "new");
        now.set(now.get().plus(Duration.ofMinutes(5)));
        assertThat(ids(log)).containsExactly("new");
        log.expire();
        assertThat(log.size()).isEqualTo(1);
        now.set(now.get().plus(Duration.ofMinutes(10)));
        log.expire();
        assertThat(log.size()).isZero();
        assertThat(log.sizeBytes()).isZero();
    }

    @Test
    void theShareOfTheSampleIsKeptAndAllAttemptsOfARequestAreInItOrNone() {
        DecisionLog log = log(0.1, 10, 1 << 20);
        List<String> sampled = IntStream.range(0, 20_000)
                .mapToObj(i -> "request-" + i)
                .filter(id -> log.begin(id, 0) != null)
                .toList();
        assertThat(sampled.size()).isBetween(1_800, 2_200);
        assertThat(sampled).allMatch(id -> log.begin(id, 0) != null);
        assertThat(log(0, 1, 1).begin("r", 0)).isNull();
        assertThat(IntStream.range(0, 10_000).allMatch(i -> log(1, 1, 1).begin("" + i, 0) != null))
                .isTrue();
    }

    @Test
    void pagesFollowOneAnother() {
        DecisionLog log = log(1, 10, 1 << 20);
        for (int i = 1; i <= 5; i++) {
            add(log, "r" + i);
        }
        List<DecisionRecord> page = log.newest(record -> true, Long.MAX_VALUE, 2);
        assertThat(page).extracting(DecisionRecord::requestId).containsExactly("r5", "r4");
        assertThat(log.newest(record -> true, page.getLast().number(), 2))
                .extracting(DecisionRecord::requestId)
                .containsExactly("r3", "r2");
        assertThat(log.newest(record -> record.requestId().equals("r1"), Long.MAX_VALUE, 2))
                .hasSize(1);
    }

    @Test
    void neitherPromptsNorKeysAreKept() {
        DecisionLog log = log(1, 10, 1 << 20);
        DecisionRecord record = add(log, "r");
        RecordedRequest request = record.recorded();
        assertThat(request.headers()).containsOnlyKeys("x-mine", "x-llm-d-inference-objective");
        assertThat(request.promptTokens()).containsExactly(2);
        assertThat(request.again("r", 0, new byte[8])
                        .body()
                        .prompts()
                        .getFirst()
                        .bytes())
                .containsOnly(0);
        assertThat(request.again("r", 0, new byte[8]).body().cacheSalt()).isEmpty();
    }

    @Test
    void columnsThatProducersWroteAreKeptAndRestoredUnderOtherNamesToo() {
        DecisionLog log = log(1, 10, 1 << 20);
        Matches producer = new Matches("first");
        Candidates candidates = EndpointFixture.idle("a", "b");
        producer.produce(request("r"), candidates);
        DecisionRecord record = log.rejected(
                recording(log, "r"),
                "r",
                request("r"),
                plan(producer),
                candidates,
                new Explanation.Verdict.Rejected(Reason.SATURATED, "full"));
        assertThat(record.explanation().candidates())
                .extracting(ExplainedCandidate::matchedBlocks)
                .containsExactly(0, 1);

        Candidates again = record.candidatesAgain();
        Matches other = new Matches("second");
        assertThat(record.data().restore(plan(other), again)).isEmpty();
        PrefixMatches restored = again.data(DataKeys.prefixMatches("second"));
        assertThat(restored).isNotNull();
        assertThat(restored.matchBlocks(1)).isEqualTo(1);
    }

    @Test
    void listenersHearOfRecords() {
        add(log(1, 10, 1 << 20), "r");
        assertThat(heard).containsExactly("r");
    }

    @Test
    void manyThreadsLeaveTheCountOfBytesRight() throws InterruptedException {
        DecisionLog log = log(1, 64, 40_000);
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(t -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        add(log, t + "-" + i);
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        long held = log.newest(record -> true, Long.MAX_VALUE, 1000).stream()
                .mapToLong(DecisionRecord::bytes)
                .sum();
        assertThat(log.sizeBytes()).isGreaterThanOrEqualTo(held).isLessThan(42_000);
        now.set(now.get().plus(Duration.ofHours(1)));
        log.expire();
        assertThat(log.size()).isLessThanOrEqualTo(4);
    }

    @Test
    void badBoundsAreRefused() {
        assertThatThrownBy(() -> log(1.5, 1, 1)).hasMessage("sampleRate: 1.5 (expected: in [0, 1])");
        assertThatThrownBy(() -> log(Double.NaN, 1, 1)).hasMessageStartingWith("sampleRate");
        assertThatThrownBy(() -> log(1, 0, 1)).hasMessageStartingWith("maxRecords: 0");
    }

    private DecisionLog log(double sampleRate, int maxRecords, long maxBytes) {
        return new DecisionLog(
                new DecisionLog.Settings(
                        sampleRate, 1_000_000, maxRecords, maxBytes, Duration.ofMinutes(10), Set.of("x-mine")),
                Map::of,
                List.of(record -> heard.add(record.requestId())),
                now::get,
                () -> 0);
    }

    private static List<String> ids(DecisionLog log) {
        return log.newest(record -> true, Long.MAX_VALUE, 1000).stream()
                .map(DecisionRecord::requestId)
                .toList();
    }

    private static DecisionRecord add(DecisionLog log, String id) {
        return log.rejected(
                recording(log, id),
                id,
                request(id),
                null,
                null,
                new Explanation.Verdict.Rejected(Reason.SATURATED, "full"));
    }

    private static DecisionRecording recording(DecisionLog log, String id) {
        @Nullable DecisionRecording recording = log.begin(id, 0);
        assertThat(recording).isNotNull();
        return recording;
    }

    private static InferenceRequest request(String id) {
        byte[] text = "a prompt".getBytes(StandardCharsets.UTF_8);
        RequestBody body = new RequestBody(
                RequestBody.Api.COMPLETIONS, "m", false, -1, List.of(new Prompt(text, 8)), "salt", text.length);
        Map<String, String> headers = Map.of(
                "authorization", "Bearer key",
                "x-session-token", "token",
                "x-llmd-key-id", "id",
                "cookie", "c",
                "x-mine", "kept",
                "x-llm-d-inference-objective", "urgent");
        return new InferenceRequest(id, "m", body, headers, 0, "default-flow", 0, DecisionRandom.of(id));
    }

    private static SchedulingPlan plan(Matches producer) {
        SchedulingProfile profile = new SchedulingProfile(
                "p", List.of(), List.of(), new NamedPlugin<>("picker", (r, c, totals) -> new int[] {0}));
        return new SchedulingPlan(
                List.of(),
                List.of(new NamedPlugin<>(producer.name(), producer)),
                List.of(),
                Map.of("p", profile),
                new NamedPlugin<>("handler", new NeverAsked()),
                List.of(),
                List.of(),
                Map.of());
    }

    private static final class NeverAsked implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            throw new AssertionError("not asked");
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            throw new AssertionError("not asked");
        }
    }

    private record Matches(String name) implements DataProducer {
        @Override
        public List<io.llmd.scheduler.scheduling.DataKey<?>> produces() {
            return List.of(DataKeys.prefixMatches(name));
        }

        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            PrefixMatches matches = new PrefixMatches(candidates.slotCount());
            for (int slot = 0; slot < candidates.slotCount(); slot++) {
                matches.set(slot, slot, 4, 64);
            }
            candidates.put(DataKeys.prefixMatches(name), matches);
        }
    }
}
