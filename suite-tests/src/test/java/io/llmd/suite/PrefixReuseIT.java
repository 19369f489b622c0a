package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.engine.EngineSnapshot;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Endpoints are chosen by prefix reuse and by live load. */
class PrefixReuseIT {

    private static RunningSuite suite;

    /** A prompt of 6,000 tokens takes 1.5 s where nothing of it is cached. */
    @BeforeAll
    static void start() {
        suite = RunningSuite.start(
                3,
                settings -> settings.option("prefill-overhead", "5ms")
                        .option("prefill-time-per-token", "250us")
                        .option("inter-token-latency", "2ms")
                        .option("noise-cv", "0"));
    }

    @AfterAll
    static void stop() {
        suite.close();
    }

    @Test
    void repeatedLongPromptLandsOnTheSameEndpointAndReusesItsCache() {
        String body = chat("A document that is asked about twice. ".repeat(630), 1);

        RunningSuite.Answer first = suite.chat(body);
        RunningSuite.Answer second = suite.chat(body);

        assertThat(first.status()).as(first.body()).isEqualTo(200);
        assertThat(second.status()).as(second.body()).isEqualTo(200);
        assertThat(second.servedBy()).isNotEmpty().isEqualTo(first.servedBy());
        long promptTokens = second.json().at("/usage/prompt_tokens").asLong();
        assertThat(cachedTokens(first)).isZero();
        assertThat(cachedTokens(second)).isBetween(promptTokens - 32, promptTokens - 1);
        // With one output token, the whole answer is the first token: about 1.5 s against some milliseconds.
        assertThat(second.nanos()).isLessThan(first.nanos() / 2);
    }

    @Test
    void noEndpointStarvesUnderDistinctPrompts() throws Exception {
        List<Long> before = finished();
        try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
            List<Future<RunningSuite.Answer>> answers = IntStream.range(0, 120)
                    .mapToObj(i -> clients.submit(
                            () -> suite.chat(chat("Question number " + i + " of many. ".repeat(40), 20))))
                    .toList();
            for (Future<RunningSuite.Answer> answer : answers) {
                assertThat(answer.get().status()).isEqualTo(200);
            }
        }
        List<Long> after = finished();
        for (int i = 0; i < 3; i++) {
            assertThat(after.get(i) - before.get(i))
                    .as("requests of endpoint %d", i)
                    .isGreaterThanOrEqualTo(12);
        }
    }

    private static List<Long> finished() {
        return suite.endpoints().stream()
                .map(VllmSimulator::statistics)
                .map(EngineSnapshot::finished)
                .toList();
    }

    private static long cachedTokens(RunningSuite.Answer answer) {
        return answer.json().at("/usage/prompt_tokens_details/cached_tokens").asLong(0);
    }

    private static String chat(String text, int maxTokens) {
        return """
                {"model":"sim-8b","max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}""".formatted(maxTokens, text);
    }
}
