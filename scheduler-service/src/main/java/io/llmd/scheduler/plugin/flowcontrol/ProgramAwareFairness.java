package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Prefers the program that has got least, and a little the one whose request has waited longest. The prompt counts when
 * the request is dispatched, the answer, twice per token, when it is complete. O(flows that wait).
 */
final class ProgramAwareFairness implements FairnessPolicy, PreRequest, ResponseHook {

    private static final double COMPLETION_WEIGHT = 2.0;
    private static final double NANOS_PER_MILLI = 1e6;

    /** How programs are ranked. */
    enum Strategy {
        /** Least attained service first. */
        LAS
    }

    /**
     * @param strategy how programs are ranked
     * @param lasWeightService weight of what a program has got
     * @param lasWeightHeadWait weight of how long its first request has waited
     * @param lasHalfLifeSeconds time after which what it has got counts half, 0 for always in full
     * @param evictionTtlSeconds a program that gets nothing for so long is forgotten
     * @param evictionSweepSeconds time between looks for those
     */
    record Params(
            @Default("las") Strategy strategy,
            @Default("0.8") double lasWeightService,
            @Default("0.2") double lasWeightHeadWait,
            @Default("60") double lasHalfLifeSeconds,
            @Default("3600") long evictionTtlSeconds,
            @Default("300") long evictionSweepSeconds) {
        Params {
            requireNotNegative("lasWeightService", lasWeightService);
            requireNotNegative("lasWeightHeadWait", lasWeightHeadWait);
            requireNotNegative("lasHalfLifeSeconds", lasHalfLifeSeconds);
            requirePositive("evictionTtlSeconds", evictionTtlSeconds);
            requirePositive("evictionSweepSeconds", evictionSweepSeconds);
        }

        private static void requireNotNegative(String name, double value) {
            if (value < 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
            }
        }

        private static void requirePositive(String name, long value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
            }
        }
    }

    private final Params params;
    private final LongSupplier nanoClock;
    private final AttainedService service;
    private final AttemptTokens<AttainedService> attempts = new AttemptTokens<>();

    ProgramAwareFairness(Params params, LongSupplier nanoClock) {
        this.params = params;
        this.nanoClock = nanoClock;
        this.service = new AttainedService(
                params.lasHalfLifeSeconds(), params.evictionTtlSeconds(), params.evictionSweepSeconds());
    }

    AttainedService service() {
        return service;
    }

    @Override
    public FlowSelector newSelector() {
        return new Selector();
    }

    @Override
    public void report(FlowObserver observer, long nowNanos) {
        observer.programsServed(service.jainsIndex());
        for (AttainedService.Share share : service.shares(nowNanos)) {
            observer.programServed(share.id(), share.meanWaitMillis(), share.attainedTokens());
        }
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        attempts.scheduled(request, dispatch);
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        AttemptTokens.Used<AttainedService> used = attempts.ended(leaseId, report);
        if (used != null) {
            double tokens = used.promptCorrection() + COMPLETION_WEIGHT * used.completionTokens();
            service.add(used.fairnessId(), tokens, nanoClock.getAsLong());
        }
    }

    /** The flows that wait, in an array without holes, with their programs beside them. */
    private final class Selector implements FlowSelector {

        private static final class Place {
            private int index;
        }

        private final List<Flow> flows = new ArrayList<>();
        private AttainedService.Program[] programs = new AttainedService.Program[8];
        private double[] attained = new double[8];

        @Override
        public void added(Flow flow) {
            if (flows.size() == programs.length) {
                programs = Arrays.copyOf(programs, programs.length * 2);
                attained = new double[programs.length];
            }
            Place place = new Place();
            place.index = flows.size();
            flow.attach(place);
            programs[place.index] = service.program(flow.fairnessId(), nanoClock.getAsLong());
            flows.add(flow);
        }

        @Override
        public void headChanged(Flow flow) {}

        @Override
        public void removed(Flow flow) {
            if (!(flow.attachment() instanceof Place place)) {
                return;
            }
            int last = flows.size() - 1;
            Flow moved = flows.removeLast();
            if (moved != flow && moved.attachment() instanceof Place other) {
                flows.set(place.index, moved);
                programs[place.index] = programs[last];
                other.index = place.index;
            }
            flow.attach(null);
        }

        @Override
        public @Nullable Flow select(long nowNanos) {
            int count = flows.size();
            if (count <= 1) {
                return count == 0 ? null : flows.getFirst();
            }
            service.copy(programs, attained, count);
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            long longest = Long.MIN_VALUE;
            long shortest = Long.MAX_VALUE;
            for (int i = 0; i < count; i++) {
                least = Math.min(least, attained[i]);
                most = Math.max(most, attained[i]);
                long wait = nowNanos - flows.get(i).headEnqueuedNanos();
                longest = Math.max(longest, wait);
                shortest = Math.min(shortest, wait);
            }
            Flow best = null;
            double bestScore = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < count; i++) {
                Flow flow = flows.get(i);
                double wait = nowNanos - flow.headEnqueuedNanos();
                double score = params.lasWeightService() * (1 - normal(attained[i], least, most))
                        + params.lasWeightHeadWait() * normal(wait, shortest, longest);
                boolean isBetter = score > bestScore
                        || (score == bestScore
                                && best != null
                                && flow.fairnessId().compareTo(best.fairnessId()) < 0);
                if (isBetter) {
                    best = flow;
                    bestScore = score;
                }
            }
            return best;
        }

        /** Place of {@code value} in [least, most] as 0..1; all equal is the middle. */
        private static double normal(double value, double least, double most) {
            return most > least ? (value - least) / (most - least) : 0.5;
        }

        @Override
        public void served(Flow flow, FlowRequest request, long nowNanos) {
            service.waited(flow.fairnessId(), (nowNanos - flow.headEnqueuedNanos()) / NANOS_PER_MILLI, nowNanos);
            service.add(flow.fairnessId(), request.promptTokens(), nowNanos);
            attempts.served(flow, request, service);
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final EndpointStore store;

        Factory(EndpointStore store) {
            this.store = store;
        }

        @Override
        public String type() {
            return "program-aware-fairness";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public ProgramAwareFairness create(String name, Params params) {
            return new ProgramAwareFairness(params, store::nanoTime);
        }
    }
}
