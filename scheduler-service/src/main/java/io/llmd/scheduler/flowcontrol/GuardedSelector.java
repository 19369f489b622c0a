package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.Nullable;

/** A selector whose exceptions are reported, and which then selects nobody. */
final class GuardedSelector implements FlowSelector {

    private final FlowSelector selector;
    private final FlowObserver observer;

    GuardedSelector(FairnessPolicy policy, FlowObserver observer) {
        this.selector = policy.newSelector();
        this.observer = observer;
    }

    @Override
    public void added(Flow flow) {
        try {
            selector.added(flow);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    @Override
    public void headChanged(Flow flow) {
        try {
            selector.headChanged(flow);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    @Override
    public void removed(Flow flow) {
        try {
            selector.removed(flow);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    @Override
    public @Nullable Flow select(long nowNanos) {
        try {
            return selector.select(nowNanos);
        } catch (RuntimeException | Error e) {
            failed(e);
            return null;
        }
    }

    @Override
    public void served(Flow flow, FlowRequest request, long nowNanos) {
        try {
            selector.served(flow, request, nowNanos);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    private void failed(Throwable e) {
        observer.policyFailed(selector.getClass().getSimpleName(), e);
    }
}
