package io.llmd.scheduler.plugin.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ScorerPropertyTest {

    private static final List<Scorer> SCORERS = List.of(
            new QueueScorer(),
            new RunningRequestsSizeScorer(),
            new KvCacheUtilizationScorer(),
            new LoadAwareScorer(ParameterBinder.bind(LoadAwareScorer.Params.class, "")),
            new PrefixCacheScorer(ParameterBinder.bind(PrefixCacheScorer.Params.class, "matchLengthWeight: 0.4")),
            new TokenLoadScorer(ParameterBinder.bind(TokenLoadScorer.Params.class, "")),
            new ActiveRequestScorer(ParameterBinder.bind(ActiveRequestScorer.Params.class, "idleThreshold: 1")),
            new LoraAffinityScorer(),
            new ContextLengthAwareScorer(ParameterBinder.bind(ContextLengthAwareScorer.Params.class, "")));

    @Property(tries = 200)
    void scoresAreInRangeAndDoNotDependOnTheOrderOfCandidates(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 1000) Integer> loads,
            @ForAll @DoubleRange(min = 0, max = 1.5) double usage,
            @ForAll long seed) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < loads.size(); i++) {
            order.add(i);
        }
        List<Integer> shuffled = new ArrayList<>(order);
        Collections.shuffle(shuffled, new Random(seed));
        Candidates straight = candidates(loads, usage, order);
        Candidates permuted = candidates(loads, usage, shuffled);
        for (Scorer scorer : SCORERS) {
            double[] expected = EndpointFixture.score(scorer, straight);
            double[] actual = EndpointFixture.score(scorer, permuted);
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).isEqualTo(expected[shuffled.get(i)]).isBetween(0.0, 1.0);
            }
        }
    }

    /** Every third endpoint is stale. */
    private static Candidates candidates(List<Integer> loads, double usage, List<Integer> order) {
        List<Endpoint> endpoints = new ArrayList<>();
        PrefixMatches matches = new PrefixMatches(order.size());
        InFlightLoads inFlight = new InFlightLoads(order.size());
        UncachedTokens uncached = new UncachedTokens(order.size());
        for (int slot = 0; slot < order.size(); slot++) {
            int i = order.get(slot);
            int load = loads.get(i);
            Endpoint endpoint = EndpointFixture.endpoint("e" + i, load, load / 2, usage * load / 1000);
            endpoints.add(i % 3 == 2 ? EndpointFixture.stale(endpoint) : endpoint);
            matches.set(slot, load / 10, 100, 64);
            inFlight.set(slot, load, load * 1000L);
            uncached.set(slot, load);
        }
        Candidates candidates = Candidates.of(endpoints);
        candidates.put(DataKeys.prefixMatches(""), matches);
        candidates.put(DataKeys.inFlightLoads(""), inFlight);
        candidates.put(DataKeys.uncachedTokens(""), uncached);
        return candidates;
    }
}
