package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Keeps endpoints that are below all of the given loads; limits are inclusive, and a value that is missing counts as 0. */
final class UtilizationFilter implements Filter {

    /** What is limited. */
    enum Metric {
        /** Requests that this scheduler has placed. */
        ACTIVE_REQUESTS,
        /** Requests in the engine's batch. */
        RUNNING_REQUESTS,
        /** Requests in the engine's queue. */
        WAITING_QUEUE,
        /** Used share of the KV cache. */
        KV_CACHE_UTILIZATION
    }

    /**
     * @param metric what is limited
     * @param maxValue largest value with which an endpoint stays
     */
    record Condition(Metric metric, double maxValue) {
        Condition {
            if (maxValue < 0) {
                throw new IllegalArgumentException("maxValue: " + maxValue + " (expected: >= 0)");
            }
            if (metric == Metric.KV_CACHE_UTILIZATION && maxValue > 1) {
                throw new IllegalArgumentException(
                        "maxValue: " + maxValue + " (expected: in [0, 1] for kv-cache-utilization)");
            }
        }
    }

    /**
     * @param conditions all must hold
     * @param fallbackOnEmpty whether all candidates stay when none would
     * @param inFlightLoadProducerName producer to believe about active requests, empty for the default
     */
    record Params(
            List<Condition> conditions,
            @Default("false") boolean fallbackOnEmpty,
            @Default("") String inFlightLoadProducerName) {
        Params {
            conditions = List.copyOf(conditions);
            if (conditions.isEmpty()) {
                throw new IllegalArgumentException("conditions: [] (expected: at least one)");
            }
        }
    }

    private final Params params;
    private final DataKey<InFlightLoads> loadsKey;

    UtilizationFilter(Params params) {
        this.params = params;
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        boolean readsLoads =
                params.conditions().stream().anyMatch(condition -> condition.metric() == Metric.ACTIVE_REQUESTS);
        return readsLoads ? List.of(loadsKey) : List.of();
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        InFlightLoads loads = candidates.data(loadsKey);
        Candidates kept = candidates.where(i -> isBelowAll(candidates, i, loads));
        return kept.isEmpty() && params.fallbackOnEmpty() ? candidates : kept;
    }

    private boolean isBelowAll(Candidates candidates, int position, @Nullable InFlightLoads loads) {
        for (int c = 0; c < params.conditions().size(); c++) {
            Condition condition = params.conditions().get(c);
            if (value(condition.metric(), candidates, position, loads) > condition.maxValue()) {
                return false;
            }
        }
        return true;
    }

    private static double value(Metric metric, Candidates candidates, int position, @Nullable InFlightLoads loads) {
        return switch (metric) {
            case ACTIVE_REQUESTS -> loads == null ? 0 : loads.requests(candidates.slot(position));
            case RUNNING_REQUESTS -> candidates.get(position).runningRequests();
            case WAITING_QUEUE -> candidates.get(position).waitingRequests();
            case KV_CACHE_UTILIZATION -> candidates.get(position).kvCacheUsage();
        };
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "utilization-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new UtilizationFilter(params);
        }
    }
}
