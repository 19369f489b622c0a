package io.llmd.scheduler.plugin.screener;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.Screener;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Keeps the phases of a request on one revision while a deployment with several roles is rolled out. It drops revisions that
 * lack a required role, draws one of the others by the number of its endpoints, and says on the answer which one served, so
 * that a later phase can ask for it by header.
 *
 * <p>O(n) per request; the coverage is counted anew when the pool changes.
 */
final class DisaggregatedsetRolloutScreener implements Screener, PreRequest {

    /** What a header does. */
    enum HeaderMode {
        /** Only endpoints with the label value of the header stay. */
        STRICT,
        /** The value is written on the answer; preferring it is left to a scorer. */
        PREFER
    }

    /** @param labelSelector the endpoints of the deployment, in the one-line form of label selectors */
    record Scope(String labelSelector) {
        Scope {
            new LabelExpression(labelSelector);
        }
    }

    /**
     * @param name what the header is about
     * @param headerName request and response header
     * @param labelKey label whose value the header carries
     * @param mode what the header does
     */
    record HeaderSelector(String name, String headerName, String labelKey, HeaderMode mode) {
        HeaderSelector {
            requireText("name", name);
            requireText("headerName", headerName);
            requireText("labelKey", labelKey);
            headerName = headerName.toLowerCase(Locale.ROOT);
        }
    }

    /** @param values roles of which a revision needs at least one endpoint each */
    record RequireRoles(List<String> values) {
        RequireRoles {
            values = List.copyOf(values);
        }
    }

    /**
     * @param revisionLabelKey label that names the revision
     * @param roleLabelKey label that names the role
     * @param mode how revisions are weighed: by all endpoints, or by those of the role that has the most
     * @param requireRoles roles that a revision needs
     */
    record RevisionGating(
            @Default("disaggregatedset.x-k8s.io/revision") String revisionLabelKey,
            @Default("disaggregatedset.x-k8s.io/role") String roleLabelKey,
            Coverage.Mode mode,
            RequireRoles requireRoles) {
        RevisionGating {
            requireText("revisionLabelKey", revisionLabelKey);
            requireText("roleLabelKey", roleLabelKey);
            if (mode != Coverage.Mode.DISABLED && requireRoles.values().isEmpty()) {
                throw new IllegalArgumentException("requireRoles: [] (expected: at least one role)");
            }
        }
    }

    /**
     * @param scope which endpoints belong to the deployment
     * @param headerSelectors headers that carry label values from phase to phase
     * @param revisionGating how a revision is chosen
     */
    record Params(Scope scope, List<HeaderSelector> headerSelectors, RevisionGating revisionGating) {
        Params {
            headerSelectors = List.copyOf(headerSelectors);
        }
    }

    private static void requireText(String name, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(name + ": \"\" (expected: text)");
        }
    }

    private record Counted(Endpoint[] pool, Coverage coverage) {}

    private final String name;
    private final Params params;
    private final PluginEvents events;
    private final LabelExpression scope;
    private final Supplier<Endpoint[]> pool;
    private volatile @Nullable Counted counted;

    DisaggregatedsetRolloutScreener(String name, Params params, Supplier<Endpoint[]> pool, PluginEvents events) {
        this.name = name;
        this.params = params;
        this.events = events;
        this.pool = Objects.requireNonNull(pool, "pool");
        scope = new LabelExpression(params.scope().labelSelector());
    }

    @Override
    public Candidates screen(InferenceRequest request, Candidates candidates) {
        Candidates kept = candidates;
        boolean isRevisionGiven = false;
        for (HeaderSelector selector : params.headerSelectors()) {
            String value = selector.mode() == HeaderMode.STRICT ? request.header(selector.headerName()) : null;
            if (value != null && !value.isBlank()) {
                Candidates matching = withLabel(kept, selector.labelKey(), value.strip());
                if (matching.isEmpty() && !kept.isEmpty()) {
                    events.headerWithoutMatch(name, selector.name());
                }
                kept = matching;
                boolean isRevision =
                        selector.labelKey().equals(params.revisionGating().revisionLabelKey());
                isRevisionGiven |= isRevision;
                if (isRevision && isGated() && !coverage().covers(value.strip())) {
                    return candidates.where(i -> false);
                }
            }
        }
        return isRevisionGiven || !isGated() ? kept : ofOneRevision(request, kept);
    }

    private boolean isGated() {
        return params.revisionGating().mode() != Coverage.Mode.DISABLED;
    }

    private Candidates ofOneRevision(InferenceRequest request, Candidates candidates) {
        String revision = coverage().draw(request.random());
        return revision == null
                ? candidates.where(i -> false)
                : withLabel(candidates, params.revisionGating().revisionLabelKey(), revision);
    }

    private static Candidates withLabel(Candidates candidates, String label, String value) {
        return candidates.where(
                i -> value.equals(candidates.get(i).metadata().labels().get(label)));
    }

    private Coverage coverage() {
        Endpoint[] now = pool.get();
        Counted last = counted;
        if (last == null || last.pool() != now) {
            last = new Counted(now, Coverage.of(now, scope, params.revisionGating()));
            counted = last;
            events.revisionShares(
                    name,
                    params.revisionGating().mode().wireName(),
                    last.coverage().shares());
        }
        return last.coverage();
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        for (HeaderSelector selector : params.headerSelectors()) {
            String value = outcome.primary().primary().metadata().labels().get(selector.labelKey());
            if (value != null) {
                dispatch.addResponseHeader(selector.headerName(), value);
            }
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final EndpointStore store;
        private final ObjectProvider<PluginEvents> events;

        Factory(EndpointStore store, ObjectProvider<PluginEvents> events) {
            this.store = store;
            this.events = events;
        }

        @Override
        public String type() {
            return "disaggregatedset-rollout-screener";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Screener create(String name, Params params) {
            return new DisaggregatedsetRolloutScreener(
                    name, params, store::snapshot, events.getIfAvailable(() -> PluginEvents.NONE));
        }
    }
}
