package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.PluginBreaker;
import io.llmd.scheduler.scheduling.WatchedCall;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A selector whose exceptions are reported, and which then selects nobody. After a failure it is made anew, because it may
 * have missed something. While it is left alone after failures in a row, flows go in the order of arrival.
 */
final class GuardedSelector implements FlowSelector {

    private final FairnessPolicy policy;
    private final PolicyGuard guard;
    private final Collection<FlowQueue> flows;
    private final PluginBreaker breaker;
    private FlowSelector selector;
    private boolean isOutdated;

    /**
     * A selector of a policy.
     *
     * @param flows the flows of the band, always as they are
     */
    GuardedSelector(FairnessPolicy policy, PolicyGuard guard, Collection<FlowQueue> flows) {
        this.policy = policy;
        this.guard = guard;
        this.flows = flows;
        this.selector = policy.newSelector();
        this.breaker = guard.breaker(selector);
    }

    @Override
    public void added(Flow flow) {
        tell(() -> selector.added(flow));
    }

    @Override
    public void headChanged(Flow flow) {
        tell(() -> selector.headChanged(flow));
    }

    @Override
    public void removed(Flow flow) {
        tell(() -> selector.removed(flow));
    }

    @Override
    public void served(Flow flow, FlowRequest request, long nowNanos) {
        tell(() -> selector.served(flow, request, nowNanos));
    }

    /** One that has missed something before need not know more: it is made anew before it is asked. */
    private void tell(Runnable news) {
        if (isOutdated || breaker.isOpen()) {
            isOutdated = true;
            return;
        }
        WatchedCall call = guard.begin(breaker);
        if (call == null) {
            isOutdated = true;
            return;
        }
        try {
            news.run();
            call.succeeded();
        } catch (RuntimeException | Error e) {
            failed(call, e);
        }
    }

    @Override
    public @Nullable Flow select(long nowNanos) {
        WatchedCall call = guard.begin(breaker);
        if (call == null) {
            return firstToArrive();
        }
        try {
            if (isOutdated) {
                begin();
            }
            Flow selected = selector.select(nowNanos);
            call.succeeded();
            return selected;
        } catch (RuntimeException | Error e) {
            failed(call, e);
            return null;
        }
    }

    private void begin() {
        FlowSelector fresh = policy.newSelector();
        selector = fresh;
        for (FlowQueue flow : flows) {
            flow.attach(null);
            if (!flow.isEmpty()) {
                fresh.added(flow);
            }
        }
        isOutdated = false;
    }

    private @Nullable Flow firstToArrive() {
        FlowQueue first = null;
        for (FlowQueue flow : flows) {
            if (!flow.isEmpty() && (first == null || flow.headSequence() - first.headSequence() < 0)) {
                first = flow;
            }
        }
        return first;
    }

    private void failed(WatchedCall call, Throwable e) {
        isOutdated = true;
        guard.failed(call, selector, e);
    }
}
