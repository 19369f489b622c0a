package io.llmd.scheduler.explain;

import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Recorded decisions under another plan. Producers do not run: what they wrote then stands for what they would write now,
 * so that both plans see the same. Used by one thread.
 */
public final class Replay {

    private static final int MAX_CHANGES = 100;
    private static final Set<ScheduleRejection.Reason> REPEATABLE = Set.of(
            ScheduleRejection.Reason.SATURATED,
            ScheduleRejection.Reason.NO_ENDPOINTS,
            ScheduleRejection.Reason.DENIED,
            ScheduleRejection.Reason.INTERNAL);

    private record MoveKey(String from, String to) {}

    private final SchedulingPlan plan;
    private final SchedulingPlan withoutProducers;
    private final Map<String, PluginDescription> plugins;
    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);
    private final Map<String, int[]> shares = new TreeMap<>();
    private final Map<MoveKey, Integer> moves = new HashMap<>();
    private final Map<String, Integer> reasons = new HashMap<>();
    private final List<ReplayReport.Change> changes = new ArrayList<>();
    private final Set<String> missing = new TreeSet<>();
    private int replayed;
    private int changed;

    /** A replay under {@code plan}, whose plugins must not be in use elsewhere. */
    public Replay(SchedulingPlan plan, Map<String, PluginDescription> plugins) {
        this.plan = plan;
        this.plugins = plugins;
        withoutProducers = new SchedulingPlan(
                plan.screeners(),
                List.of(),
                plan.admitters(),
                plan.profiles(),
                plan.handler(),
                List.of(),
                List.of(),
                plan.featureGates());
    }

    /** Replays the records, newest first, until {@code isOver} says that it has taken long enough. */
    public ReplayReport run(List<DecisionRecord> records, BooleanSupplier isOver) {
        byte[] zeros = new byte[longestPrompt(records) * Prompt.TOKEN_BYTES];
        boolean inTime = true;
        for (DecisionRecord record : records) {
            inTime = inTime && !isOver.getAsBoolean();
            if (inTime && isRepeatable(record)) {
                replay(record, zeros);
            }
        }
        return new ReplayReport(
                records.size(),
                replayed,
                records.size() - replayed,
                changed,
                shares.entrySet().stream()
                        .map(share -> new ReplayReport.Share(share.getKey(), share.getValue()[0], share.getValue()[1]))
                        .toList(),
                moves.entrySet().stream()
                        .map(move -> new ReplayReport.Move(
                                move.getKey().from(), move.getKey().to(), move.getValue()))
                        .sorted(Comparator.comparingInt(ReplayReport.Move::count)
                                .reversed()
                                .thenComparing(ReplayReport.Move::from)
                                .thenComparing(ReplayReport.Move::to))
                        .toList(),
                reasons.entrySet().stream()
                        .map(reason -> new ReplayReport.Reason(reason.getKey(), reason.getValue()))
                        .sorted(Comparator.comparingInt(ReplayReport.Reason::count)
                                .reversed()
                                .thenComparing(ReplayReport.Reason::reason))
                        .toList(),
                changes,
                notes(inTime));
    }

    private static int longestPrompt(List<DecisionRecord> records) {
        int longest = 0;
        for (DecisionRecord record : records) {
            if (isRepeatable(record)) {
                for (int tokens : record.recorded().promptTokens()) {
                    longest = Math.max(longest, tokens);
                }
            }
        }
        return longest;
    }

    private static boolean isRepeatable(DecisionRecord record) {
        return record.canBeReplayed()
                && (!(record.verdict() instanceof Explanation.Verdict.Rejected rejected)
                        || REPEATABLE.contains(rejected.reason()));
    }

    private void replay(DecisionRecord record, byte[] zeros) {
        InferenceRequest request = record.requestAgain(zeros);
        Candidates candidates = record.candidatesAgain();
        for (DataKey<?> key : record.data().restore(plan, candidates)) {
            missing.add(key.toString());
        }
        long decided = record.startNanos() + record.queueNanos();
        DecisionRecording recording = new DecisionRecording(() -> decided, decided);
        SchedulingOutcome outcome = scheduler.schedule(withoutProducers, request, candidates, recording);
        Explanation after = new DryRun(recording, verdict(outcome), request, null, candidates, null, plugins)
                .explanation(record.requestId());
        replayed++;
        compare(record, record.explanation(), after);
    }

    private static Explanation.Verdict verdict(SchedulingOutcome outcome) {
        return switch (outcome) {
            case SchedulingOutcome.Scheduled scheduled ->
                new Explanation.Verdict.Scheduled(
                        scheduled.primaryProfile(),
                        scheduled.primary().endpoints().stream()
                                .map(Endpoint::id)
                                .toList());
            case SchedulingOutcome.Rejected rejected ->
                new Explanation.Verdict.Rejected(reason(rejected.reason()), rejected.message());
        };
    }

    private static ScheduleRejection.Reason reason(SchedulingOutcome.Reason reason) {
        return switch (reason) {
            case NO_ENDPOINTS -> ScheduleRejection.Reason.NO_ENDPOINTS;
            case SATURATED -> ScheduleRejection.Reason.SATURATED;
            case DENIED -> ScheduleRejection.Reason.DENIED;
            case BAD_REQUEST -> ScheduleRejection.Reason.BAD_REQUEST;
            case NOT_CACHED -> ScheduleRejection.Reason.NOT_CACHED;
            case FAILED -> ScheduleRejection.Reason.INTERNAL;
        };
    }

    private void compare(DecisionRecord record, Explanation before, Explanation after) {
        String from = Difference.verdict(before);
        String to = Difference.verdict(after);
        count(from, 0);
        count(to, 1);
        Difference difference = Difference.between(before, after);
        if (difference == null) {
            return;
        }
        changed++;
        moves.merge(new MoveKey(difference.before(), difference.after()), 1, Integer::sum);
        reasons.merge(difference.reason(), 1, Integer::sum);
        if (changes.size() < MAX_CHANGES) {
            changes.add(new ReplayReport.Change(
                    record.requestId(),
                    record.decidedAt(),
                    record.model(),
                    difference.profile(),
                    difference.before(),
                    difference.after(),
                    difference.why()));
        }
    }

    private void count(@Nullable String verdict, int index) {
        shares.computeIfAbsent(String.valueOf(verdict), ignored -> new int[2])[index]++;
    }

    private List<String> notes(boolean inTime) {
        List<String> notes = new ArrayList<>();
        if (!inTime) {
            notes.add("time was too short for all decisions");
        }
        if (!missing.isEmpty()) {
            notes.add("not recorded, so that plugins which read it saw nothing: " + String.join(", ", missing));
        }
        notes.add("plugins that remember earlier requests began with an empty memory");
        return notes;
    }
}
