package io.llmd.scheduler.discovery;

/** How discovery is doing. */
public interface DiscoveryState {

    /** Whether the first enumeration of endpoints is complete. */
    boolean isReady();

    /** What is wrong with the source now, empty when nothing is. */
    String problem();
}
