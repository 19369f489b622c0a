package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LruHashSetPropertyTest {

    @Property(tries = 300)
    void behavesAsALinkedHashSetThatForgetsItsEldest(
            @ForAll @Size(max = 400) List<@LongRange(min = 0, max = 60) Long> hashes,
            @ForAll @IntRange(min = 1, max = 40) int capacity,
            @ForAll @IntRange(min = 1, max = 40) int laterCapacity) {
        LruHashSet set = new LruHashSet(capacity);
        LinkedHashSet<Long> model = new LinkedHashSet<>();
        for (int i = 0; i < hashes.size(); i++) {
            if (i == hashes.size() / 2) {
                set.resize(laterCapacity);
                trim(model, laterCapacity);
            }
            // Multiples of 64 share their home cells in small tables, so that probing and gap closing are tried.
            long hash = hashes.get(i) * 64;
            set.add(hash, LruHashSet.home(hash));
            model.remove(hash);
            model.add(hash);
            trim(model, set.capacity());
        }
        assertThat(set.size()).isEqualTo(model.size());
        for (long hash = 0; hash <= 60; hash++) {
            assertThat(set.contains(hash * 64, LruHashSet.home(hash * 64))).isEqualTo(model.contains(hash * 64));
        }
    }

    @Test
    void staysCorrectOverManyEvictions() {
        LruHashSet set = new LruHashSet(1000);
        LinkedHashSet<Long> model = new LinkedHashSet<>();
        Random random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            long hash = random.nextInt(3000) * 0x9e3779b97f4a7c15L;
            set.add(hash, LruHashSet.home(hash));
            model.remove(hash);
            model.add(hash);
            trim(model, 1000);
        }
        assertThat(set.size()).isEqualTo(1000);
        assertThat(model).allMatch(hash -> set.contains(hash, LruHashSet.home(hash)));
    }

    @Test
    void remembersChainsWhoseHomesAreNeighbours() {
        LruHashSet set = new LruHashSet(1000);
        LinkedHashSet<Long> model = new LinkedHashSet<>();
        long[][] chains = new Random(9)
                .longs(64)
                .mapToObj(seed -> new Random(seed).longs(1 + (seed & 127)).toArray())
                .toArray(long[][]::new);
        for (int turn = 0; turn < 2000; turn++) {
            long[] chain = chains[Math.floorMod(turn * 31 + turn / 64, chains.length)];
            for (int i = chain.length - 1; i >= 0; i--) {
                set.add(chain[i], LruHashSet.home(chain, i));
                model.remove(chain[i]);
                model.add(chain[i]);
            }
            trim(model, 1000);
        }
        assertThat(set.size()).isEqualTo(1000);
        for (long[] chain : chains) {
            for (int i = 0; i < chain.length; i++) {
                assertThat(set.contains(chain[i], LruHashSet.home(chain, i))).isEqualTo(model.contains(chain[i]));
            }
        }
    }

    @Test
    void chainsThatPartEarlyAreFoundAtOnce() {
        LruHashSet set = new LruHashSet(31_250);
        Random random = new Random(5);
        long[][] chains = new long[5000][];
        for (int i = 0; i < chains.length; i++) {
            chains[i] = random.longs(8).toArray();
            chains[i][0] = 42;
            for (int block = 7; block >= 0; block--) {
                set.add(chains[i][block], LruHashSet.home(chains[i], block));
            }
        }
        long cells = 0;
        for (int i = 1000; i < chains.length; i++) {
            for (int block = 0; block < 8; block++) {
                int home = LruHashSet.home(chains[i], block);
                assertThat(set.contains(chains[i][block], home)).isTrue();
                cells += set.cellsSearched(chains[i][block], home);
            }
        }
        assertThat(cells / (8.0 * 4000)).isLessThan(4);
        assertThat(set.cellsSearched(7, LruHashSet.home(chains[0], 3))).isLessThan(100);
    }

    @Test
    void homesOfEightBlocksAreNeighbours() {
        long[] chain = new Random(3).longs(24).toArray();

        assertThat(IntStream.range(0, 24).map(i -> LruHashSet.home(chain, i)).distinct())
                .hasSize(24);
        for (int i = 0; i < 24; i++) {
            assertThat(LruHashSet.home(chain, i) >> 3).isEqualTo(LruHashSet.home(chain[i & -8]) >> 3);
        }
    }

    private static void trim(Set<Long> model, int capacity) {
        while (model.size() > capacity) {
            model.remove(model.iterator().next());
        }
    }
}
