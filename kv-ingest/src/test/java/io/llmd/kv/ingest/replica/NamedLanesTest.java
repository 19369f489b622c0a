package io.llmd.kv.ingest.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneSpec;
import io.llmd.kv.ingest.replica.NamedLanes.Member;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A replaced engine and its successor have one name for a while. */
class NamedLanesTest {

    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    private final NamedLanes lanes = new NamedLanes();
    private final Map<Integer, Integer> terms = new HashMap<>();
    private final Member old = member(9);
    private final Member successor = member(4);

    @Test
    void theOneThatWasClaimedLastIsMeant() {
        terms.put(9, 5);
        lanes.add(old);
        assertThat(named()).isEqualTo(old);
        lanes.add(successor);
        assertThat(named()).as("not claimed yet").isNull();
        // Terms are unsigned.
        terms.put(4, -3);
        assertThat(named()).isEqualTo(successor);
        lanes.remove(old);
        assertThat(named()).isEqualTo(successor);
    }

    @Test
    void theOneThatStaysHasTheNameToItself() {
        lanes.add(old);
        lanes.add(successor);
        lanes.remove(successor);
        assertThat(named()).isEqualTo(old);
        lanes.remove(old);
        assertThat(named()).isNull();
    }

    @Test
    void namesakesAreToldOfWhileThereAreAny() {
        lanes.add(old);
        assertThat(lanes.hasNamesakes()).isFalse();
        lanes.add(successor);
        assertThat(lanes.hasNamesakes()).isTrue();
        lanes.remove(old);
        assertThat(lanes.hasNamesakes()).isFalse();
    }

    private Member named() {
        return lanes.get("a", 1, number -> terms.getOrDefault(number, 0));
    }

    private Member member(int number) {
        LaneSpec spec = new LaneSpec("id-" + number, "pool", "a", "", 1, "m", 16, "xxh64", "tcp://e:1", "");
        return new Member(new LaneDescription(spec, number, 0), index.addLane("a", 1));
    }
}
