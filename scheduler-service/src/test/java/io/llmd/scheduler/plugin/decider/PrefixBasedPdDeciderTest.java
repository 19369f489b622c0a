package io.llmd.scheduler.plugin.decider;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.PrefixMatches;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrefixBasedPdDeciderTest {

    @Test
    @Tag("scheduling-52")
    void aRequestIsSplitWhenEnoughTokensAreMissing() {
        assertThat(splits("nonCachedTokens: 512", 2000, 24)).isFalse();
        assertThat(splits("nonCachedTokens: 512", 2000, 22)).isTrue();
        assertThat(splits("nonCachedTokens: 464", 2000, 24)).isTrue();
    }

    @Test
    @Tag("scheduling-53")
    void aShortPromptIsNotSplit() {
        assertThat(splits("nonCachedTokens: 512", 300, 0)).isFalse();
        assertThat(splits("{nonCachedTokens: 512, promptTokens: 4096}", 2000, 0))
                .isFalse();
        assertThat(splits("{nonCachedTokens: 512, promptTokens: 2000}", 2000, 0))
                .isTrue();
    }

    @Test
    @Tag("scheduling-53")
    void zeroMissingTokensMeansNever() {
        assertThat(splits("", 2000, 0)).isFalse();
    }

    @Test
    @Tag("scheduling-53")
    void withoutMatchesNothingIsSplit() {
        PrefixBasedPdDecider decider = decider("nonCachedTokens: 512");
        assertThat(decider.decide(request("m", 2000), idle("a"), 0)).isFalse();
        Candidates unknown = idle("a");
        unknown.put(DataKeys.prefixMatches(""), new PrefixMatches(1));
        assertThat(decider.decide(request("m", 2000), unknown, 0)).isFalse();
        assertThat(decider.decide(request("m", 2000), candidates("", 0), Decider.NOBODY))
                .isFalse();
    }

    @Test
    void theProducerCanBeNamed() {
        PrefixBasedPdDecider decider = decider("{nonCachedTokens: 512, prefixMatchInfoProducerName: precise}");
        assertThat(decider.requires()).containsExactly(DataKeys.prefixMatches("precise"));
        assertThat(decider.decide(request("m", 2000), candidates("precise", 0), 0))
                .isTrue();
        assertThat(decider.decide(request("m", 2000), candidates("", 0), 0)).isFalse();
    }

    @Test
    void blocksOnASlowTierCountLikeAllOthers() {
        Candidates candidates = idle("a");
        PrefixMatches matches = new PrefixMatches(1);
        matches.setWeighted(0, 12, 24, 32, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);

        assertThat(decider("nonCachedTokens: 512").decide(request("m", 2000), candidates, 0))
                .isFalse();
    }

    @Test
    void negativeCountsAreRefused() {
        assertThatThrownBy(() -> decider("nonCachedTokens: -1")).hasMessageContaining("-1 (expected: >= 0)");
        assertThatThrownBy(() -> decider("promptTokens: -1")).hasMessageContaining("-1 (expected: >= 0)");
    }

    private static boolean splits(String parameters, int promptTokens, int cachedBlocks) {
        return decider(parameters).decide(request("m", promptTokens), candidates("", cachedBlocks), 0);
    }

    private static Candidates candidates(String producer, int cachedBlocks) {
        Candidates candidates = idle("a");
        PrefixMatches matches = new PrefixMatches(1);
        matches.set(0, cachedBlocks, 32, 64);
        candidates.put(DataKeys.prefixMatches(producer), matches);
        return candidates;
    }

    private static PrefixBasedPdDecider decider(String parameters) {
        return new PrefixBasedPdDecider(ParameterBinder.bind(PrefixBasedPdDecider.Params.class, parameters));
    }
}
