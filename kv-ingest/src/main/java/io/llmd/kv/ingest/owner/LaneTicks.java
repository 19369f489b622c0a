package io.llmd.kv.ingest.owner;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is to be done for each lane again and again, so that a lane which fails does not keep the others from it. Logs a
 * failure once until the lane works again. For one thread.
 */
final class LaneTicks {

    private static final Logger LOG = LoggerFactory.getLogger(LaneTicks.class);

    private final Set<String> failing = new HashSet<>();

    /** Calls {@code tick} for each lane, whatever it throws for others; throws nothing but errors of the machine. */
    <T> void run(List<T> lanes, Function<T, String> id, Consumer<T> tick) {
        for (T lane : lanes) {
            try {
                tick.accept(lane);
                if (!failing.isEmpty()) {
                    failing.remove(id.apply(lane));
                }
            } catch (RuntimeException e) {
                failed(id.apply(lane), e);
            }
        }
        if (!failing.isEmpty()) {
            failing.retainAll(lanes.stream().map(id).collect(Collectors.toUnmodifiableSet()));
        }
    }

    private void failed(String id, RuntimeException cause) {
        if (failing.add(id)) {
            LOG.atError().addKeyValue("lane", id).setCause(cause).log("a lane cannot send what it knows");
        }
    }

    /** Lanes whose last tick failed. */
    int failing() {
        return failing.size();
    }
}
