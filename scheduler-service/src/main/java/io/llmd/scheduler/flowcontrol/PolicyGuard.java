package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.PluginBreaker;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.WatchedCall;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Guards the calls of policies, each by a breaker of its own. Used by the owner of the engine alone. */
final class PolicyGuard {

    private final PluginGuard guard;
    private final FlowObserver observer;
    private final Map<Object, PluginBreaker> breakers = new IdentityHashMap<>();

    PolicyGuard(PluginGuard guard, FlowObserver observer) {
        this.guard = guard;
        this.observer = observer;
    }

    FlowObserver observer() {
        return observer;
    }

    /** Begins a call of a policy; null when it is to be left alone. */
    @Nullable
    WatchedCall begin(Object policy) {
        PluginBreaker known = breakers.get(policy);
        if (known == null) {
            known = breaker(policy);
            breakers.put(policy, known);
        }
        return begin(known);
    }

    /** The same for whoever keeps a breaker of its own. */
    @Nullable
    WatchedCall begin(PluginBreaker breaker) {
        return guard.begin(breaker);
    }

    /** A breaker under the name of a policy. */
    PluginBreaker breaker(Object policy) {
        return guard.breaker(name(policy));
    }

    /** The call of a policy has failed. */
    void failed(WatchedCall call, Object policy, Throwable failure) {
        call.misbehaved();
        observer.policyFailed(name(policy), failure);
    }

    /** What failures of a policy are counted under. */
    private static String name(Object policy) {
        return policy instanceof SaturationDetector detector
                ? detector.name()
                : policy.getClass().getSimpleName();
    }

    /** Other policies are in force. */
    void forget() {
        breakers.clear();
    }
}
