package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/**
 * Picks an endpoint while the scheduler cannot be reached: of two random ones, the one with fewer requests of this
 * gateway in flight. Its leases have negative ids, which no scheduler gives.
 */
final class LocalPicker {

    private final ToLongFunction<String> inFlight;
    private final RandomGenerator random;
    private final AtomicLong leases = new AtomicLong();

    LocalPicker(ToLongFunction<String> inFlight, RandomGenerator random) {
        this.inFlight = inFlight;
        this.random = random;
    }

    ScheduleOutcome pick(String requestId, String model, List<TargetEndpoint> endpoints, List<String> excluded) {
        List<TargetEndpoint> candidates =
                endpoints.stream().filter(e -> !excluded.contains(e.id())).toList();
        if (candidates.isEmpty()) {
            return new ScheduleRejection(
                    requestId, ScheduleRejection.Reason.NO_ENDPOINTS, "no endpoint is known to be ready", 1_000);
        }
        TargetEndpoint one = candidates.get(random.nextInt(candidates.size()));
        TargetEndpoint other = candidates.get(random.nextInt(candidates.size()));
        TargetEndpoint chosen = inFlight.applyAsLong(other.id()) < inFlight.applyAsLong(one.id()) ? other : one;
        return new ScheduleDecision(
                requestId,
                leases.decrementAndGet(),
                model,
                "fallback",
                List.of(chosen),
                PrefixMatch.NONE,
                Map.of(),
                Map.of());
    }
}
