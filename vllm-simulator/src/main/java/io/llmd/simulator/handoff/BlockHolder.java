package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.metrics.NixlMeters;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The prefilling side of a separated request: answers other engines about the blocks that its engine holds for them.
 * {@link #answer} is safe from any thread; the rest belongs to the engine's.
 */
public final class BlockHolder {
    private static final SideChannelResponse DONE = new SideChannelResponse.Done();
    private static final SideChannelResponse NOT_YET = new SideChannelResponse.NotYet();
    private static final SideChannelResponse UNKNOWN = new SideChannelResponse.Refused("no blocks are held for it");

    private final EngineCard card;
    private final RequestNames names;
    private final @Nullable PromisedBlocks promises;
    private final long extensionNanos;
    private final Engines engine;
    private final NixlMeters meters;
    private final @Nullable BlockWriter writer;
    private final @Nullable HostTier tier;

    /** The way to the engine. */
    @FunctionalInterface
    public interface Engines {
        /** Runs something with the engine and its time, now or soon; left out if the engine has ended. */
        void later(ObjLongConsumer<Engine> action);
    }

    /**
     * @param dialect decides whether answers name blocks, or requests do so before they exist
     * @param extensionNanos what a heartbeat gives from its time on
     * @param writer writes blocks, where it is not for others to read them
     * @param tier what others may read without a lease
     */
    public BlockHolder(
            EngineCard card,
            HandoffDialect dialect,
            long extensionNanos,
            Engines engine,
            NixlMeters meters,
            @Nullable BlockWriter writer,
            @Nullable HostTier tier) {
        this.card = card;
        this.extensionNanos = extensionNanos;
        this.engine = engine;
        this.meters = meters;
        this.writer = writer;
        this.tier = tier;
        names = new RequestNames(card.engineId());
        promises = dialect.answersTell()
                ? null
                : new PromisedBlocks(
                        id -> engine.later((current, now) -> current.endLease(id, LeaseEnd.NOTIFIED, now)));
    }

    /** The name under which others ask for a request's blocks, where answers tell it. */
    public String name(String answerId, long requestId) {
        return names.name(answerId, requestId);
    }

    /** A request has been taken whose blocks others know by a name already. */
    public void promise(String key, long requestId) {
        if (promises != null) {
            promises.promise(key, requestId);
        }
    }

    /** Hears what the engine does. */
    public void hear(EngineEvent event) {
        if (writer != null) {
            writer.hear(event);
        }
        if (tier != null) {
            tier.hear(event);
        }
        if (promises != null) {
            promises.hear(event);
        }
    }

    /** Answers a question; {@code then} is called once, perhaps on the engine's thread. */
    public void answer(SideChannelRequest request, Consumer<SideChannelResponse> then) {
        if (!(request instanceof SideChannelRequest.OfHolder question)) {
            then.accept(new SideChannelResponse.Refused("only blocks are here"));
        } else if (question instanceof SideChannelRequest.Handshake) {
            then.accept(new SideChannelResponse.Card(card));
        } else if (question.engineId().equals(card.engineId())
                || question.engineId().equals(Handoff.ANY_ENGINE)) {
            engine.later((current, now) -> then.accept(answer(question, current, now)));
        } else {
            then.accept(new SideChannelResponse.Refused("this is engine " + card.engineId()));
        }
    }

    private SideChannelResponse answer(SideChannelRequest.OfHolder request, Engine current, long now) {
        return switch (request) {
            case SideChannelRequest.Handshake _ -> new SideChannelResponse.Card(card);
            case SideChannelRequest.Read read -> readable(read.requestId(), current);
            case SideChannelRequest.Write write -> written(write, current, now);
            case SideChannelRequest.Lookup lookup -> found(lookup);
            case SideChannelRequest.Notify notice -> giveBack(notice.requestId(), current, now);
            case SideChannelRequest.Heartbeat heartbeat -> {
                heartbeat.requestIds().forEach(name -> extend(name, current, now));
                yield DONE;
            }
        };
    }

    private SideChannelResponse readable(String name, Engine current) {
        OptionalLong number = number(name);
        if (number.isPresent() && current.holdsBlocksOf(number.getAsLong())) {
            return DONE;
        }
        return promises == null || promises.isOver(name) ? UNKNOWN : NOT_YET;
    }

    private SideChannelResponse written(SideChannelRequest.Write wanted, Engine current, long now) {
        String name = wanted.requestId();
        Boolean outcome = writer == null ? Boolean.FALSE : writer.outcome(name);
        if (writer == null || outcome != null) {
            return Boolean.TRUE.equals(outcome) ? DONE : UNKNOWN;
        }
        OptionalLong number = number(name);
        boolean isHeld = number.isPresent() && current.holdsBlocksOf(number.getAsLong());
        if (!isHeld && !writer.isUnderWay(name) && (promises == null || promises.isOver(name))) {
            return UNKNOWN;
        }
        writer.want(name, wanted.blocks(), now);
        if (isHeld) {
            writer.write(name, number.getAsLong(), now);
        }
        return NOT_YET;
    }

    /** What the request that shall compute the blocks has not stored yet is awaited. */
    private SideChannelResponse found(SideChannelRequest.Lookup lookup) {
        String name = lookup.requestId();
        if (tier == null) {
            return UNKNOWN;
        }
        return name.equals(Handoff.NO_REQUEST) || promises == null || promises.isOver(name)
                ? new SideChannelResponse.Found(tier.leading(lookup.hashes()))
                : NOT_YET;
    }

    private SideChannelResponse giveBack(String name, Engine current, long now) {
        OptionalLong number = number(name);
        if (number.isPresent() && current.endLease(number.getAsLong(), LeaseEnd.NOTIFIED, now)) {
            return DONE;
        }
        if (promises != null && !promises.isOver(name)) {
            promises.end(name);
            return DONE;
        }
        meters.notifiedTooLate();
        return UNKNOWN;
    }

    private void extend(String name, Engine current, long now) {
        number(name).ifPresent(number -> current.extendLease(number, now + extensionNanos, now));
    }

    private OptionalLong number(String name) {
        if (promises == null) {
            return names.number(name);
        }
        Long request = promises.request(name);
        return request == null ? OptionalLong.empty() : OptionalLong.of(request);
    }
}
