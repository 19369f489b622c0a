package io.llmd.scheduler.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two decisions about the same request, and why.
 *
 * @param profile profile whose choice differs; null when the verdict itself does
 * @param before what was chosen, or the reason of the rejection
 * @param after what would have been
 * @param reason the strongest reason in few words, the same for decisions that changed alike
 * @param why all reasons with figures, the strongest first
 */
record Difference(@Nullable String profile, String before, String after, String reason, List<String> why) {

    private record Pull(String plugin, double by) {}

    /** Id of the endpoint, or the reason of a rejection. */
    static String verdict(Explanation explanation) {
        return switch (explanation.verdict()) {
            case Explanation.Verdict.Scheduled scheduled ->
                scheduled.endpoints().getFirst();
            case Explanation.Verdict.Rejected rejected -> "rejected: " + rejected.reason();
        };
    }

    static @Nullable Difference between(Explanation before, Explanation after) {
        String from = verdict(before);
        String to = verdict(after);
        if (!from.equals(to)) {
            return ofVerdicts(before, after, from, to);
        }
        for (ExplainedProfile profile : after.profiles()) {
            ExplainedProfile other = profile(before, profile.name());
            if (other != null && !first(other.picked()).equals(first(profile.picked()))) {
                return ofProfiles(profile, profile.name(), first(other.picked()), first(profile.picked()));
            }
        }
        return null;
    }

    private static String first(List<String> ids) {
        return ids.isEmpty() ? "nobody" : ids.getFirst();
    }

    private static @Nullable ExplainedProfile profile(Explanation explanation, String name) {
        for (ExplainedProfile profile : explanation.profiles()) {
            if (profile.name().equals(name)) {
                return profile;
            }
        }
        return null;
    }

    private static Difference ofVerdicts(Explanation before, Explanation after, String from, String to) {
        if (after.verdict() instanceof Explanation.Verdict.Rejected rejected) {
            return new Difference(null, from, to, to, List.of(rejected.message()));
        }
        if (before.verdict() instanceof Explanation.Verdict.Rejected rejected) {
            return new Difference(null, from, to, "not rejected any more", List.of("was: " + rejected.message()));
        }
        String primary = ((Explanation.Verdict.Scheduled) after.verdict()).profile();
        ExplainedProfile profile = profile(after, primary);
        if (profile == null) {
            return new Difference(null, from, to, "profile " + primary, List.of("profile " + primary + " decided"));
        }
        return ofProfiles(profile, null, from, to);
    }

    private static Difference ofProfiles(ExplainedProfile profile, @Nullable String name, String from, String to) {
        for (ExplainedProfile.FilterStep filter : profile.filters()) {
            for (ExplainedProfile.FilterVerdict verdict : filter.verdicts()) {
                if (verdict.endpoint().equals(from) && !verdict.kept()) {
                    String reason = "filter " + filter.plugin();
                    return new Difference(name, from, to, reason, List.of(reason + " removed " + from));
                }
            }
        }
        double lead = total(profile, to) - total(profile, from);
        if (Double.isNaN(lead)) {
            String reason = from + " was no candidate";
            return new Difference(name, from, to, "no candidate", List.of(reason));
        }
        if (lead <= 0) {
            String reason = (lead == 0 ? "a tie that " : "a lower total that ") + profile.picker() + " chose";
            return new Difference(name, from, to, reason, List.of(reason));
        }
        return ofScores(profile, name, from, to);
    }

    private static Difference ofScores(ExplainedProfile profile, @Nullable String name, String from, String to) {
        List<Pull> pulls = new ArrayList<>();
        for (ExplainedProfile.ScorerStep scorer : profile.scorers()) {
            double by = weighted(scorer, to) - weighted(scorer, from);
            if (by != 0) {
                pulls.add(new Pull(scorer.plugin(), by));
            }
        }
        pulls.sort(Comparator.comparingDouble(Pull::by).reversed());
        List<String> why = new ArrayList<>();
        for (Pull pull : pulls) {
            why.add(String.format(
                    Locale.ROOT,
                    "scorer %s favours %s by %.3f",
                    pull.plugin(),
                    pull.by() > 0 ? to : from,
                    Math.abs(pull.by())));
        }
        return new Difference(name, from, to, "scorer " + pulls.getFirst().plugin(), why);
    }

    private static double total(ExplainedProfile profile, String endpoint) {
        for (ExplainedProfile.Total total : profile.totals()) {
            if (total.endpoint().equals(endpoint)) {
                return total.total();
            }
        }
        return Double.NaN;
    }

    private static double weighted(ExplainedProfile.ScorerStep scorer, String endpoint) {
        for (ExplainedProfile.Score score : scorer.scores()) {
            if (score.endpoint().equals(endpoint)) {
                return score.weighted();
            }
        }
        return 0;
    }
}
