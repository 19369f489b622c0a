package io.llmd.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RewriteRuleTest {

    private static Map<String, Integer> shares(int... weights) {
        List<RewriteTarget> targets = new java.util.ArrayList<>();
        for (int weight : weights) {
            targets.add(new RewriteTarget("t" + targets.size(), weight));
        }
        RewriteRule rule = new RewriteRule("r", List.of(), targets);
        SplittableRandom random = new SplittableRandom(1);
        Map<String, Integer> shares = new HashMap<>();
        Stream.generate(() -> rule.target(random.nextLong()))
                .limit(10_000)
                .forEach(t -> shares.merge(t, 1, Integer::sum));
        return shares;
    }

    @Test
    @Tag("inference-api-A16")
    void targetsAreChosenByWeight() {
        // 10,000 draws, and 4.5 standard deviations of 30
        assertThat(shares(9, 1).get("t0")).isBetween(8_865, 9_135);
        assertThat(shares(90, 10).get("t1")).isBetween(865, 1_135);
    }

    @Test
    void withoutAnyWeightAllAreAlike() {
        assertThat(shares(-1, -1, -1).values()).allMatch(share -> share > 3_000);
    }

    @Test
    void aTotalWeightOfZeroMeansAllAreAlike() {
        assertThat(shares(0, 0).values()).allMatch(share -> share > 4_500);
    }

    @Test
    @Tag("inference-api-A17")
    void targetsWithoutAWeightAreNeverChosenBesideWeightedOnes() {
        assertThat(shares(-1, 1, -1)).containsOnlyKeys("t1");
    }

    @Test
    void theLargestWeightsDoNotOverflow() {
        assertThat(shares(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE)
                        .values())
                .allMatch(share -> share > 3_000);
    }
}
