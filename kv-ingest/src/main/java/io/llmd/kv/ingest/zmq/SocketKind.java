package io.llmd.kv.ingest.zmq;

import java.util.Set;

/** What we are to the peer. */
enum SocketKind {
    /** Takes what a publisher sends. */
    SUB(Set.of("PUB", "XPUB")),
    /** Asks a router, and takes any number of answers. */
    DEALER(Set.of("ROUTER", "REP", "DEALER"));

    private final Set<String> peers;

    SocketKind(Set<String> peers) {
        this.peers = peers;
    }

    boolean accepts(String peerType) {
        return peers.contains(peerType);
    }
}
