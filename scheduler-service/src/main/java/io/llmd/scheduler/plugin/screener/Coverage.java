package io.llmd.scheduler.plugin.screener;

import io.llmd.scheduler.scheduling.Endpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How many endpoints of each role every revision has; revisions that lack a required role are left out. Immutable.
 */
final class Coverage {

    /** How revisions are weighed. */
    enum Mode {
        SUM,
        MAX_ROLE,
        DISABLED;

        /** As configuration spells it. */
        String wireName() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Map<String, Integer> weights = new LinkedHashMap<>();

    private Coverage() {}

    /** The coverage of {@code pool}, as {@code gating} weighs it. */
    static Coverage of(Endpoint[] pool, LabelExpression scope, DisaggregatedsetRolloutScreener.RevisionGating gating) {
        Map<String, int[]> counts = new LinkedHashMap<>();
        List<String> roles = gating.requireRoles().values();
        for (Endpoint endpoint : pool) {
            Map<String, String> labels = endpoint.metadata().labels();
            String revision = labels.get(gating.revisionLabelKey());
            int role = roles.indexOf(labels.getOrDefault(gating.roleLabelKey(), ""));
            if (revision != null && role >= 0 && scope.matches(labels)) {
                counts.computeIfAbsent(revision, ignored -> new int[roles.size()])[role]++;
            }
        }
        counts.values().removeIf(Coverage::lacksARole);
        Coverage coverage = new Coverage();
        int dominant = dominantRole(counts, roles.size());
        counts.forEach((revision, byRole) ->
                coverage.weights.put(revision, gating.mode() == Mode.SUM ? sum(byRole) : byRole[dominant]));
        return coverage;
    }

    private static boolean lacksARole(int[] byRole) {
        for (int count : byRole) {
            if (count == 0) {
                return true;
            }
        }
        return false;
    }

    /** The role with the most endpoints over all revisions, the first of several. */
    private static int dominantRole(Map<String, int[]> counts, int roles) {
        int[] totals = new int[roles];
        counts.values().forEach(byRole -> {
            for (int role = 0; role < roles; role++) {
                totals[role] += byRole[role];
            }
        });
        int dominant = 0;
        for (int role = 1; role < roles; role++) {
            dominant = totals[role] > totals[dominant] ? role : dominant;
        }
        return dominant;
    }

    private static int sum(int[] byRole) {
        int sum = 0;
        for (int count : byRole) {
            sum += count;
        }
        return sum;
    }

    boolean covers(String revision) {
        return weights.containsKey(revision);
    }

    /** Share of the requests by revision; they add up to 1 when there are any. */
    Map<String, Double> shares() {
        double total = 0;
        for (int weight : weights.values()) {
            total += weight;
        }
        Map<String, Double> shares = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> revision : weights.entrySet()) {
            shares.put(revision.getKey(), revision.getValue() / total);
        }
        return shares;
    }

    /** A revision, drawn by weight; null when none is covered. */
    @Nullable
    String draw(RandomGenerator random) {
        int total = 0;
        for (int weight : weights.values()) {
            total += weight;
        }
        if (total == 0) {
            return null;
        }
        int ticket = random.nextInt(total);
        for (Map.Entry<String, Integer> revision : weights.entrySet()) {
            ticket -= revision.getValue();
            if (ticket < 0) {
                return revision.getKey();
            }
        }
        return null;
    }
}
