package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.PrefixMatches;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrefixCacheScorerTest {

    @Test
    @Tag("scheduling-9")
    void matchedShareIsTheScore() {
        Candidates candidates = idle("a", "b", "c", "d");
        PrefixMatches matches = new PrefixMatches(4);
        matches.set(0, 8, 10, 64);
        matches.set(1, 0, 10, 64);
        matches.set(3, 0, 0, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(score(scorer(""), candidates)).containsExactly(0.8, 0, 0, 0);
    }

    @Test
    @Tag("scheduling-10")
    void longMatchesWeighMore() {
        Candidates candidates = idle("a", "b");
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, 64, 128, 64);
        matches.set(1, 128, 128, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(score(scorer("matchLengthWeight: 0.5"), candidates)).containsExactly(0.375, 1.0);
    }

    @Test
    @Tag("scheduling-11")
    void aShortFullHitIsWorthLessThanALongOne() {
        Candidates candidates = idle("a");
        PrefixMatches matches = new PrefixMatches(1);
        matches.set(0, 16, 16, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(score(scorer("matchLengthWeight: 0.5"), candidates))
                .containsExactly(new double[] {0.5078}, within(1e-4));
    }

    @Test
    void withoutDataEverybodyScoresZero() {
        assertThat(score(scorer(""), idle("a", "b"))).containsExactly(0, 0);
    }

    @Test
    void aNamedProducerIsBelievedAndNoOther() {
        Candidates candidates = idle("a");
        PrefixMatches matches = new PrefixMatches(1);
        matches.set(0, 1, 2, 64);
        candidates.put(DataKeys.prefixMatches("precise"), matches);
        assertThat(score(scorer("prefixMatchInfoProducerName: precise"), candidates))
                .containsExactly(0.5);
        assertThat(score(scorer(""), candidates)).containsExactly(0.0);
    }

    @Test
    void weightOutsideItsRangeIsRefused() {
        assertThatThrownBy(() -> scorer("matchLengthWeight: 1.5"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("parameters:1:matchLengthWeight: 1.5 (expected: in [0, 1])");
    }

    @Test
    void scaleMustBePositiveWhenItIsUsed() {
        assertThatThrownBy(() -> scorer("{matchLengthWeight: 0.1, matchLengthScaleTokens: 0}"))
                .hasMessageContaining("matchLengthScaleTokens: 0 (expected: > 0)");
    }

    private static PrefixCacheScorer scorer(String parameters) {
        return new PrefixCacheScorer(ParameterBinder.bind(PrefixCacheScorer.Params.class, parameters));
    }
}
