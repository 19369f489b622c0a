package io.llmd.scheduler.observe;

import io.llmd.scheduler.prefix.PrefixClaims;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what indexes claimed to be cached and what engines confirmed. Safe from any thread. */
public final class KvClaimMeters implements PrefixClaims.Listener {

    private final Counter claimed;
    private final Counter confirmed;

    public KvClaimMeters(MeterRegistry registry) {
        claimed = Counter.builder(SchedulerMeters.KV_CLAIMED_TOKENS.getName()).register(registry);
        confirmed =
                Counter.builder(SchedulerMeters.KV_CONFIRMED_TOKENS.getName()).register(registry);
    }

    @Override
    public void compared(String endpointId, long claimedTokens, long reportedTokens) {
        claimed.increment(claimedTokens);
        confirmed.increment(Math.min(claimedTokens, reportedTokens));
    }
}
