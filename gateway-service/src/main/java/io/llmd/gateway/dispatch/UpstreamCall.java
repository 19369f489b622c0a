package io.llmd.gateway.dispatch;

/** One request under way to an endpoint. To be used on the event loop of its transport only. */
public interface UpstreamCall {

    /** Ends the request by closing its connection, which the endpoint sees as an abort. Late calls do nothing. */
    void cancel();

    /** Reads no further bytes until {@link #resume()}. */
    void pause();

    /** Reads again after {@link #pause()}. */
    void resume();
}
