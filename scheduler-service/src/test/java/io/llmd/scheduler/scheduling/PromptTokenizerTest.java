package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.scheduling.SchedulingProfileTest.RecordingFaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PromptTokenizerTest {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Prompt EXACT = Prompt.exact(new int[] {5, 6, 7}, List.of());

    private final RecordingFaults faults = new RecordingFaults();
    private final Scheduler scheduler = new Scheduler(faults);
    private final InferenceRequest estimated = request("m", 40);

    @Test
    void exactTokensStandInPlaceOfTheEstimate() {
        CompletableFuture<List<Prompt>> tokens = new CompletableFuture<>();
        CompletableFuture<InferenceRequest> tokenized = tokenize(LONG, tokens);
        assertThat(tokenized).isNotDone();
        tokens.complete(List.of(EXACT));

        assertThat(tokenized.join().body().promptTokens()).isEqualTo(3);
        assertThat(tokenized.join().body().isExact()).isTrue();
        assertThat(tokenized.join().requestId()).isEqualTo(estimated.requestId());
        assertThat(faults.events).isEmpty();
    }

    @Test
    void aFailureLeavesTheEstimateAndIsNamed() {
        CompletableFuture<List<Prompt>> broken = CompletableFuture.failedFuture(new IllegalStateException("no answer"));
        assertThat(tokenize(LONG, broken).join()).isSameAs(estimated);
        assertThat(estimated.body().isExact()).isFalse();
        assertThat(faults.events).containsExactly("failed tokens no answer");
    }

    @Test
    void tokensThatComeTooLateLeaveTheEstimate() {
        CompletableFuture<List<Prompt>> never = new CompletableFuture<>();
        assertThat(tokenize(Duration.ofMillis(1), never).join()).isSameAs(estimated);
        assertThat(faults.events).containsExactly("failed tokens the data took longer than the producer may");
        assertThat(never).isNotDone();
    }

    @Test
    void aTokenizerThatThrowsLeavesTheEstimate() {
        PromptTokenizer broken = new Tokenizer(LONG, null) {
            @Override
            public CompletionStage<List<Prompt>> tokenize(InferenceRequest request) {
                throw new IllegalStateException("boom");
            }
        };
        assertThat(scheduler
                        .tokenize(plan(broken), estimated, DecisionRecorder.NONE)
                        .toCompletableFuture()
                        .join())
                .isSameAs(estimated);
        assertThat(faults.events).containsExactly("failed tokens boom");
    }

    @Test
    void nothingToDoAndNothingExactAreNoFailures() {
        assertThat(tokenize(LONG, null).join()).isSameAs(estimated);
        assertThat(tokenize(LONG, CompletableFuture.completedFuture(List.of())).join())
                .isSameAs(estimated);
        assertThat(faults.events).isEmpty();
    }

    @Test
    void anotherNumberOfPromptsIsAFailure() {
        assertThat(tokenize(LONG, CompletableFuture.completedFuture(List.of(EXACT, EXACT)))
                        .join())
                .isSameAs(estimated);
        assertThat(faults.events).containsExactly("failed tokens prompts: 2 (expected: 1)");
    }

    @Test
    void aPlanWithoutTokenizerGoesOnAtOnce() {
        assertThat(scheduler
                        .tokenize(plan(null), estimated, DecisionRecorder.NONE)
                        .toCompletableFuture())
                .isCompletedWithValue(estimated);
    }

    @Test
    void aTokenizerThatFailsAgainAndAgainIsLeftAloneForAWhile() {
        SchedulingPlan plan =
                plan(new Tokenizer(LONG, CompletableFuture.failedFuture(new IllegalStateException("no answer"))));
        for (int i = 0; i < 12; i++) {
            assertThat(scheduler
                            .tokenize(plan, estimated, DecisionRecorder.NONE)
                            .toCompletableFuture()
                            .join())
                    .isSameAs(estimated);
        }
        assertThat(faults.events).filteredOn("failed tokens no answer"::equals).hasSize(10);
    }

    @Test
    void theRecordNamesTheTokenizerThatFailed() {
        DecisionRecording recording = new DecisionRecording(() -> 0, 0);
        scheduler.tokenize(
                plan(new Tokenizer(LONG, CompletableFuture.failedFuture(new IllegalStateException("no answer")))),
                estimated,
                recording);
        assertThat(recording).extracting("leftOut").isEqualTo(List.of("tokens"));
    }

    private CompletableFuture<InferenceRequest> tokenize(
            Duration timeout, @Nullable CompletableFuture<List<Prompt>> tokens) {
        return scheduler
                .tokenize(plan(new Tokenizer(timeout, tokens)), estimated, DecisionRecorder.NONE)
                .toCompletableFuture();
    }

    private static SchedulingPlan plan(@Nullable PromptTokenizer tokenizer) {
        SchedulingProfile profile = new SchedulingProfile(
                "p", List.of(), List.of(), new NamedPlugin<>("picker", (r, c, totals) -> new int[] {0}));
        return new SchedulingPlan(
                List.of(),
                tokenizer == null ? null : new NamedPlugin<>("tokens", tokenizer),
                List.of(),
                List.of(),
                List.of(),
                Map.of("p", profile),
                new NamedPlugin<>("handler", new OneProfile()),
                List.of(),
                List.of(),
                Map.of());
    }

    private static class Tokenizer implements PromptTokenizer {
        private final Duration timeout;
        private final @Nullable CompletableFuture<List<Prompt>> tokens;

        Tokenizer(Duration timeout, @Nullable CompletableFuture<List<Prompt>> tokens) {
            this.timeout = timeout;
            this.tokens = tokens;
        }

        @Override
        public Duration tokenizeTimeout(InferenceRequest request) {
            return timeout;
        }

        @Override
        public @Nullable CompletionStage<List<Prompt>> tokenize(InferenceRequest request) {
            return tokens;
        }
    }

    private record OneProfile() implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return results.isEmpty() ? List.of("p") : List.of();
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            return new SchedulingOutcome.Scheduled("p", Map.of("p", (ProfileOutcome.Picked) results.get("p")));
        }
    }
}
