package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares what an index claimed of an endpoint with what the engine reports: cached tokens of the same request. Where events
 * are complete they have the last word, and contradictions are counted; where some are missing, blocks may be believed in that
 * are gone, and what the engine contradicts by more than a block is withdrawn. Safe from any thread.
 *
 * <p>Holds a claim per attempt under way, at most {@value #MAX_CLAIMS}, and two numbers per endpoint.
 */
public final class PrefixClaims {

    private static final int MAX_CLAIMS = 100_000;
    private static final int MAX_ENDPOINTS = 10_000;

    /** New claims count this much in an endpoint's share. */
    private static final double NEWEST_SHARE = 0.05;

    /**
     * What was claimed for one attempt.
     *
     * @param endpointId where it went
     * @param lane what the index knows of the endpoint, in part; null when it knows all, so that nothing is to be withdrawn
     * @param keys of the prompt's blocks
     * @param blocks how many of them the endpoint holds, as claimed
     * @param blockTokens tokens per block
     */
    public record Claim(String endpointId, @Nullable IndexLane lane, long[] keys, int blocks, int blockTokens) {
        long tokens() {
            return (long) blocks * blockTokens;
        }
    }

    /** Hears of each comparison. */
    @FunctionalInterface
    public interface Listener {
        void compared(String endpointId, long claimedTokens, long reportedTokens);
    }

    private final Listener listener;
    private final Map<Long, Claim> open = new ConcurrentHashMap<>();
    private final Map<String, Double> shares = new ConcurrentHashMap<>();

    public PrefixClaims(Listener listener) {
        this.listener = listener;
    }

    /** Takes note of what was claimed for an attempt. */
    public void claimed(long leaseId, Claim claim) {
        if (open.size() < MAX_CLAIMS) {
            open.put(leaseId, claim);
        }
    }

    /**
     * The attempt is over.
     *
     * @param endpointId where it ended
     * @param cachedTokens as the engine reported; negative when it did not
     */
    public void ended(long leaseId, String endpointId, int cachedTokens) {
        Claim claim = open.remove(leaseId);
        if (claim == null || cachedTokens < 0 || !claim.endpointId().equals(endpointId)) {
            return;
        }
        if (claim.lane() != null) {
            withdraw(claim.lane(), claim, cachedTokens);
            return;
        }
        listener.compared(endpointId, claim.tokens(), cachedTokens);
        if (claim.blocks() == 0) {
            return;
        }
        double share = Math.min(1, cachedTokens / (double) claim.tokens());
        if (shares.size() < MAX_ENDPOINTS || shares.containsKey(endpointId)) {
            shares.merge(endpointId, share, (before, now) -> before + NEWEST_SHARE * (now - before));
        }
    }

    private static void withdraw(IndexLane lane, Claim claim, int cachedTokens) {
        // One block less is usual: engines compute the last block of a prompt that they hold in full.
        int confirmed = cachedTokens / claim.blockTokens();
        if (confirmed + 1 < claim.blocks()) {
            lane.contradicted(claim.keys(), confirmed, claim.blocks());
        }
    }

    /** Share of the claimed tokens that an endpoint confirms, lately, in [0, 1]; NaN before its first claim. */
    public double confirmedShare(String endpointId) {
        return shares.getOrDefault(endpointId, Double.NaN);
    }

    /** Forgets an endpoint. */
    public void removed(String endpointId) {
        shares.remove(endpointId);
    }
}
