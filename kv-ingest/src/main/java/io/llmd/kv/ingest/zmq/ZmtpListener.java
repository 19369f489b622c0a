package io.llmd.kv.ingest.zmq;

import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.kv.zmtp.ZmtpMessage;

/** Takes what happens on one link. All calls come from the loop's thread, which must not be held up. */
interface ZmtpListener {

    /** A new TCP connection is through its handshake; what the former one did not deliver is lost. */
    void connected();

    /** @param message valid during the call only */
    void message(ZmtpMessage message);

    /** The connection ended, or none came about; never called after {@link ZmtpLink#close}. */
    void disconnected(LinkEnd end);
}
