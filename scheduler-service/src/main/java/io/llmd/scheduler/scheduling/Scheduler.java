package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decides which endpoints serve a request: screeners, producers, admitters, then the profiles that the handler asks
 * for. Keeps nothing of a decision, safe from any thread, never blocks.
 *
 * <p>A plugin that throws is reported to {@link PluginFaults} and left out of the decision, and so is one that {@link
 * PluginGuard} wants to be left alone. Only the profile handler cannot be left out: without it the request is rejected as
 * {@link Reason#FAILED}.
 */
public final class Scheduler {

    /** Plans that are known at the same time, the newest first: attempts end under the plan that placed them. */
    private static final int MOST_PLANS = 8;

    /** What belongs to a plan. */
    private record Scoped(SchedulingPlan plan, DataScopes scopes, PlanGuards guards, List<String> names) {}

    private final PluginGuard guard;
    private volatile Scoped[] scopes = {};
    private final ReentrantLock scoping = new ReentrantLock();

    /** A scheduler that reports misbehaving plugins to {@code faults}; nobody watches for calls that hang. */
    public Scheduler(PluginFaults faults) {
        this(new PluginGuard(faults));
    }

    /** A scheduler whose plugins are guarded by {@code guard}. */
    public Scheduler(PluginGuard guard) {
        this.guard = Objects.requireNonNull(guard, "guard");
    }

    /** What the plan's request processors make of a request, in configuration order; one that fails is left out. */
    public InferenceRequest process(SchedulingPlan plan, InferenceRequest request) {
        InferenceRequest processed = request;
        List<NamedPlugin<RequestProcessor>> processors = plan.requestProcessors();
        for (int i = 0; i < processors.size(); i++) {
            RequestProcessor processor = processors.get(i).plugin();
            WatchedCall call = scoped(plan).guards().begin(ExtensionPoint.REQUEST_HEADER, processor);
            if (call != null) {
                try {
                    processed = Objects.requireNonNull(processor.process(processed), "processor answered null");
                    call.succeeded();
                } catch (RuntimeException | Error e) {
                    call.failed(e);
                }
            }
        }
        return processed;
    }

    /**
     * The request with the tokens that the plan's tokenizer makes of it; the request itself where that has nothing to do,
     * fails, or takes too long.
     *
     * @return never completes exceptionally unless a recorder throws; completed on this thread or on that of the tokenizer
     */
    public CompletionStage<InferenceRequest> tokenize(
            SchedulingPlan plan, InferenceRequest request, DecisionRecorder recorder) {
        NamedPlugin<PromptTokenizer> tokenizer = plan.tokenizer();
        if (tokenizer == null) {
            return CompletableFuture.completedFuture(request);
        }
        PlanGuards guards = scoped(plan).guards();
        WatchedCall call = guards.begin(ExtensionPoint.DATA_PRODUCER, tokenizer.plugin());
        if (call == null) {
            recorder.passedOver(tokenizer.name());
            return CompletableFuture.completedFuture(request);
        }
        recorder.begins(ExtensionPoint.DATA_PRODUCER, null, tokenizer.name());
        boolean isProbe = call.isProbe();
        CompletableFuture<List<Prompt>> prompts = tokens(tokenizer.plugin(), request);
        call.paused();
        return prompts.handle((exact, failure) -> {
            WatchedCall end = guards.resume(ExtensionPoint.DATA_PRODUCER, tokenizer.plugin(), isProbe);
            InferenceRequest tokenized = request;
            try {
                tokenized = tokenized(request, exact, failure);
                end.succeeded();
            } catch (RuntimeException e) {
                end.failed(e);
                recorder.leftOut(tokenizer.name());
            }
            recorder.ends();
            return tokenized;
        });
    }

    /** A future of ours, so that a time-out does not complete the tokenizer's own. */
    private static CompletableFuture<List<Prompt>> tokens(PromptTokenizer tokenizer, InferenceRequest request) {
        try {
            CompletionStage<List<Prompt>> tokens = tokenizer.tokenize(request);
            if (tokens == null) {
                return CompletableFuture.completedFuture(List.of());
            }
            CompletableFuture<List<Prompt>> copy = tokens.toCompletableFuture().copy();
            return copy.isDone()
                    ? copy
                    : copy.orTimeout(tokenizer.tokenizeTimeout(request).toNanos(), TimeUnit.NANOSECONDS);
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static InferenceRequest tokenized(
            InferenceRequest request, @Nullable List<Prompt> exact, @Nullable Throwable failure) {
        if (failure != null) {
            throw Production.asRuntime(failure);
        }
        Objects.requireNonNull(exact, "tokenizer answered null");
        int expected = request.body().prompts().size();
        if (!exact.isEmpty() && exact.size() != expected) {
            throw new IllegalStateException("prompts: " + exact.size() + " (expected: " + expected + ")");
        }
        return exact.isEmpty() ? request : request.withBody(request.body().withPrompts(exact));
    }

    /**
     * Decides at once, without the data of producers that have to wait.
     *
     * @param candidates all endpoints that the request may use; keeps the produced data for {@link #scheduled}
     * @param recorder {@link DecisionRecorder#NONE} unless the decision is to be explained
     */
    public SchedulingOutcome schedule(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        Scoped scope = scoped(plan);
        Candidates screened = screen(scope, request, candidates, recorder);
        if (screened.isEmpty()) {
            return noEndpoints(candidates);
        }
        screened.confine(scope.scopes(), guard.faults());
        new Production(plan.producers(), request, screened, recorder, scope.guards()).runWithoutWaiting();
        return decide(scope, request, screened, recorder);
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
        Scoped scope = scoped(plan);
        Candidates screened = screen(scope, request, candidates, recorder);
        if (screened.isEmpty()) {
            return CompletableFuture.completedFuture(noEndpoints(candidates));
        }
        screened.confine(scope.scopes(), guard.faults());
        CompletableFuture<SchedulingOutcome> outcome = new CompletableFuture<>();
        new Production(plan.producers(), request, screened, recorder, scope.guards()).run(() -> {
            try {
                outcome.complete(decide(scope, request, screened, recorder));
            } catch (RuntimeException e) {
                outcome.completeExceptionally(e);
            }
        });
        return outcome;
    }

    private Scoped scoped(SchedulingPlan plan) {
        Scoped[] known = scopes;
        for (int i = 0; i < known.length; i++) {
            if (known[i].plan() == plan) {
                return known[i];
            }
        }
        return scope(plan);
    }

    /** Under a lock, because threads that see a new plan at the same time must share its breakers. */
    private Scoped scope(SchedulingPlan plan) {
        scoping.lock();
        try {
            for (Scoped known : scopes) {
                if (known.plan() == plan) {
                    return known;
                }
            }
            Scoped added = new Scoped(
                    plan,
                    DataScopes.of(plan),
                    PlanGuards.of(plan, guard),
                    List.copyOf(plan.profiles().keySet()));
            Scoped[] all = new Scoped[Math.min(scopes.length + 1, MOST_PLANS)];
            all[0] = added;
            System.arraycopy(scopes, 0, all, 1, all.length - 1);
            scopes = all;
            return added;
        } finally {
            scoping.unlock();
        }
    }

    private static SchedulingOutcome noEndpoints(Candidates candidates) {
        return new SchedulingOutcome.Rejected(
                Reason.NO_ENDPOINTS,
                candidates.isEmpty() ? "the pool has no endpoints for this request" : "screeners left no endpoint");
    }

    private SchedulingOutcome decide(
            Scoped scope, InferenceRequest request, Candidates screened, DecisionRecorder recorder) {
        String denial = denial(scope, request, screened, recorder);
        if (denial != null) {
            return new SchedulingOutcome.Rejected(Reason.DENIED, denial);
        }
        return runProfiles(scope, request, screened, recorder);
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
        PlanGuards guards = scoped(plan).guards();
        List<NamedPlugin<PreRequest>> hooks = plan.preRequests();
        for (int i = 0; i < hooks.size(); i++) {
            NamedPlugin<PreRequest> hook = hooks.get(i);
            WatchedCall call = guards.begin(ExtensionPoint.PRE_REQUEST, hook.plugin());
            if (call == null) {
                recorder.passedOver(hook.name());
                continue;
            }
            recorder.begins(ExtensionPoint.PRE_REQUEST, null, hook.name());
            try {
                hook.plugin().scheduled(request, candidates, outcome, dispatch);
                call.succeeded();
            } catch (RuntimeException | Error e) {
                call.failed(e);
                recorder.leftOut(hook.name());
            }
            recorder.ends();
        }
    }

    /** Tells the plan's response hooks that an answer has begun. */
    public void started(SchedulingPlan plan, long leaseId, OutcomeReport report) {
        List<NamedPlugin<ResponseHook>> hooks = plan.responseHooks();
        for (int i = 0; i < hooks.size(); i++) {
            ResponseHook hook = hooks.get(i).plugin();
            WatchedCall call = scoped(plan).guards().begin(ExtensionPoint.RESPONSE_RECEIVED, hook);
            if (call != null) {
                try {
                    hook.started(leaseId, report);
                    call.succeeded();
                } catch (RuntimeException | Error e) {
                    call.failed(e);
                }
            }
        }
    }

    /** Tells the plan's response hooks that an attempt is over. */
    public void ended(SchedulingPlan plan, long leaseId, OutcomeReport report) {
        List<NamedPlugin<ResponseHook>> hooks = plan.responseHooks();
        for (int i = 0; i < hooks.size(); i++) {
            ResponseHook hook = hooks.get(i).plugin();
            WatchedCall call = scoped(plan).guards().begin(ExtensionPoint.RESPONSE_STREAMING, hook);
            if (call != null) {
                try {
                    hook.ended(leaseId, report);
                    call.succeeded();
                } catch (RuntimeException | Error e) {
                    call.failed(e);
                }
            }
        }
    }

    private Candidates screen(
            Scoped scope, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        List<NamedPlugin<Screener>> screeners = scope.plan().screeners();
        if (screeners.isEmpty() || candidates.isEmpty()) {
            return candidates;
        }
        int[] votes = new int[candidates.slotCount()];
        int voters = 0;
        for (int s = 0; s < screeners.size(); s++) {
            NamedPlugin<Screener> screener = screeners.get(s);
            WatchedCall call = scope.guards().begin(ExtensionPoint.SCREENER, screener.plugin());
            if (call == null) {
                recorder.passedOver(screener.name());
                continue;
            }
            recorder.begins(ExtensionPoint.SCREENER, null, screener.name());
            try {
                Candidates kept =
                        Objects.requireNonNull(screener.plugin().screen(request, candidates), "screener answered null");
                for (int i = 0; i < kept.size(); i++) {
                    votes[kept.slot(i)]++;
                }
                voters++;
                call.succeeded();
                recorder.screened(screener.name(), candidates, kept);
            } catch (RuntimeException | Error e) {
                call.failed(e);
                recorder.leftOut(screener.name());
            }
            recorder.ends();
        }
        int needed = voters;
        return candidates.where(position -> votes[candidates.slot(position)] == needed);
    }

    private @Nullable String denial(
            Scoped scope, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        List<NamedPlugin<Admitter>> admitters = scope.plan().admitters();
        for (int i = 0; i < admitters.size(); i++) {
            NamedPlugin<Admitter> admitter = admitters.get(i);
            WatchedCall call = scope.guards().begin(ExtensionPoint.ADMISSION, admitter.plugin());
            if (call == null) {
                recorder.passedOver(admitter.name());
                continue;
            }
            recorder.begins(ExtensionPoint.ADMISSION, null, admitter.name());
            try {
                String denial = admitter.plugin().denial(request, candidates);
                call.succeeded();
                if (denial != null) {
                    recorder.denied(admitter.name(), denial);
                    return denial;
                }
            } catch (RuntimeException | Error e) {
                call.failed(e);
                recorder.leftOut(admitter.name());
            } finally {
                recorder.ends();
            }
        }
        return null;
    }

    private SchedulingOutcome runProfiles(
            Scoped scope, InferenceRequest request, Candidates candidates, DecisionRecorder recorder) {
        SchedulingPlan plan = scope.plan();
        Map<String, ProfileOutcome> results =
                LinkedHashMap.newLinkedHashMap(scope.names().size());
        boolean ran = true;
        while (ran) {
            List<String> next = nextProfiles(scope, request, candidates, results, recorder);
            if (next == null) {
                return withoutHandler(plan);
            }
            ran = runNew(next, scope, request, candidates, results, recorder);
        }
        SchedulingOutcome outcome = process(scope, request, results, recorder);
        return outcome == null ? withoutHandler(plan) : outcome;
    }

    private static SchedulingOutcome withoutHandler(SchedulingPlan plan) {
        return new SchedulingOutcome.Rejected(
                Reason.FAILED, "profile handler " + plan.handler().name() + " failed");
    }

    /** The profiles that the handler wants next, null when it failed or is to be left alone. */
    private static @Nullable List<String> nextProfiles(
            Scoped scope,
            InferenceRequest request,
            Candidates candidates,
            Map<String, ProfileOutcome> results,
            DecisionRecorder recorder) {
        NamedPlugin<ProfileHandler> handler = scope.plan().handler();
        WatchedCall call = scope.guards().begin(ExtensionPoint.PROFILE_PICKER, handler.plugin());
        if (call == null) {
            recorder.passedOver(handler.name());
            return null;
        }
        recorder.begins(ExtensionPoint.PROFILE_PICKER, null, handler.name());
        try {
            List<String> next = handler.plugin().nextProfiles(request, candidates, scope.names(), results);
            requireKnown(next, scope.plan());
            call.succeeded();
            return next;
        } catch (RuntimeException | Error e) {
            call.failed(e);
            recorder.leftOut(handler.name());
            return null;
        } finally {
            recorder.ends();
        }
    }

    private static void requireKnown(List<String> profiles, SchedulingPlan plan) {
        for (int i = 0; i < profiles.size(); i++) {
            if (!plan.profiles().containsKey(profiles.get(i))) {
                throw new IllegalStateException("profile: " + profiles.get(i) + " (expected: one of "
                        + plan.profiles().keySet() + ")");
            }
        }
    }

    private static @Nullable SchedulingOutcome process(
            Scoped scope, InferenceRequest request, Map<String, ProfileOutcome> results, DecisionRecorder recorder) {
        NamedPlugin<ProfileHandler> handler = scope.plan().handler();
        WatchedCall call = scope.guards().begin(ExtensionPoint.PROCESS_PROFILES_RESULTS, handler.plugin());
        if (call == null) {
            recorder.passedOver(handler.name());
            return null;
        }
        recorder.begins(ExtensionPoint.PROCESS_PROFILES_RESULTS, null, handler.name());
        try {
            SchedulingOutcome outcome = handler.plugin().process(request, results);
            Objects.requireNonNull(outcome, "profile handler answered null");
            call.succeeded();
            return outcome;
        } catch (RuntimeException | Error e) {
            call.failed(e);
            recorder.leftOut(handler.name());
            return null;
        } finally {
            recorder.ends();
        }
    }

    /** Whether a profile ran that had no result yet; so the loop ends after at most one round per profile. */
    private static boolean runNew(
            List<String> next,
            Scoped scope,
            InferenceRequest request,
            Candidates candidates,
            Map<String, ProfileOutcome> results,
            DecisionRecorder recorder) {
        boolean ran = false;
        for (int i = 0; i < next.size(); i++) {
            String name = next.get(i);
            SchedulingProfile profile = scope.plan().profiles().get(name);
            if (profile != null && !results.containsKey(name)) {
                results.put(name, profile.run(request, candidates, recorder, scope.guards()));
                ran = true;
            }
        }
        return ran;
    }
}
