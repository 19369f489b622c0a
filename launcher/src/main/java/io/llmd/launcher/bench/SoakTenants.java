package io.llmd.launcher.bench;

import io.llmd.gateway.access.NewApiKey;
import io.llmd.launcher.load.Target;
import java.net.URI;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Tenants that come and go: some send at a time, and at each step the one that has sent longest sends no more and one that
 * never did begins. One thread steps; {@link #isSending} by any.
 */
final class SoakTenants {

    private static final int SENDING = 3;

    private final List<NewApiKey> keys;
    private final List<Target> targets;
    private final Map<Target, Integer> numbers = new HashMap<>();
    private volatile int first;

    /** @param steps that will be taken at most */
    SoakTenants(URI url, int steps) {
        SecureRandom random = new SecureRandom();
        keys = IntStream.range(0, steps + SENDING)
                .mapToObj(number -> NewApiKey.generate(random, "tenant-" + number, 0))
                .toList();
        targets = keys.stream()
                .map(key -> new Target(url, key.secret(), Map.of()))
                .toList();
        for (int i = 0; i < targets.size(); i++) {
            numbers.put(targets.get(i), i);
        }
    }

    /** The gateway as each of them sees it. */
    List<Target> targets() {
        return targets;
    }

    boolean isSending(Target target) {
        int number = numbers.getOrDefault(target, -1);
        return number >= first && number < first + SENDING;
    }

    /** Keys of those who send, of the next one, and of the last one that has left, whose requests may be under way. */
    List<NewApiKey> known() {
        return keys.subList(Math.max(0, first - 1), Math.min(keys.size(), first + SENDING + 1));
    }

    /** The next step. @throws IllegalStateException after the last one */
    void step() {
        if (first + SENDING >= keys.size()) {
            throw new IllegalStateException(
                    "steps: " + (first + 1) + " (expected: <= " + (keys.size() - SENDING) + ")");
        }
        first++;
    }
}
