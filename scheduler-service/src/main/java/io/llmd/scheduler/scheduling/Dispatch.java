package io.llmd.scheduler.scheduling;

import java.util.HashMap;
import java.util.Map;

/** One attempt on its way: its lease and the headers that plugins want added. Used by one thread. */
public final class Dispatch {

    private final long leaseId;
    private final Map<String, String> requestHeaders = new HashMap<>(4);
    private final Map<String, String> responseHeaders = new HashMap<>(4);

    /** An attempt without headers yet. */
    public Dispatch(long leaseId) {
        this.leaseId = leaseId;
    }

    /** Identifies the attempt in {@link ResponseHook} calls. */
    public long leaseId() {
        return leaseId;
    }

    /** Adds a header, lower-case name, to the request for the endpoint. */
    public void addRequestHeader(String name, String value) {
        requestHeaders.put(name, value);
    }

    /** Removes a header, lower-case name, that the client sent or a plugin before has added. */
    public void removeRequestHeader(String name) {
        requestHeaders.put(name, "");
    }

    /** Adds a header, lower-case name, to the answer for the client. */
    public void addResponseHeader(String name, String value) {
        responseHeaders.put(name, value);
    }

    /** Headers for the endpoint; an empty value removes the header. */
    public Map<String, String> requestHeaders() {
        return requestHeaders;
    }

    /** Headers for the client. */
    public Map<String, String> responseHeaders() {
        return responseHeaders;
    }
}
