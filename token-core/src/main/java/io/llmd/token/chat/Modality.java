package io.llmd.token.chat;

import java.util.Locale;

/** What kind of thing a media item is. */
public enum Modality {
    IMAGE,
    AUDIO,
    VIDEO;

    /** Its name on the wire. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
