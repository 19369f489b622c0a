package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.metrics.NixlMeters;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * The prefilling side of a separated request: answers other engines about the blocks that its engine holds for them.
 * Safe from any thread; what touches the engine runs on the engine's.
 */
public final class BlockHolder {
    private static final SideChannelResponse DONE = new SideChannelResponse.Done();
    private static final SideChannelResponse UNKNOWN = new SideChannelResponse.Refused("no blocks are held for it");

    private final EngineCard card;
    private final RequestNames names;
    private final long extensionNanos;
    private final Engines engine;
    private final NixlMeters meters;

    /** The way to the engine. */
    @FunctionalInterface
    public interface Engines {
        /** Runs something with the engine and its time, now or soon; left out if the engine has ended. */
        void later(ObjLongConsumer<Engine> action);
    }

    /** @param extensionNanos what a heartbeat gives from its time on */
    public BlockHolder(EngineCard card, long extensionNanos, Engines engine, NixlMeters meters) {
        this.card = card;
        this.extensionNanos = extensionNanos;
        this.engine = engine;
        this.meters = meters;
        names = new RequestNames(card.engineId());
    }

    /** The name under which others ask for a request's blocks. */
    public String name(String answerId, long requestId) {
        return names.name(answerId, requestId);
    }

    /** Answers a question; {@code then} is called once, perhaps on the engine's thread. */
    public void answer(SideChannelRequest request, Consumer<SideChannelResponse> then) {
        if (!(request instanceof SideChannelRequest.OfHolder question)) {
            then.accept(new SideChannelResponse.Refused("only blocks are here"));
        } else if (question instanceof SideChannelRequest.Handshake) {
            then.accept(new SideChannelResponse.Card(card));
        } else if (question.engineId().equals(card.engineId())) {
            engine.later((current, now) -> then.accept(answer(question, current, now)));
        } else {
            then.accept(new SideChannelResponse.Refused("this is engine " + card.engineId()));
        }
    }

    private SideChannelResponse answer(SideChannelRequest.OfHolder request, Engine current, long now) {
        return switch (request) {
            case SideChannelRequest.Handshake _ -> new SideChannelResponse.Card(card);
            case SideChannelRequest.Read read -> isHeld(read.requestId(), current) ? DONE : UNKNOWN;
            case SideChannelRequest.Notify notice -> giveBack(notice.requestId(), current, now) ? DONE : UNKNOWN;
            case SideChannelRequest.Heartbeat heartbeat -> {
                heartbeat.requestIds().forEach(name -> extend(name, current, now));
                yield DONE;
            }
        };
    }

    private boolean isHeld(String name, Engine current) {
        OptionalLong number = names.number(name);
        return number.isPresent() && current.holdsBlocksOf(number.getAsLong());
    }

    private boolean giveBack(String name, Engine current, long now) {
        OptionalLong number = names.number(name);
        boolean held = number.isPresent() && current.endLease(number.getAsLong(), LeaseEnd.NOTIFIED, now);
        if (!held) {
            meters.notifiedTooLate();
        }
        return held;
    }

    private void extend(String name, Engine current, long now) {
        names.number(name).ifPresent(number -> current.extendLease(number, now + extensionNanos, now));
    }
}
