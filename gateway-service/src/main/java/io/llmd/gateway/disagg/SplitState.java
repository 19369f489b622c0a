package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.JsonMembers;
import io.netty.util.concurrent.EventExecutor;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the attempts of one client request have to tell each other: the handoff, as long as no decode endpoint has seen it,
 * and why an attempt went without. Belongs to the event loop of the client; {@link #close()} gives back what it holds.
 */
public final class SplitState {

    /**
     * What a prefill leg gave.
     *
     * @param answer its answer
     * @param prefill who gave it
     * @param endNanos when it is too old for a decode endpoint
     */
    record Prefilled(PrefillAnswer answer, TargetEndpoint prefill, long endNanos) {}

    private final Disaggregation owner;
    private final EventExecutor loop;
    private final String legId;
    private Handoffs.@Nullable Permit permit;
    private @Nullable Prefilled prefilled;
    private @Nullable TargetEndpoint prefill;
    private @Nullable FallbackReason reason;
    private boolean spent;
    private final Set<String> pulling = new HashSet<>(0);
    private @Nullable EncodedMedia media;
    private @Nullable JsonMembers prepared;
    private @Nullable MediaMemory memory;
    private long memoryBytes;
    private boolean mayHold;
    private boolean closed;

    /**
     * @param loop event loop of the client
     */
    SplitState(Disaggregation owner, String requestId, EventExecutor loop) {
        this.owner = owner;
        this.loop = loop;
        this.legId = owner.ids().claim(requestId);
    }

    /** The id that all legs have. */
    String legId() {
        return legId;
    }

    /** Why the last attempt was decode-only; {@code null} when it was not. */
    public @Nullable FallbackReason fallback() {
        return reason;
    }

    /** The endpoint that computed the prompt; {@code null} when the answering one did. */
    public @Nullable TargetEndpoint prefill() {
        return reason == null ? prefill : null;
    }

    void fellBack(FallbackReason why) {
        reason = why;
        strand();
    }

    /** A prefill leg begins. Says whether its endpoint may hold another prompt. */
    boolean enter(TargetEndpoint endpoint, long promptTokens) {
        release();
        permit = owner.handoffs().tryEnter(endpoint.id(), promptTokens);
        return permit != null;
    }

    /** A prefill leg failed in a way after which its endpoint holds nothing. */
    void release() {
        Handoffs.Permit held = permit;
        permit = null;
        prefilled = null;
        if (held != null) {
            held.release();
        }
    }

    /** A prefill leg is complete: its endpoint holds the blocks. */
    void prefilled(PrefillAnswer answer, TargetEndpoint endpoint) {
        long usableNanos = owner.settings().handoffLease().dividedBy(2).toNanos();
        prefilled = new Prefilled(answer, endpoint, owner.now() + usableNanos);
        prefill = endpoint;
        reason = null;
    }

    /** A prefill leg is complete, but what it said is of no use: its endpoint may hold the blocks all the same. */
    void mayHold() {
        mayHold = true;
    }

    /** The answering endpoint computes the prompt, or pulls it from elsewhere. */
    void unsplit() {
        prefill = null;
    }

    /** The media of the request are encoded; further attempts need not do that again. */
    void encoded(EncodedMedia result) {
        media = result;
    }

    /** What encode endpoints made of the request's media; {@code null} when they have not worked on it. */
    @Nullable
    EncodedMedia media() {
        return media;
    }

    /** The body of further attempts is this one; what led to it need not be done again. */
    void prepared(JsonMembers body) {
        prepared = body;
    }

    /** The body of further attempts; {@code null} when they begin anew. */
    @Nullable
    JsonMembers prepared() {
        return prepared;
    }

    /** Takes memory that is given back when the request is over; says whether there was as much. */
    boolean takeMemory(MediaMemory from, long bytes) {
        if (!from.tryTake(bytes)) {
            return false;
        }
        memory = from;
        memoryBytes += bytes;
        return true;
    }

    /** Gives some of it back already. */
    void giveBackMemory(long bytes) {
        MediaMemory held = memory;
        if (held != null) {
            memoryBytes -= bytes;
            held.giveBack(bytes);
        }
    }

    /** Whether an endpoint may pull blocks from another one: once, for the pull may be what failed. */
    boolean mayPull(TargetEndpoint endpoint) {
        return pulling.add(endpoint.id());
    }

    /** Both endpoints are at work. */
    void splitWith(TargetEndpoint endpoint) {
        prefill = endpoint;
        reason = null;
    }

    /**
     * Blocks that no decode endpoint has been told of; {@code null} when there are none. Those that waited longer than half
     * their lease are given up: vLLM reads blocks whose lease is over all the same, and what others have written there by
     * then becomes an answer with status 200.
     */
    @Nullable
    Prefilled fresh() {
        if (!spent && prefilled != null && owner.now() - prefilled.endNanos() >= 0) {
            strand();
        }
        return spent ? null : prefilled;
    }

    /** The handoff goes to a decode endpoint, and to no other one. */
    void spend() {
        spent = true;
    }

    /** The decode endpoint was not reached: the handoff is as fresh as before. */
    void unspend() {
        spent = false;
    }

    /** Whether a decode endpoint has seen the handoff, so that later attempts do without. */
    boolean isSpent() {
        return spent;
    }

    /** The decode endpoint has the blocks. */
    void fetched() {
        Handoffs.Permit held = permit;
        permit = null;
        prefilled = null;
        if (held != null) {
            held.release();
        }
    }

    /** Nobody is known to fetch the blocks any more: they stay where they are until the endpoint's own lease is over. */
    void strand() {
        Handoffs.Permit held = permit;
        permit = null;
        boolean isHeld = prefilled != null || mayHold;
        mayHold = false;
        prefilled = null;
        if (held == null) {
            return;
        }
        if (isHeld) {
            owner.orphaned();
            loop.schedule(held::release, owner.settings().handoffLease().toNanos(), TimeUnit.NANOSECONDS);
        } else {
            held.release();
        }
    }

    /** The client request is over. May be called more than once. */
    public void close() {
        if (!closed) {
            closed = true;
            if (spent) {
                // A decode endpoint that was told of the blocks tells the other one when its request is aborted.
                release();
            } else {
                strand();
            }
            giveBackMemory(memoryBytes);
            owner.ids().release(legId);
        }
    }
}
