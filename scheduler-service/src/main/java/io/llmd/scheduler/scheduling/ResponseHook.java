package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.OutcomeReport;

/** Hears what became of attempts: started at most once, ended exactly once per lease. Any thread. */
public interface ResponseHook extends Plugin {

    /** The endpoint's answer has begun. Must not block. */
    void started(long leaseId, OutcomeReport report);

    /** The attempt is over, whatever the cause. Must not block. */
    void ended(long leaseId, OutcomeReport report);
}
