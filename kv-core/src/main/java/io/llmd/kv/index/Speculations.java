package io.llmd.kv.index;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Prompts that were sent to an endpoint and whose blocks it will hold soon. Between a decision and the first event lies the
 * time in the queue and of the prefill; without this, equal prompts that come in a burst would spread over all endpoints. Kept
 * beside the index, so that their end never touches what events told. Safe from any thread; look-ups never wait and allocate
 * nothing.
 *
 * <p>Grows with the prompts under way, up to {@value #MAX_KEYS} keys and {@value #MAX_CHAINS} prompts with one first block;
 * the oldest go first.
 */
public final class Speculations {

    /** Receives one endpoint's expected match. */
    @FunctionalInterface
    public interface Receiver {

        /**
         * An endpoint will hold leading blocks of the prompt.
         *
         * @param endpoint as it was given
         * @param blocks at least 1
         */
        void matched(String endpoint, int blocks);
    }

    private static final int MAX_CHAINS = 64;
    private static final int MAX_KEYS = 4 << 20;
    private static final int BUCKETS = 4096;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    /** A prompt on its way. */
    public static final class Chain {
        private final String endpoint;
        private final long[] keys;
        private final long expiresMillis;
        private volatile boolean isCancelled;

        private Chain(String endpoint, long[] keys, long expiresMillis) {
            this.endpoint = endpoint;
            this.keys = keys;
            this.expiresMillis = expiresMillis;
        }

        private boolean isLive(long nowMillis) {
            return !isCancelled && nowMillis < expiresMillis;
        }
    }

    private final AtomicReferenceArray<Chain @Nullable []> buckets = new AtomicReferenceArray<>(BUCKETS);
    private final Deque<Chain> inOrder = new ArrayDeque<>();
    private int keyCount;

    /**
     * Takes note of a prompt.
     *
     * @param keys request keys; the first {@code count} are copied, none is fine
     * @return a handle for {@link #cancel}
     */
    public synchronized Chain add(String endpoint, long[] keys, int count, long nowMillis, long timeToLiveMillis) {
        expire(nowMillis);
        Chain chain = new Chain(endpoint, Arrays.copyOf(keys, count), nowMillis + timeToLiveMillis);
        if (count == 0 || count > MAX_KEYS) {
            return chain;
        }
        while (keyCount + count > MAX_KEYS) {
            drop(inOrder.removeFirst());
        }
        keyCount += count;
        inOrder.addLast(chain);
        int at = bucket(chain.keys[0]);
        Chain[] present = buckets.get(at);
        if (present == null) {
            buckets.set(at, new Chain[] {chain});
            return chain;
        }
        // The newest comes last; beyond the bound the oldest goes.
        int kept = Math.min(present.length, MAX_CHAINS - 1);
        Chain[] more = new Chain[kept + 1];
        System.arraycopy(present, present.length - kept, more, 0, kept);
        more[kept] = chain;
        buckets.set(at, more);
        return chain;
    }

    /** The prompt will not be computed after all. */
    public synchronized void cancel(Chain chain) {
        chain.isCancelled = true;
        if (inOrder.remove(chain)) {
            drop(chain);
        }
    }

    /** Forgets prompts whose time is over. */
    public synchronized void expire(long nowMillis) {
        while (!inOrder.isEmpty() && !inOrder.getFirst().isLive(nowMillis)) {
            drop(inOrder.removeFirst());
        }
    }

    private void drop(Chain chain) {
        keyCount -= chain.keys.length;
        int at = bucket(chain.keys[0]);
        Chain[] present = buckets.get(at);
        if (present == null) {
            return;
        }
        Chain[] rest = Arrays.stream(present).filter(each -> each != chain).toArray(Chain[]::new);
        buckets.set(at, rest.length == 0 ? null : rest);
    }

    /** Prompts that are remembered. */
    public synchronized int size() {
        return inOrder.size();
    }

    /**
     * Tells the endpoints that will hold leading blocks of a prompt; one with several such prompts is told several times.
     *
     * @param keys request keys of the prompt; the first {@code count} are used
     * @implNote O(log count) for each prompt with the same first block
     */
    public void match(long[] keys, int count, long nowMillis, Receiver receiver) {
        Chain[] present = count == 0 ? null : buckets.get(bucket(keys[0]));
        if (present == null) {
            return;
        }
        for (Chain chain : present) {
            if (chain.keys[0] == keys[0] && chain.isLive(nowMillis)) {
                receiver.matched(chain.endpoint, common(keys, chain.keys, Math.min(count, chain.keys.length)));
            }
        }
    }

    /** Leading equal keys, at least 1; keys are chained, so that equality at a place means equality before it. */
    private static int common(long[] a, long[] b, int length) {
        int equal = 1;
        int step = 1;
        while (equal + step <= length && a[equal + step - 1] == b[equal + step - 1]) {
            equal += step;
            step *= 2;
        }
        for (; step > 0; step /= 2) {
            if (equal + step <= length && a[equal + step - 1] == b[equal + step - 1]) {
                equal += step;
            }
        }
        return equal;
    }

    private static int bucket(long key) {
        return (int) Math.unsignedMultiplyHigh(key * MIX, BUCKETS);
    }
}
