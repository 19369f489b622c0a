package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoints serve a request: screeners, producers, admitters, then the profiles that the handler asks
 * for. Holds no state, safe from any thread, never blocks.
 *
 * <p>A plugin that throws is reported to {@link PluginFaults} and left out of the decision. Only the profile handler
 * cannot be left out: without it the request is rejected as {@link Reason#FAILED}.
 */
public final class Scheduler {

    private final PluginFaults faults;

    /** A scheduler that reports misbehaving plugins to {@code faults}. */
    public Scheduler(PluginFaults faults) {
        this.faults = Objects.requireNonNull(faults, "faults");
    }

    /**
     * Decides.
     *
     * @param candidates all endpoints that the request may use; keeps the produced data for {@link #scheduled}
     * @param recorder {@link DecisionRecorder#NONE} unless the decision is to be explained
     */
    public SchedulingOutcome schedule(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        if (candidates.isEmpty()) {
            return new SchedulingOutcome.Rejected(Reason.NO_ENDPOINTS, "the pool has no endpoints for this request");
        }
        Candidates screened = screen(plan.screeners(), request, candidates);
        if (screened.isEmpty()) {
            return new SchedulingOutcome.Rejected(Reason.NO_ENDPOINTS, "screeners left no endpoint");
        }
        produce(plan.producers(), request, screened);
        String denial = denial(plan.admitters(), request, screened);
        if (denial != null) {
            return new SchedulingOutcome.Rejected(Reason.DENIED, denial);
        }
        return runProfiles(plan, request, screened, recorder);
    }

    /** Tells the plan's pre-request plugins of a decision, in configuration order. */
    public void scheduled(
            SchedulingPlan plan,
            InferenceRequest request,
            Candidates candidates,
            SchedulingOutcome.Scheduled outcome,
            Dispatch dispatch) {
        for (NamedPlugin<PreRequest> hook : plan.preRequests()) {
            try {
                hook.plugin().scheduled(request, candidates, outcome, dispatch);
            } catch (RuntimeException e) {
                faults.failed(hook.name(), e);
            }
        }
    }

    /** Tells the plan's response hooks that an answer has begun. */
    public void started(SchedulingPlan plan, long leaseId, OutcomeReport report) {
        for (NamedPlugin<ResponseHook> hook : plan.responseHooks()) {
            try {
                hook.plugin().started(leaseId, report);
            } catch (RuntimeException e) {
                faults.failed(hook.name(), e);
            }
        }
    }

    /** Tells the plan's response hooks that an attempt is over. */
    public void ended(SchedulingPlan plan, long leaseId, OutcomeReport report) {
        for (NamedPlugin<ResponseHook> hook : plan.responseHooks()) {
            try {
                hook.plugin().ended(leaseId, report);
            } catch (RuntimeException e) {
                faults.failed(hook.name(), e);
            }
        }
    }

    private Candidates screen(List<NamedPlugin<Screener>> screeners, InferenceRequest request, Candidates candidates) {
        if (screeners.isEmpty()) {
            return candidates;
        }
        int[] votes = new int[candidates.slotCount()];
        int voters = 0;
        for (NamedPlugin<Screener> screener : screeners) {
            try {
                Candidates kept =
                        Objects.requireNonNull(screener.plugin().screen(request, candidates), "screener answered null");
                for (int i = 0; i < kept.size(); i++) {
                    votes[kept.slot(i)]++;
                }
                voters++;
            } catch (RuntimeException e) {
                faults.failed(screener.name(), e);
            }
        }
        int needed = voters;
        return candidates.where(position -> votes[candidates.slot(position)] == needed);
    }

    private void produce(List<NamedPlugin<DataProducer>> producers, InferenceRequest request, Candidates candidates) {
        Set<DataKey<?>> lost = Set.of();
        for (int i = 0; i < producers.size(); i++) {
            NamedPlugin<DataProducer> producer = producers.get(i);
            DataKey<?> missing =
                    lost.isEmpty() ? null : firstOf(producer.plugin().requires(), lost);
            if (missing != null) {
                faults.skipped(producer.name(), missing);
            } else if (produce(producer, request, candidates)) {
                continue;
            }
            lost = lost.isEmpty() ? new HashSet<>() : lost;
            lost.addAll(producer.plugin().produces());
        }
    }

    /** Whether the producer did its work; what it wrote before failing is taken back. */
    private boolean produce(NamedPlugin<DataProducer> producer, InferenceRequest request, Candidates candidates) {
        try {
            producer.plugin().produce(request, candidates);
            return true;
        } catch (RuntimeException e) {
            faults.failed(producer.name(), e);
            producer.plugin().produces().forEach(candidates::remove);
            return false;
        }
    }

    private static @Nullable DataKey<?> firstOf(List<DataKey<?>> keys, Set<DataKey<?>> lost) {
        for (DataKey<?> key : keys) {
            if (lost.contains(key)) {
                return key;
            }
        }
        return null;
    }

    private @Nullable String denial(
            List<NamedPlugin<Admitter>> admitters, InferenceRequest request, Candidates candidates) {
        for (NamedPlugin<Admitter> admitter : admitters) {
            try {
                String denial = admitter.plugin().denial(request, candidates);
                if (denial != null) {
                    return denial;
                }
            } catch (RuntimeException e) {
                faults.failed(admitter.name(), e);
            }
        }
        return null;
    }

    private SchedulingOutcome runProfiles(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        List<String> names = new ArrayList<>(plan.profiles().keySet());
        Map<String, ProfileOutcome> results = LinkedHashMap.newLinkedHashMap(names.size());
        ProfileHandler handler = plan.handler().plugin();
        try {
            List<String> next = handler.nextProfiles(request, candidates, names, results);
            while (runNew(next, plan, request, candidates, results, recorder)) {
                next = handler.nextProfiles(request, candidates, names, results);
            }
            return Objects.requireNonNull(handler.process(request, results), "profile handler answered null");
        } catch (RuntimeException e) {
            faults.failed(plan.handler().name(), e);
            return new SchedulingOutcome.Rejected(
                    Reason.FAILED, "profile handler " + plan.handler().name() + " failed");
        }
    }

    /** Whether a profile ran that had no result yet; so the loop ends after at most one round per profile. */
    private boolean runNew(
            List<String> next,
            SchedulingPlan plan,
            InferenceRequest request,
            Candidates candidates,
            Map<String, ProfileOutcome> results,
            DecisionRecorder recorder) {
        boolean ran = false;
        for (String name : next) {
            if (results.containsKey(name)) {
                continue;
            }
            SchedulingProfile profile = plan.profiles().get(name);
            if (profile == null) {
                throw new IllegalStateException("profile: " + name + " (expected: one of "
                        + plan.profiles().keySet() + ")");
            }
            results.put(name, profile.run(request, candidates, recorder, faults));
            ran = true;
        }
        return ran;
    }
}
