package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.OtlpReceiver;
import io.llmd.testsupport.OtlpReceiver.ReceivedSpan;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a collector gets of requests through the whole suite. */
class TracesIT {

    private static final String CALLER = "00f067aa0ba902b7";

    private static OtlpReceiver collector;
    private static RunningSuite suite;

    @BeforeAll
    static void start() throws IOException {
        collector = new OtlpReceiver();
        Map<String, String> traced = Map.of(
                "otel.exporter.otlp.endpoint", collector.url(),
                "otel.bsp.schedule.delay", "50",
                "otel.traces.sampler.arg", "1.0");
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("kv-connector", "nixl")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("nixl-side-channel-port", "0")
                        .option("prefill-overhead", "5ms")
                        .option("otlp-traces-endpoint", collector.url()),
                RunningSuite.SPLIT_ALWAYS,
                traced,
                withTrust(traced));
    }

    /** Callers here decide what is traced, as a proxy in front does. */
    private static Map<String, String> withTrust(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("gateway.access.trusted-proxies", "127.0.0.0/8");
        return all;
    }

    @AfterAll
    static void stop() {
        suite.close();
        collector.close();
    }

    @Test
    void theSpansOfARequestAreOneTreeBelowItsCaller() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        suite.postTo(
                "/v1/chat/completions",
                "{\"model\":\"sim-8b\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                "traceparent",
                traceparent(trace, "01"));
        await("all spans")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(of(trace))
                        .extracting(ReceivedSpan::name)
                        .contains(
                                "POST /v1/chat/completions",
                                "llm_d.gateway.schedule",
                                "llm_d.gateway.attempt",
                                "gateway.request",
                                "gateway.request_orchestration",
                                "run_scheduler_profile",
                                "llm_d.epp.response")
                        .filteredOn("llm_request"::equals)
                        .as("one of prefill and one of decode")
                        .hasSize(2));

        List<ReceivedSpan> spans = of(trace);
        Map<String, ReceivedSpan> byId =
                spans.stream().collect(Collectors.toMap(ReceivedSpan::spanId, Function.identity()));
        assertThat(spans)
                .filteredOn(span -> span.parentId().equals(CALLER))
                .extracting(ReceivedSpan::name)
                .containsExactly("POST /v1/chat/completions");
        assertThat(spans)
                .filteredOn(span -> !span.parentId().equals(CALLER))
                .allSatisfy(
                        span -> assertThat(byId).as("parent of %s", span.name()).containsKey(span.parentId()));
        assertThat(parentName(byId, "gateway.request")).isEqualTo("llm_d.gateway.schedule");
        assertThat(parentName(byId, "llm_request")).isEqualTo("llm_d.gateway.attempt");
    }

    @Test
    void nobodyMakesSpansOfARequestThatItsCallerDidNotSample() {
        String quiet = "11111111111111111111111111111111";
        String loud = "22222222222222222222222222222222";
        String body = "{\"model\":\"sim-8b\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        suite.postTo("/v1/chat/completions", body, "traceparent", traceparent(quiet, "00"));
        suite.postTo("/v1/chat/completions", body, "traceparent", traceparent(loud, "01"));
        await("spans of the other one")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(of(loud)).hasSizeGreaterThan(8));
        assertThat(of(quiet)).isEmpty();
    }

    private static String parentName(Map<String, ReceivedSpan> byId, String name) {
        ReceivedSpan span = byId.values().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        return byId.get(span.parentId()).name();
    }

    private static List<ReceivedSpan> of(String trace) {
        return collector.spans().stream()
                .filter(span -> span.traceId().equals(trace))
                .toList();
    }

    private static String traceparent(String trace, String flags) {
        return "00-" + trace + "-" + CALLER + "-" + flags;
    }
}
