package io.llmd.scheduler.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefixMatchesTest {

    @Test
    void oneNumberCountsBothWaysWhereTiersAreUnknown() {
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(1, 3, 4, 16);

        assertThat(matches.matchBlocks(1)).isEqualTo(3);
        assertThat(matches.cachedBlocks(1)).isEqualTo(3);
        assertThat(matches.cachedTokens(1)).isEqualTo(48);
        assertThat(matches.ratio(1)).isEqualTo(0.75);
        assertThat(matches.knowsTiers(1)).isFalse();
        assertThat(matches.cpuBlocks(1)).isZero();
        assertThat(matches.cachedBlocks(0)).isZero();
    }

    @Test
    void tiersAreKnownOfThoseWhoseTiersWereSaid() {
        PrefixMatches matches = new PrefixMatches(3);
        matches.setWeighted(1, 2, 3, 8, 16);
        matches.setTiers(1, 2, 3, 1, 0);

        assertThat(matches.knowsTiers(0)).isFalse();
        assertThat(matches.knowsTiers(1)).isTrue();
        assertThat(matches.knowsTiers(2)).isFalse();
        assertThat(matches.gpuBlocks(1)).isEqualTo(2);
        assertThat(matches.cpuBlocks(1)).isEqualTo(3);
        assertThat(matches.diskBlocks(1)).isEqualTo(1);
        assertThat(matches.storageBlocks(1)).isZero();
        assertThat(matches.storageBlocks(2)).isZero();
        assertThat(matches.matchBlocks(1)).isEqualTo(2);
        assertThat(matches.ratio(1)).isEqualTo(0.25);
    }

    @Test
    void anEndpointWhoseBlocksAreNotAllKnownSaysSo() {
        PrefixMatches matches = new PrefixMatches(2);
        matches.setPartial(1);

        assertThat(matches.isPartial(0)).isFalse();
        assertThat(matches.isPartial(1)).isTrue();
    }
}
