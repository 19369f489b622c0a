package io.llmd.simulator.fault;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with one answer, in the terms of who sends it.
 *
 * @param headStallNanos how long its head is held back; 0 for not at all, {@link #FOREVER}
 * @param stallAfterTokens sent tokens after which it falls silent; {@link #NEVER}
 * @param stallNanos for how long
 * @param stopAfterTokens sent tokens after which it ends; {@link #NEVER}
 * @param stop how it ends then
 * @param drip how its bytes trickle, if they do
 * @param garbage what is wrong with its bytes, if anything is
 * @param contentLengthOff bytes that a complete answer announces too many
 */
public record AnswerFaults(
        long headStallNanos,
        int stallAfterTokens,
        long stallNanos,
        int stopAfterTokens,
        Stop stop,
        RequestFault.@Nullable Drip drip,
        RequestFault.@Nullable Garbage garbage,
        int contentLengthOff) {
    /** A duration without an end. */
    public static final long FOREVER = Long.MAX_VALUE;

    /** A number of tokens that is never reached. */
    public static final int NEVER = Integer.MAX_VALUE;

    /** Nothing goes wrong. */
    public static final AnswerFaults NONE = new AnswerFaults(0, NEVER, 0, NEVER, Stop.CLOSE, null, null, 0);

    /** How an answer ends before its end. */
    public enum Stop {
        /** The connection is closed. */
        CLOSE,
        /** The connection is reset. */
        RESET,
        /** The client is told of an error. */
        ERROR
    }

    /** What these faults mean for the answer. If it ends in several ways, the earliest counts, of equals the harshest. */
    public static AnswerFaults of(RequestFaults faults) {
        AnswerFaults answer = NONE;
        for (RequestFault fault : faults.byKind().values()) {
            answer = answer.with(fault);
        }
        return answer;
    }

    /** Whether its bytes are others than they should be, or come otherwise. */
    public boolean damages() {
        return drip != null || garbage != null || contentLengthOff != 0;
    }

    /**
     * How far the next event of a choice may reach.
     *
     * @param sent tokens of it that were sent
     * @param upTo as far as it could reach, more than {@code sent}
     */
    public int limit(int sent, int upTo) {
        int limit = stallAfterTokens > sent ? Math.min(upTo, stallAfterTokens) : upTo;
        return stopAfterTokens > sent ? Math.min(limit, stopAfterTokens) : limit;
    }

    private AnswerFaults with(RequestFault fault) {
        return switch (fault) {
            case RequestFault.Refuse _,
                    RequestFault.Status _,
                    RequestFault.Failure _,
                    RequestFault.Delay _,
                    RequestFault.OfHandoff _ -> this;
            case RequestFault.StallBeforeHead stall -> withHeadStall(nanos(stall.length()));
            case RequestFault.StallAfterTokens stall -> withStall(stall.tokens(), nanos(stall.length()));
            case RequestFault.ErrorAfterTokens error -> withStop(error.tokens(), Stop.ERROR);
            case RequestFault.DropAfterTokens drop -> withStop(drop.tokens(), Stop.CLOSE);
            case RequestFault.ResetAfterTokens reset -> withStop(reset.tokens(), Stop.RESET);
            case RequestFault.Drip next -> withDamage(next, garbage, contentLengthOff);
            case RequestFault.Garbage next -> withDamage(drip, next, contentLengthOff);
            case RequestFault.ContentLength length -> withDamage(drip, garbage, length.off());
        };
    }

    private AnswerFaults withHeadStall(long nanos) {
        return new AnswerFaults(
                nanos, stallAfterTokens, stallNanos, stopAfterTokens, stop, drip, garbage, contentLengthOff);
    }

    private AnswerFaults withStall(int tokens, long nanos) {
        return new AnswerFaults(headStallNanos, tokens, nanos, stopAfterTokens, stop, drip, garbage, contentLengthOff);
    }

    private AnswerFaults withStop(int tokens, Stop next) {
        boolean earlier = tokens < stopAfterTokens || tokens == stopAfterTokens && next == Stop.RESET;
        return new AnswerFaults(
                headStallNanos,
                stallAfterTokens,
                stallNanos,
                earlier ? tokens : stopAfterTokens,
                earlier ? next : stop,
                drip,
                garbage,
                contentLengthOff);
    }

    private AnswerFaults withDamage(
            RequestFault.@Nullable Drip nextDrip, RequestFault.@Nullable Garbage nextGarbage, int nextOff) {
        return new AnswerFaults(
                headStallNanos, stallAfterTokens, stallNanos, stopAfterTokens, stop, nextDrip, nextGarbage, nextOff);
    }

    private static long nanos(@Nullable Duration length) {
        return length == null ? FOREVER : length.toNanos();
    }
}
