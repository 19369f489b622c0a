package io.llmd.launcher.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.terminal.Json;
import org.junit.jupiter.api.Test;

class ExplanationTextTest {

    @Test
    void decisionReadsLikeThis() {
        assertThat(text("""
                        {"requestId":"r","verdict":{"outcome":"decision","profile":"default","endpoints":["t/sim-2","t/sim-1"]},
                         "request":{"api":"CHAT","model":"sim-8b","priority":0,"promptTokens":40},
                         "times":"50.0 ms a token, as the request asks; expected 31 ms and 6.2 ms; took 30 ms and 6.1 ms: met",
                         "candidates":[
                          {"id":"t/sim-1","fresh":true,"metricsAgeMillis":12,"runningRequests":3,"waitingRequests":1,
                           "kvCacheUsage":0.125,"inFlightRequests":4,"inFlightTokens":0,"matchedBlocks":0,"totalBlocks":2,"blockTokens":16},
                          {"id":"t/sim-2","fresh":false,"metricsAgeMillis":2500,"runningRequests":0,"waitingRequests":0,
                           "kvCacheUsage":0,"inFlightRequests":0,"inFlightTokens":0,"matchedBlocks":2,"totalBlocks":2,"blockTokens":16}],
                         "profiles":[{"name":"default",
                          "filters":[{"plugin":"role","verdicts":[{"endpoint":"t/sim-1","kept":true},{"endpoint":"t/sim-3","kept":false}]}],
                          "scorers":[{"plugin":"queue","weight":2,"scores":[{"endpoint":"t/sim-1","raw":0,"weighted":0},{"endpoint":"t/sim-2","raw":1,"weighted":2}]},
                                     {"plugin":"prefix","weight":0.5,"scores":[{"endpoint":"t/sim-2","raw":1,"weighted":0.5}]}],
                          "picker":"best","totals":[{"endpoint":"t/sim-1","total":0},{"endpoint":"t/sim-2","total":2.5}],
                          "picked":["t/sim-2","t/sim-1"]}]}
                        """)).isEqualTo("""
                         goes to t/sim-2, else t/sim-1   (profile default)
                         model sim-8b, 40 prompt tokens, priority 0
                         held to 50.0 ms a token, as the request asks; expected 31 ms and 6.2 ms; took 30 ms and 6.1 ms: met

                         candidate        age ms  running  waiting  kv used  in flight  cached blocks  of
                         t/sim-1              12        3        1   12.5 %          4              0   2
                         t/sim-2 (stale)    2500        0        0    0.0 %          0              2   2

                         profile default
                           filter role removed t/sim-3
                           candidate  queue x2  prefix x0.5  total
                           t/sim-1       0.000            -  0.000
                           t/sim-2       2.000        0.500  2.500
                           picker best took t/sim-2, t/sim-1

                        """);
    }

    @Test
    void predictedLatenciesHaveATableOfTheirOwn() {
        assertThat(text("""
                        {"verdict":{"outcome":"decision","profile":"slo","endpoints":["t/a"]},
                         "candidates":[
                          {"id":"t/a","fresh":true,"predicted":{"timeToFirstTokenMillis":101.23,"timeToFirstTokenBoundMillis":150,
                           "timePerOutputTokenMillis":12,"timePerOutputTokenBoundMillis":null,"firstTokenHeadroomMillis":-50,
                           "outputTokenHeadroomMillis":0,"dispatchedRequests":2}}]}
                        """)).contains("""
                         predicted  TTFT ms  9 of 10 within  TPOT ms  9 of 10 within  TTFT headroom  TPOT headroom
                         t/a          101.2           150.0     12.0               -          -50.0            0.0
                        """);
    }

    @Test
    void whyNothingIsPredictedIsSaidOnce() {
        assertThat(text("""
                        {"verdict":{"outcome":"decision","profile":"slo","endpoints":["t/a"]},
                         "candidates":[{"id":"t/a","unpredicted":"learning: 3 of 100 times to the first token"},
                          {"id":"t/b","unpredicted":"learning: 3 of 100 times to the first token"}]}
                        """))
                .containsOnlyOnce(" no latencies predicted: learning: 3 of 100 times to the first token\n");
    }

    @Test
    void rejectionSaysItsReason() {
        assertThat(text("{\"verdict\":{\"outcome\":\"rejection\",\"reason\":\"NO_ENDPOINTS\",\"message\":\"none\"}}"))
                .isEqualTo(" rejected: NO_ENDPOINTS, none\n\n");
    }

    private static String text(String json) {
        return new ExplanationText(Json.MAPPER.readTree(json)).toString();
    }
}
