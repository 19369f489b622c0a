package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Tells the endpoint that computes the prompt from which other endpoint it may pull cached blocks. Sources are the
 * endpoints that hold most of the prompt in the memory of their host, or anywhere where tiers are not known, up to one block
 * less; one is drawn with a weight that falls with its waiting queue. The draw follows from the request id, so that a
 * repeated request gets the same source.
 */
final class P2pSourceProducer implements PreRequest {

    private static final int FNV_OFFSET = 0x811c9dc5;
    private static final int FNV_PRIME = 0x01000193;
    private static final double UNSIGNED_INTS = 0x1p32;

    /**
     * @param prefixMatchInfoProducerName producer to believe, empty for the default
     * @param minCachedTokenDelta tokens that the source must hold beyond those of the computing endpoint
     * @param prefillProfileName profile whose endpoint computes the prompt when it ran; else the primary one does
     */
    record Params(
            @Default("") String prefixMatchInfoProducerName,
            @Default("1") int minCachedTokenDelta,
            @Default("prefill") String prefillProfileName) {
        Params {
            if (minCachedTokenDelta < 1) {
                throw new IllegalArgumentException("minCachedTokenDelta: " + minCachedTokenDelta + " (expected: >= 1)");
            }
        }
    }

    private final Params params;
    private final DataKey<PrefixMatches> matchesKey;

    P2pSourceProducer(Params params) {
        this.params = params;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        PrefixMatches matches = candidates.data(matchesKey);
        if (matches == null) {
            return;
        }
        ProfileOutcome.Picked prefill = outcome.profiles().get(params.prefillProfileName());
        int computing = (prefill == null ? outcome.primary() : prefill).primarySlot();
        int source = source(request, candidates, matches);
        boolean helps = sourceTokens(matches, source) - matches.cachedTokens(computing) >= params.minCachedTokenDelta();
        if (source != computing && helps) {
            dispatch.addRequestHeader(
                    LlmdHeader.KV_CACHE_SOURCE_HOST_PORT.wireName(),
                    candidates.atSlot(source).metadata().hostPort());
        }
    }

    private static int source(InferenceRequest request, Candidates candidates, PrefixMatches matches) {
        long most = 0;
        for (int slot = 0; slot < candidates.slotCount(); slot++) {
            most = Math.max(most, sourceTokens(matches, slot));
        }
        double sum = 0;
        for (int slot = 0; slot < candidates.slotCount(); slot++) {
            sum += weight(candidates.atSlot(slot), matches, slot, most);
        }
        double left = Integer.toUnsignedLong(fnv1a(request.requestId())) / UNSIGNED_INTS * sum;
        int last = 0;
        for (int slot = 0; slot < candidates.slotCount(); slot++) {
            double weight = weight(candidates.atSlot(slot), matches, slot, most);
            if (weight > 0) {
                last = slot;
                left -= weight;
            }
            if (weight > 0 && left < 0) {
                return slot;
            }
        }
        return last;
    }

    private static double weight(Endpoint endpoint, PrefixMatches matches, int slot, long most) {
        boolean isSource = sourceTokens(matches, slot) + matches.blockTokens(slot) >= most;
        return isSource ? 1.0 / (1 + endpoint.waitingRequests()) : 0.0;
    }

    /** Tokens that others can pull from the endpoint: those in the memory of its host, where that is known. */
    private static long sourceTokens(PrefixMatches matches, int slot) {
        return matches.knowsTiers(slot)
                ? (long) matches.cpuBlocks(slot) * matches.blockTokens(slot)
                : matches.cachedTokens(slot);
    }

    /** FNV-1a, 32 bits (Fowler, Noll, Vo). */
    private static int fnv1a(String text) {
        int hash = FNV_OFFSET;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "p2p-source-producer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public PreRequest create(String name, Params params) {
            return new P2pSourceProducer(params);
        }
    }
}
