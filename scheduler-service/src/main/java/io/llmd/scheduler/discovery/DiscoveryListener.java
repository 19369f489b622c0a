package io.llmd.scheduler.discovery;

/** Hears of problems with the source of endpoints. Must not block. */
public interface DiscoveryListener {

    /** The source as a whole could not be read; all endpoints stay as they are. */
    void sourceRefused(String reason);

    /** One entry was refused; its previous version stays. */
    void entryRefused(String reason);

    /** A new list is in force. */
    void loaded(int endpoints);
}
