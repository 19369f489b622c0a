package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.engine.TransferModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gets the embeddings that encoding endpoints have, so that the encoder need not run here. A request waits until each of
 * its items has come or is known not to come; requests that want the same item at a time share one transfer. Has no clock;
 * not thread-safe.
 */
public final class EmbeddingReader {
    private final SideChannel channel;
    private final Outcomes outcomes;
    private final TransferLink<Transfer> link;
    private final long preparationNanos;
    private final Map<String, Transfer> transfers = new HashMap<>();

    /** What becomes of items and requests; called on the reader's thread, must not call back. */
    public interface Outcomes {
        /** Embeddings have come. */
        void arrived(MediaKey item);

        /** A request need not wait any longer. */
        void ready(long requestId);
    }

    private static final class Transfer {
        final EmbeddingOffer offer;
        final List<Wait> waits = new ArrayList<>();

        Transfer(EmbeddingOffer offer) {
            this.offer = offer;
        }
    }

    private static final class Wait {
        final long requestId;
        final Set<String> missing;

        Wait(long requestId, Set<String> missing) {
            this.requestId = requestId;
            this.missing = missing;
        }
    }

    /** @param timeScale factor on the times of the model */
    public EmbeddingReader(TransferModel model, double timeScale, SideChannel channel, Outcomes outcomes) {
        this.channel = channel;
        this.outcomes = outcomes;
        link = new TransferLink<>(model.bytesPerSecond() / timeScale);
        preparationNanos = Math.round((model.baseNanos() + model.descriptorNanos()) * timeScale);
    }

    /** A request waits for items, at least one, each with a hash of its own. */
    public void expect(long requestId, List<EmbeddingOffer> offers) {
        Wait wait = new Wait(requestId, new HashSet<>());
        offers.forEach(offer -> wait.missing.add(offer.item().hash()));
        for (EmbeddingOffer offer : offers) {
            Transfer running = transfers.get(offer.item().hash());
            if (running != null) {
                running.waits.add(wait);
            } else {
                Transfer transfer = new Transfer(offer);
                transfer.waits.add(wait);
                transfers.put(offer.item().hash(), transfer);
                channel.ask(
                        offer.holder(),
                        new SideChannelRequest.Fetch(offer.item().hash()),
                        (response, now) -> answered(transfer, response, now));
            }
        }
    }

    /** When {@link #advance} has something to do next; {@link Long#MAX_VALUE} if nothing happens by itself. */
    public long nextEventTime() {
        return link.nextEventTime();
    }

    /** Does what is due at {@code now}. */
    public void advance(long now) {
        for (Transfer transfer = link.poll(now); transfer != null; transfer = link.poll(now)) {
            outcomes.arrived(transfer.offer.item());
            settle(transfer);
        }
    }

    private void answered(Transfer transfer, SideChannelResponse response, long now) {
        if (response instanceof SideChannelResponse.Done) {
            link.begin(transfer, preparationNanos, transfer.offer.bytes(), now);
        } else {
            settle(transfer);
        }
    }

    private void settle(Transfer transfer) {
        transfers.remove(transfer.offer.item().hash());
        for (Wait wait : transfer.waits) {
            if (wait.missing.remove(transfer.offer.item().hash()) && wait.missing.isEmpty()) {
                outcomes.ready(wait.requestId);
            }
        }
    }
}
