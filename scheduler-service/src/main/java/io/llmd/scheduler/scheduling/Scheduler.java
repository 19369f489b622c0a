package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoints serve a request: screeners, producers, admitters, then the profiles that the handler asks
 * for. Keeps nothing of a decision, safe from any thread, never blocks.
 *
 * <p>A plugin that throws is reported to {@link PluginFaults} and left out of the decision. Only the profile handler
 * cannot be left out: without it the request is rejected as {@link Reason#FAILED}.
 */
public final class Scheduler {

    private record Scoped(SchedulingPlan plan, DataScopes scopes) {}

    private record ProfileNames(SchedulingPlan plan, List<String> names) {}

    private final PluginFaults faults;
    private volatile @Nullable Scoped scoped;
    private volatile @Nullable ProfileNames profileNames;

    /** A scheduler that reports misbehaving plugins to {@code faults}. */
    public Scheduler(PluginFaults faults) {
        this.faults = Objects.requireNonNull(faults, "faults");
    }

    /** What the plan's request processors make of a request, in configuration order; one that fails is left out. */
    public InferenceRequest process(SchedulingPlan plan, InferenceRequest request) {
        InferenceRequest processed = request;
        for (NamedPlugin<RequestProcessor> processor : plan.requestProcessors()) {
            try {
                processed = Objects.requireNonNull(processor.plugin().process(processed), "processor answered null");
            } catch (RuntimeException e) {
                faults.failed(processor.name(), e);
            }
        }
        return processed;
    }

    /**
     * Decides at once, without the data of producers that have to wait.
     *
     * @param candidates all endpoints that the request may use; keeps the produced data for {@link #scheduled}
     * @param recorder {@link DecisionRecorder#NONE} unless the decision is to be explained
     */
    public SchedulingOutcome schedule(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        Candidates screened = screen(plan.screeners(), request, candidates, recorder);
        if (screened.isEmpty()) {
            return noEndpoints(candidates);
        }
        screened.confine(scopes(plan), faults);
        new Production(plan.producers(), request, screened, recorder, faults).runWithoutWaiting();
        return decide(plan, request, screened, recorder);
    }

    /**
     * Decides when the data of all producers is there. Without a producer that has to wait the outcome is there on return.
     *
     * @param candidates as in {@link #schedule}; must not be touched before the outcome is there
     * @return never completes exceptionally unless a recorder throws; completed on this thread, or on that of the producer
     *     that was awaited last
     */
    public CompletionStage<SchedulingOutcome> scheduleWhenReady(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        if (!plan.waits()) {
            return CompletableFuture.completedFuture(schedule(plan, request, candidates, recorder));
        }
        Candidates screened = screen(plan.screeners(), request, candidates, recorder);
        if (screened.isEmpty()) {
            return CompletableFuture.completedFuture(noEndpoints(candidates));
        }
        screened.confine(scopes(plan), faults);
        CompletableFuture<SchedulingOutcome> outcome = new CompletableFuture<>();
        new Production(plan.producers(), request, screened, recorder, faults).run(() -> {
            try {
                outcome.complete(decide(plan, request, screened, recorder));
            } catch (RuntimeException e) {
                outcome.completeExceptionally(e);
            }
        });
        return outcome;
    }

    private DataScopes scopes(SchedulingPlan plan) {
        Scoped known = scoped;
        if (known == null || known.plan() != plan) {
            known = new Scoped(plan, DataScopes.of(plan));
            scoped = known;
        }
        return known.scopes();
    }

    private static SchedulingOutcome noEndpoints(Candidates candidates) {
        return new SchedulingOutcome.Rejected(
                Reason.NO_ENDPOINTS,
                candidates.isEmpty() ? "the pool has no endpoints for this request" : "screeners left no endpoint");
    }

    private SchedulingOutcome decide(
            SchedulingPlan plan, InferenceRequest request, Candidates screened, DecisionRecorder recorder) {
        String denial = denial(plan.admitters(), request, screened, recorder);
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
        scheduled(plan, request, candidates, outcome, dispatch, DecisionRecorder.NONE);
    }

    /** The same under the eyes of {@code recorder}. */
    public void scheduled(
            SchedulingPlan plan,
            InferenceRequest request,
            Candidates candidates,
            SchedulingOutcome.Scheduled outcome,
            Dispatch dispatch,
            DecisionRecorder recorder) {
        for (NamedPlugin<PreRequest> hook : plan.preRequests()) {
            recorder.begins(ExtensionPoint.PRE_REQUEST, null, hook.name());
            try {
                hook.plugin().scheduled(request, candidates, outcome, dispatch);
            } catch (RuntimeException e) {
                faults.failed(hook.name(), e);
                recorder.leftOut(hook.name());
            }
            recorder.ends();
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

    private Candidates screen(
            List<NamedPlugin<Screener>> screeners,
            InferenceRequest request,
            Candidates candidates,
            DecisionRecorder recorder) {
        if (screeners.isEmpty() || candidates.isEmpty()) {
            return candidates;
        }
        int[] votes = new int[candidates.slotCount()];
        int voters = 0;
        for (NamedPlugin<Screener> screener : screeners) {
            recorder.begins(ExtensionPoint.SCREENER, null, screener.name());
            try {
                Candidates kept =
                        Objects.requireNonNull(screener.plugin().screen(request, candidates), "screener answered null");
                for (int i = 0; i < kept.size(); i++) {
                    votes[kept.slot(i)]++;
                }
                voters++;
                recorder.screened(screener.name(), candidates, kept);
            } catch (RuntimeException e) {
                faults.failed(screener.name(), e);
                recorder.leftOut(screener.name());
            }
            recorder.ends();
        }
        int needed = voters;
        return candidates.where(position -> votes[candidates.slot(position)] == needed);
    }

    private @Nullable String denial(
            List<NamedPlugin<Admitter>> admitters,
            InferenceRequest request,
            Candidates candidates,
            DecisionRecorder recorder) {
        for (NamedPlugin<Admitter> admitter : admitters) {
            recorder.begins(ExtensionPoint.ADMISSION, null, admitter.name());
            try {
                String denial = admitter.plugin().denial(request, candidates);
                if (denial != null) {
                    recorder.denied(admitter.name(), denial);
                    return denial;
                }
            } catch (RuntimeException e) {
                faults.failed(admitter.name(), e);
                recorder.leftOut(admitter.name());
            } finally {
                recorder.ends();
            }
        }
        return null;
    }

    private SchedulingOutcome runProfiles(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        List<String> names = profileNames(plan);
        Map<String, ProfileOutcome> results = LinkedHashMap.newLinkedHashMap(names.size());
        ProfileHandler handler = plan.handler().plugin();
        try {
            boolean ran = true;
            while (ran) {
                recorder.begins(
                        ExtensionPoint.PROFILE_PICKER, null, plan.handler().name());
                List<String> next = handler.nextProfiles(request, candidates, names, results);
                recorder.ends();
                ran = runNew(next, plan, request, candidates, results, recorder);
            }
            recorder.begins(
                    ExtensionPoint.PROCESS_PROFILES_RESULTS,
                    null,
                    plan.handler().name());
            SchedulingOutcome outcome = handler.process(request, results);
            recorder.ends();
            return Objects.requireNonNull(outcome, "profile handler answered null");
        } catch (RuntimeException e) {
            faults.failed(plan.handler().name(), e);
            recorder.leftOut(plan.handler().name());
            recorder.ends();
            return new SchedulingOutcome.Rejected(
                    Reason.FAILED, "profile handler " + plan.handler().name() + " failed");
        }
    }

    /** Names of the plan's profiles; those of the plan in force are kept. */
    private List<String> profileNames(SchedulingPlan plan) {
        ProfileNames known = profileNames;
        if (known == null || known.plan() != plan) {
            known = new ProfileNames(plan, List.copyOf(plan.profiles().keySet()));
            profileNames = known;
        }
        return known.names();
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
