package io.llmd.lab.result;

import java.util.LinkedHashMap;

/**
 * One cache of the whole fleet's size, least recently used out first: how much of the prompts it would have held says what
 * can be had without infinite memory. The blocks of a prompt count as used from its end to its beginning.
 */
final class SharedLru {

    private final int capacity;
    private final LinkedHashMap<Long, Boolean> blocks = new LinkedHashMap<>(16, 0.75f, true);

    /** @param capacity in blocks */
    SharedLru(int capacity) {
        this.capacity = capacity;
    }

    /**
     * A prompt comes.
     *
     * @param prompt its full blocks, first block first
     * @return leading blocks that were there
     */
    int take(long[] prompt) {
        int held = 0;
        while (held < prompt.length && blocks.containsKey(prompt[held])) {
            held++;
        }
        for (int i = prompt.length - 1; i >= 0; i--) {
            blocks.put(prompt[i], true);
        }
        while (blocks.size() > capacity) {
            blocks.pollFirstEntry();
        }
        return held;
    }
}
