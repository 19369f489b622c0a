package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrefixClaimsTest {

    private final List<String> compared = new ArrayList<>();
    private final PrefixClaims claims =
            new PrefixClaims((endpoint, claimed, reported) -> compared.add(endpoint + " " + claimed + " " + reported));
    private final IndexLane lane = new BlockIndex(IndexSettings.DEFAULT).addLane("a", 0);
    private final long[] keys = {11, 12, 13, 14};

    @Test
    @Tag("kv-index-62")
    void whatAnEngineContradictsIsWithdrawnWhereEventsAreIncomplete() {
        lane.stored(StorageTier.GPU, 0, 0, keys, keys, 0, 4);
        claims.claimed(1, new PrefixClaims.Claim("a", lane, keys, 4, 16));
        claims.ended(1, "a", 16);
        assertThat(lane.blocks(StorageTier.GPU)).isOne();
        assertThat(compared).isEmpty();
    }

    @Test
    void oneBlockLessIsUsual() {
        lane.stored(StorageTier.GPU, 0, 0, keys, keys, 0, 4);
        claims.claimed(1, new PrefixClaims.Claim("a", lane, keys, 4, 16));
        claims.ended(1, "a", 48);
        assertThat(lane.blocks(StorageTier.GPU)).isEqualTo(4);
    }

    @Test
    void whereEventsAreCompleteContradictionsAreCounted() {
        claims.claimed(1, new PrefixClaims.Claim("a", null, keys, 4, 16));
        claims.ended(1, "a", 16);
        claims.ended(1, "a", 16);
        claims.claimed(2, new PrefixClaims.Claim("a", null, keys, 4, 16));
        claims.ended(2, "another", 16);
        claims.claimed(3, new PrefixClaims.Claim("a", null, keys, 4, 16));
        claims.ended(3, "a", -1);
        assertThat(compared).containsExactly("a 64 16");
        assertThat(claims.confirmedShare("a")).isEqualTo(0.25);
        claims.removed("a");
        assertThat(claims.confirmedShare("a")).isNaN();
    }
}
