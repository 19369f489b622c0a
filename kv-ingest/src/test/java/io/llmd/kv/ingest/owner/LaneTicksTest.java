package io.llmd.kv.ingest.owner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneTicksTest {

    private final LaneTicks ticks = new LaneTicks();
    private final List<String> ticked = new ArrayList<>();
    private boolean isBroken = true;

    private void run(String... lanes) {
        ticks.run(List.of(lanes), lane -> "lane " + lane, lane -> {
            if (isBroken && lane.equals("b")) {
                throw new IllegalStateException("cannot be told");
            }
            ticked.add(lane);
        });
    }

    @Test
    void aLaneThatFailsDoesNotKeepTheOthersFromTheirTurn() {
        run("a", "b", "c");
        run("a", "b", "c");
        assertThat(ticked).containsExactly("a", "c", "a", "c");
        assertThat(ticks.failing()).isOne();
        isBroken = false;
        run("a", "b", "c");
        assertThat(ticked).endsWith("a", "b", "c");
        assertThat(ticks.failing()).isZero();
    }

    @Test
    void aLaneThatIsGoneIsForgotten() {
        run("a", "b");
        run("a");
        assertThat(ticks.failing()).isZero();
    }
}
