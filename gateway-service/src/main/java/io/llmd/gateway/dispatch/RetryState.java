package io.llmd.gateway.dispatch;

import java.util.ArrayList;
import java.util.List;

/** How often one request was tried and whether it may be tried again. Not thread-safe. */
public final class RetryState {

    private final RetryBudget budget;
    private final int maxFurther;
    private final boolean repeatable;
    private final List<String> excluded = new ArrayList<>(2);
    private int further;
    private boolean onceUsed;
    private boolean holdsBudget;

    /**
     * @param maxFurther further endpoints at most
     * @param repeatable whether an endpoint may see the request twice
     */
    public RetryState(RetryBudget budget, int maxFurther, boolean repeatable) {
        this.budget = budget;
        this.maxFurther = maxFurther;
        this.repeatable = repeatable;
    }

    /** Endpoints that failed so far. */
    public List<String> excluded() {
        return excluded;
    }

    /** Whether the request is in a further attempt. */
    public boolean isRetried() {
        return further > 0;
    }

    /**
     * Lets the endpoint that failed last be chosen again, for a failure that was not its own. Says whether there was one.
     */
    public boolean forgive() {
        if (excluded.isEmpty()) {
            return false;
        }
        excluded.removeLast();
        return true;
    }

    /** Notes a failed attempt and says whether there may be another one at another endpoint. */
    public boolean tryAnother(String endpointId, AttemptFailure failure) {
        excluded.add(endpointId);
        boolean allowed = failure.allowsOtherEndpoint()
                && (repeatable || failure == AttemptFailure.CONNECT)
                && further < maxFurther
                && !(failure.isOnlyOnce() && onceUsed);
        onceUsed |= failure.isOnlyOnce();
        if (!allowed || !(isMove(failure) || holdsBudget || acquire())) {
            return false;
        }
        further++;
        return true;
    }

    /** The first attempt died with its endpoint: nothing is repeated, so the budget against repetition stays out. */
    private boolean isMove(AttemptFailure failure) {
        return further == 0 && failure.isEndpointLost();
    }

    private boolean acquire() {
        holdsBudget = budget.tryAcquire();
        return holdsBudget;
    }

    /** Gives the budget back; to be called once when the request is over. */
    public void release() {
        if (holdsBudget) {
            holdsBudget = false;
            budget.release();
        }
    }
}
