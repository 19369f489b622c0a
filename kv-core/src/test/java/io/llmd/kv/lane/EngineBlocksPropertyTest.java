package io.llmd.kv.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class EngineBlocksPropertyTest {

    @Property(tries = 20)
    void findsWhatAMapFinds(@ForAll long seed) {
        Random random = new Random(seed);
        EngineBlocks blocks = new EngineBlocks();
        Map<Long, Long> model = new HashMap<>();
        List<Long> hashes = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (random.nextInt(5) < 3 || hashes.isEmpty()) {
                // Small numbers too: their places in the table are close together.
                long hash = random.nextBoolean() ? random.nextInt(3_000) : random.nextLong();
                if (!model.containsKey(hash)) {
                    blocks.add(hash, hash * 3);
                    model.put(hash, hash * 3);
                    hashes.add(hash);
                }
            } else {
                long hash = hashes.remove(random.nextInt(hashes.size()));
                blocks.remove(blocks.find(hash));
                model.remove(hash);
                assertThat(blocks.find(hash)).isNegative();
            }
        }
        assertThat(blocks.size()).isEqualTo(model.size());
        model.forEach((hash, key) -> assertThat(blocks.key(blocks.find(hash))).isEqualTo(key));
    }
}
