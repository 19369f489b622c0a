package io.llmd.launcher.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.terminal.Json;
import org.junit.jupiter.api.Test;

class ReplayTextTest {

    @Test
    void reportReadsLikeThis() {
        assertThat(new ReplayText(Json.MAPPER.readTree("""
                        {"considered":5,"replayed":4,"skipped":1,"changed":1,
                         "shares":[{"endpoint":"t/sim-1","before":4,"after":3},{"endpoint":"t/sim-2","before":0,"after":1}],
                         "moves":[{"from":"t/sim-1","to":"t/sim-2","count":1}],
                         "reasons":[{"reason":"scorer queue","count":1}],
                         "changes":[{"requestId":"r1","before":"t/sim-1","after":"t/sim-2","why":["scorer queue favours t/sim-2 by 1.000"]}],
                         "notes":["so it is"]}
                        """)).toString()).isEqualTo("""
                         1 of 4 decisions change (25.0 %); 1 cannot be repeated

                         chosen   before  after
                         t/sim-1       4      3
                         t/sim-2       0      1

                         reason        decisions
                         scorer queue          1

                         from     to       decisions
                         t/sim-1  t/sim-2  1

                         r1: t/sim-1 -> t/sim-2
                           scorer queue favours t/sim-2 by 1.000
                         note: so it is
                        """);
    }
}
