package io.llmd.scheduler.explain;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One profile of a decision.
 *
 * @param name name of the profile
 * @param filters filters in the order in which they ran
 * @param scorers scorers in the order in which they ran
 * @param picker the picker; null when nobody was left for it
 * @param totals weighted sums of the candidates that were left
 * @param picked ids of the picked endpoints, best first
 * @param reason what the picked endpoint costs, and the next best one; null when no plugin counts costs
 * @param ties ids of the candidates whose total is that of the picked one, itself included; empty when it has it alone
 */
public record ExplainedProfile(
        String name,
        List<FilterStep> filters,
        List<ScorerStep> scorers,
        @Nullable String picker,
        List<Total> totals,
        List<String> picked,
        @Nullable String reason,
        List<String> ties) {
    public ExplainedProfile {
        filters = List.copyOf(filters);
        scorers = List.copyOf(scorers);
        totals = List.copyOf(totals);
        picked = List.copyOf(picked);
        ties = List.copyOf(ties);
    }

    /**
     * A filter's work.
     *
     * @param plugin instance name
     * @param description what the plugin is, and by which parameters it judged; null when that is not known any more
     * @param verdicts one per candidate that it saw
     */
    public record FilterStep(String plugin, @Nullable PluginDescription description, List<FilterVerdict> verdicts) {
        public FilterStep {
            verdicts = List.copyOf(verdicts);
        }
    }

    /**
     * What a filter said about a candidate.
     *
     * @param endpoint id
     * @param kept whether the candidate stayed
     */
    public record FilterVerdict(String endpoint, boolean kept) {}

    /**
     * A scorer's work.
     *
     * @param plugin instance name
     * @param description what the plugin is; null when that is not known any more
     * @param weight factor of its scores
     * @param scores one per candidate that was left
     */
    public record ScorerStep(
            String plugin, @Nullable PluginDescription description, double weight, List<Score> scores) {
        public ScorerStep {
            scores = List.copyOf(scores);
        }
    }

    /**
     * What a scorer said about a candidate.
     *
     * @param endpoint id
     * @param raw score in [0, 1]
     * @param weighted score times weight
     */
    public record Score(String endpoint, double raw, double weighted) {}

    /**
     * Sum of a candidate's weighted scores.
     *
     * @param endpoint id
     * @param total the sum
     */
    public record Total(String endpoint, double total) {}
}
