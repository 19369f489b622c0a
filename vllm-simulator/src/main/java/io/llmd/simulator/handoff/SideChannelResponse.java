package io.llmd.simulator.handoff;

import java.util.Objects;

/** What came of a {@link SideChannelRequest}. */
public sealed interface SideChannelResponse {

    /** The answer to a handshake. */
    record Card(EngineCard card) implements SideChannelResponse {
        public Card {
            Objects.requireNonNull(card, "card");
        }
    }

    /** The engine does, or did, what was asked. */
    record Done() implements SideChannelResponse {}

    /** So many of the blocks that were asked for are there. */
    record Found(int blocks) implements SideChannelResponse {}

    /** There are no blocks yet; ask again. */
    record NotYet() implements SideChannelResponse {}

    /** The engine does not know the request, or is another one. */
    record Refused(String reason) implements SideChannelResponse {
        public Refused {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** Nobody answered. */
    record Unreachable(String reason) implements SideChannelResponse {
        public Unreachable {
            Objects.requireNonNull(reason, "reason");
        }
    }
}
