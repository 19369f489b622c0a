package io.llmd.simulator.kvevents;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The numbers that adapters have in events, in the order of their first use. Those of the {@value #MOST_KNOWN} that were
 * used last are known; an adapter that comes back after that many others gets a new number, as one that vLLM loads again
 * does. Not thread-safe.
 */
final class AdapterNumbers {
    static final int MOST_KNOWN = 10_000;

    private final SequencedMap<String, Integer> numbers = new LinkedHashMap<>(16, 0.75f, true);
    private int last;

    int of(String name) {
        Integer known = numbers.get(name);
        if (known != null) {
            return known;
        }
        if (numbers.size() == MOST_KNOWN) {
            numbers.pollFirstEntry();
        }
        numbers.put(name, ++last);
        return last;
    }
}
