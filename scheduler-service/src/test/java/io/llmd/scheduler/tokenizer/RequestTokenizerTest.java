package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class RequestTokenizerTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final TokenFixture heard = new TokenFixture();
    private final AtomicLong nanos = new AtomicLong();
    private final Source source = new Source();
    private final RequestTokenizer tokenizer = new RequestTokenizer("tokens", source, 1, 1 << 20, heard, nanos::get);

    @AfterEach
    void close() {
        source.release.countDown();
        tokenizer.close();
    }

    @Test
    void anEqualRequestHasTheTokensThatAreKnown() {
        tokenizer.start();
        List<Prompt> first = tokens("hello");
        assertThat(first).singleElement().extracting(Prompt::tokens).isEqualTo(5);
        assertThat(tokens("hello")).isSameAs(first);
        assertThat(tokens("hi")).singleElement().extracting(Prompt::tokens).isEqualTo(2);
        assertThat(source.asked).containsExactly("hello", "hi");
        assertThat(heard.events)
                .containsExactly(
                        "REQUESTS 0/1",
                        "tokens TOKENIZED",
                        "REQUESTS 1/1",
                        "tokens CACHED",
                        "REQUESTS 0/1",
                        "tokens TOKENIZED");
    }

    @Test
    void whatIsKnownEndsAfterFiveMinutes() {
        tokenizer.start();
        tokens("hello");
        nanos.addAndGet(Duration.ofMinutes(5).toNanos());
        tokens("hello");
        nanos.addAndGet(1);
        tokens("hello");
        assertThat(source.asked).containsExactly("hello", "hello");
    }

    @Test
    void tokensThatMayChangeAreNotKept() {
        tokenizer.start();
        source.isStable = false;
        tokens("hello");
        tokens("hello");
        assertThat(source.asked).containsExactly("hello", "hello");
    }

    @Test
    void exactTokensOfTheClientNeedNoTokenizer() {
        tokenizer.start();
        RequestBody ids = TokenFixture.body("/v1/completions", "{\"model\": \"m\", \"prompt\": [1, 2]}");
        assertThat(tokenizer.tokenize(ids, LONG)).isNull();
        assertThat(heard.events).isEmpty();
    }

    @Test
    void beforeTheStartAndAfterTheEndThereAreNoTokens() {
        assertThat(tokenizer.tokenize(TokenFixture.completion("hello"), LONG)).isNull();
        tokenizer.start();
        tokens("hello");
        tokenizer.close();
        assertThat(tokenizer.tokenize(TokenFixture.completion("hello"), LONG)).isNull();
        assertThat(source.closed).isEqualTo(1);
    }

    @Test
    void requestsThatTheSourceDoesNotTakeAreCounted() {
        tokenizer.start();
        source.takes = false;
        assertThat(tokenizer.tokenize(TokenFixture.completion("hello"), LONG)).isNull();
        assertThat(heard.events).containsExactly("tokens UNSUPPORTED");
    }

    @Test
    void aFailureIsCountedAndNotKept() {
        tokenizer.start();
        source.failure = new IllegalStateException("no answer");
        assertThat(start("hello")).failsWithin(LONG).withThrowableThat().withMessageContaining("no answer");
        Awaitility.await("the failure is counted")
                .untilAsserted(() -> assertThat(heard.events).containsExactly("REQUESTS 0/1", "tokens FAILED"));
        source.failure = null;
        assertThat(tokens("hello")).hasSize(1);
    }

    @Test
    void tokensThatComeTooLateAreCounted() {
        tokenizer.start();
        source.holds = true;
        CompletableFuture<List<Prompt>> late = Objects.requireNonNull(
                        tokenizer.tokenize(TokenFixture.completion("hello"), Duration.ofMillis(1)))
                .toCompletableFuture();
        assertThat(late).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(TimeoutException.class);
        source.release.countDown();
        Awaitility.await("the time-out is counted")
                .untilAsserted(() -> assertThat(heard.events).contains("tokens TIMED_OUT"));
        source.holds = false;
        tokens("hi");
        assertThat(heard.events)
                .doesNotContain("tokens FAILED")
                .filteredOn("tokens TOKENIZED"::equals)
                .hasSize(1);
    }

    @Test
    void whenTooManyWaitAFurtherOneFailsAtOnce() {
        tokenizer.start();
        source.holds = true;
        List<CompletableFuture<List<Prompt>>> waiting = new ArrayList<>();
        for (int i = 0; i < 1026; i++) {
            waiting.add(start("request " + i));
        }
        assertThat(waiting)
                .filteredOn(CompletableFuture::isCompletedExceptionally)
                .hasSizeBetween(1, 2);
        assertThat(heard.events).contains("tokens BUSY");
        source.release.countDown();
        assertThat(waiting.getFirst()).succeedsWithin(LONG);
        assertThat(waiting.get(1000)).succeedsWithin(LONG);
        assertThat(start("after all")).succeedsWithin(LONG);
    }

    private List<Prompt> tokens(String prompt) {
        return start(prompt).orTimeout(LONG.toNanos(), TimeUnit.NANOSECONDS).join();
    }

    private CompletableFuture<List<Prompt>> start(String prompt) {
        return Objects.requireNonNull(tokenizer.tokenize(TokenFixture.completion(prompt), LONG))
                .toCompletableFuture();
    }

    /** Makes as many tokens as a prompt has characters. */
    private static final class Source implements TokenSource {
        private final List<String> asked = new ArrayList<>();
        private final CountDownLatch release = new CountDownLatch(1);
        private volatile boolean takes = true;
        private volatile boolean isStable = true;
        private volatile boolean holds;
        private volatile @Nullable RuntimeException failure;
        private int closed;

        @Override
        public void start() {}

        @Override
        public boolean takes(RequestBody body) {
            return takes;
        }

        @Override
        public boolean isStable(RequestBody body) {
            return isStable;
        }

        @Override
        public CompletionStage<List<Prompt>> tokenize(RequestBody body, byte[] json) {
            if (holds) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            RuntimeException broken = failure;
            if (broken != null) {
                return CompletableFuture.failedFuture(broken);
            }
            String text = new JsonMapper().readTree(json).path("prompt").asString();
            asked.add(text);
            return CompletableFuture.completedFuture(List.of(Prompt.exact(new int[text.length()], List.of())));
        }

        @Override
        public void close() {
            closed++;
        }
    }
}
