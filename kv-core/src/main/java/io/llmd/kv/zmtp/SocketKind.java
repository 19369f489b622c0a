package io.llmd.kv.zmtp;

import java.util.Set;

/** What we are to the peer. */
public enum SocketKind {
    /** Takes what a publisher sends. */
    SUB(Set.of("PUB", "XPUB")),
    /** Asks a router, and takes any number of answers. */
    DEALER(Set.of("ROUTER", "REP", "DEALER")),
    /** Sends to subscribers. */
    PUB(Set.of("SUB", "XSUB")),
    /** Answers whoever asks. */
    ROUTER(Set.of("DEALER", "REQ", "ROUTER"));

    private final Set<String> peers;

    SocketKind(Set<String> peers) {
        this.peers = peers;
    }

    public boolean accepts(String peerType) {
        return peers.contains(peerType);
    }
}
