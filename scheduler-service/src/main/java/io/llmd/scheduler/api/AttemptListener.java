package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.OutcomeReport;

/** Follows one attempt. Hears of its start at most once and of its end exactly once. Must not block or throw. */
public interface AttemptListener {

    /** Follows nothing. */
    AttemptListener NONE = report -> {};

    /** The answer has begun or the attempt is over. */
    void reported(OutcomeReport report);
}
