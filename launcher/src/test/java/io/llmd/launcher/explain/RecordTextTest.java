package io.llmd.launcher.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.terminal.Json;
import org.junit.jupiter.api.Test;

class RecordTextTest {

    @Test
    void recordReadsLikeThis() {
        assertThat(new RecordText(Json.MAPPER.readTree("""
                        {"requestId":"r1","attempts":[
                         {"decision":{"decidedAt":"2030-01-01T00:00:00Z","outcome":"natural","status":200,"queueMicros":1500,
                           "decisionMicros":42,"timeToFirstTokenMicros":31000,"durationMicros":99000,"fallback":"prefill-failed",
                           "usage":{"promptTokens":40,"completionTokens":7,"cachedTokens":32}},
                          "explanation":{"verdict":{"outcome":"decision","profile":"default","endpoints":["t/sim-2"]},
                           "profiles":[{"name":"default","filters":[{"plugin":"role","description":{"type":"by-label","parameters":"label=role"},
                             "verdicts":[{"endpoint":"t/sim-1","kept":false}]}],
                             "picker":"best","picked":["t/sim-2"],"ties":["t/sim-2","t/sim-3"]}],"leftOut":["lora"],"passedOver":["slow"]},
                          "calls":[{"extensionPoint":"Filter","profile":"default","plugin":"role","micros":1.25}]}]}
                        """)).toString()).isEqualTo("""
                         request r1
                         decided 2030-01-01T00:00:00Z in 0.042 ms, after 1.500 ms in the queue
                         outcome natural, status 200, first token after 31.000 ms, end after 99.000 ms, not split after all: prefill-failed, 40 prompt tokens (32 cached), 7 generated
                         goes to t/sim-2   (profile default)

                         profile default
                           filter role removed t/sim-1   (label=role)
                           picker best took t/sim-2
                           tied at the top: t/sim-2, t/sim-3

                         left out because it failed or lacked data: lora
                         not called because it failed again and again or hangs: slow
                         stage   profile  plugin  µs
                         Filter  default  role    1.3

                        """);
    }
}
