package io.llmd.scheduler.discovery;

/** The source of endpoints cannot be used at start. The message says which and why. */
public final class DiscoveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DiscoveryException(String message) {
        super(message);
    }
}
