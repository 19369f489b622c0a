package io.llmd.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.observe.RequestRecord;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FindingsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonNode NOT_RECORDED = JSON.createArrayNode();

    /** A streamed request with 20 tokens of 5 ms each that was sent after 1 ms. */
    private static RequestRecord request(String endpoint, int prompt, int cached, long firstByteMillis) {
        return request(
                "natural",
                prompt,
                cached,
                firstByteMillis,
                firstByteMillis + 95,
                new RequestRecord.Attempt(500, 1_000, (firstByteMillis + 95) * 1_000, endpoint, "ok"));
    }

    private static RequestRecord request(
            String outcome,
            int prompt,
            int cached,
            long firstByteMillis,
            long endMillis,
            RequestRecord.Attempt... tries) {
        return new RequestRecord(
                "r",
                "chat_completions",
                "sim-8b",
                true,
                "demo",
                "demo",
                0,
                outcome,
                outcome.equals("natural") ? "none" : "upstream_error",
                100,
                prompt,
                cached,
                20,
                50,
                List.of(tries),
                firstByteMillis * 1_000,
                endMillis * 1_000);
    }

    private static List<String> causes(RequestRecord request, JsonNode decisions, List<RequestRecord> others) {
        return Findings.of(request, decisions, others).stream()
                .map(Findings.Finding::cause)
                .toList();
    }

    private static JsonNode decisions(long queueMicros, String candidate) {
        return JSON.readTree("""
                [{"decision": {"queueMicros": %d}, "explanation": {"candidates": [%s]}}]""".formatted(queueMicros, candidate));
    }

    @Test
    void waitInTheQueueIsNamed() {
        RequestRecord request =
                request("natural", 20, 0, 930, 1_025, new RequestRecord.Attempt(500, 900_500, 1_025_000, "ns/a", "ok"));

        List<Findings.Finding> found = Findings.of(request, decisions(899_000, "{}"), List.of());

        assertThat(found.getFirst().cause()).isEqualTo("queue");
        assertThat(found.getFirst().micros()).isEqualTo(899_000);
        assertThat(found.getFirst().text()).contains("899 ms");
        assertThat(causes(request, NOT_RECORDED, List.of())).containsExactly("scheduling");
    }

    @Test
    void coldPrefixIsNamedWithTheEndpointThatHeldIt() {
        List<Findings.Finding> found = Findings.of(request("ns/a", 4_000, 16, 400), decisions(0, """
                        {"id": "ns/a", "matchedBlocks": 1, "totalBlocks": 250},
                        {"id": "ns/b", "matchedBlocks": 240, "totalBlocks": 250}"""), List.of());

        assertThat(found).singleElement().satisfies(each -> {
            assertThat(each.cause()).isEqualTo("cold prefix");
            assertThat(each.text()).contains("3984 of 4000", "399 ms", "b held 240 of its 250 blocks");
        });
    }

    @Test
    void prefixIsColdByTheSchedulersCountWhereTheEndpointDidNotCount() {
        JsonNode decisions = JSON.readTree("""
                [{"decision": {"queueMicros": 0, "expectedCachedTokens": 0}, "explanation": {"request": {"promptTokens": 4000}}}]""");

        assertThat(causes(request("ns/a", -1, -1, 400), decisions, List.of())).containsExactly("cold prefix");
        assertThat(causes(request("ns/a", -1, -1, 400), NOT_RECORDED, List.of()))
                .containsExactly("none");
    }

    @Test
    void endpointIsSlowWhenOthersWereFasterWithAsMuchToCompute() {
        List<RequestRecord> others = Stream.of(
                        Collections.nCopies(3, request("ns/a", 100, 0, 240)),
                        Collections.nCopies(5, request("ns/b", 100, 0, 31)),
                        Collections.nCopies(9, request("ns/b", 9_000, 0, 900)))
                .flatMap(List::stream)
                .toList();

        List<Findings.Finding> found = Findings.of(request("ns/a", 100, 0, 240), NOT_RECORDED, others);

        assertThat(found).singleElement().satisfies(each -> {
            assertThat(each.cause()).isEqualTo("slow endpoint");
            assertThat(each.text()).contains("a took 8.0 times as long to the first token (239 ms against 30 ms)");
        });
    }

    @Test
    void endpointThatIsSlowAndColdIsSlowFirst() {
        List<RequestRecord> others = Stream.of(
                        Collections.nCopies(2, request("ns/a", 4_000, 0, 801)),
                        Collections.nCopies(3, request("ns/b", 4_000, 0, 101)))
                .flatMap(List::stream)
                .toList();

        assertThat(causes(request("ns/a", 4_000, 0, 801), NOT_RECORDED, others))
                .containsExactly("slow endpoint", "cold prefix");
    }

    @Test
    void queueOfTheEngineIsNoSlowness() {
        List<RequestRecord> others = Stream.of(
                        Collections.nCopies(3, request("ns/a", 100, 0, 240)),
                        Collections.nCopies(5, request("ns/b", 100, 0, 31)))
                .flatMap(List::stream)
                .toList();

        assertThat(causes(
                        request("ns/a", 100, 0, 240),
                        decisions(0, "{\"id\": \"ns/a\", \"waitingRequests\": 9}"),
                        others))
                .containsExactly("engine queue");
    }

    @Test
    void triesAndFailureAreNamedWithTheFailureFirst() {
        RequestRecord request = request(
                "error",
                20,
                0,
                0,
                300,
                new RequestRecord.Attempt(500, 1_000, 100_000, "ns/a", "reset"),
                new RequestRecord.Attempt(101_000, 102_000, 300_000, "ns/b", "reset"));

        List<Findings.Finding> found = Findings.of(request, NOT_RECORDED, List.of());

        assertThat(found.getFirst().text()).isEqualTo("It ended as error, upstream_error.");
        assertThat(found.get(1).text()).isEqualTo("It was tried 2 times: a reset, b reset.");
    }

    @Test
    void requestLikeTheOthersHasNothingThatStandsOut() {
        List<RequestRecord> others = Stream.of(
                        Collections.nCopies(3, request("ns/a", 100, 0, 31)),
                        Collections.nCopies(3, request("ns/b", 100, 0, 33)))
                .flatMap(List::stream)
                .toList();

        List<Findings.Finding> found = Findings.of(request("ns/a", 100, 0, 31), NOT_RECORDED, others);

        assertThat(found)
                .singleElement()
                .satisfies(each -> assertThat(each.text())
                        .isEqualTo("Nothing stands out. Most of the time went to stream, 95 ms, 5.0 ms per token."));
    }
}
