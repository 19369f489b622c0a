package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamListener;
import org.jspecify.annotations.Nullable;

/** Fetches media that requests name by their address. Thread-safe. */
public interface MediaSource {

    /** Fetches nothing. */
    MediaSource NONE = new MediaSource() {
        @Override
        public String refusal(String address) {
            return "addresses are not fetched";
        }

        @Override
        public UpstreamCall fetch(Transport transport, String address, UpstreamListener listener) {
            throw new IllegalStateException("addresses are not fetched");
        }
    };

    /** Why an address is not fetched, in words for the client; {@code null} when it may be tried. */
    @Nullable
    String refusal(String address);

    /**
     * Asks for a medium; to be called on the transport's event loop, with an address that is not refused. The listener may be
     * called before this returns only with a failure, {@code CONNECT} also where the address must not be contacted.
     */
    UpstreamCall fetch(Transport transport, String address, UpstreamListener listener);
}
