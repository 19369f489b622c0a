package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.UpstreamListener;

/**
 * Follows a disaggregated attempt: hears of the decode leg's answer as of any other, or that there will be none because a
 * prefill endpoint has refused the request.
 */
public interface SplitListener extends UpstreamListener {

    /** The decode leg is sent; what came before took the time of another endpoint. */
    void onDecodeSent();

    /**
     * The request ends with the answer of a prefill endpoint, or with one made in its place. Nothing is called after.
     *
     * @param status 400 or above
     * @param body the answer's body
     */
    void onRefused(int status, byte[] body);
}
