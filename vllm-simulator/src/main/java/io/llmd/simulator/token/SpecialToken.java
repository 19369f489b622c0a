package io.llmd.simulator.token;

import java.util.List;

/** Tokens that no text encodes to. */
public enum SpecialToken {
    /** Before the role of a chat message. */
    MESSAGE_START("<|im_start|>"),
    /** After the content of a chat message. */
    MESSAGE_END("<|im_end|>"),
    /** Before the definitions of tools. */
    TOOLS("<|tools|>"),
    /** In place of a part that is not text. */
    MEDIA("<|media|>"),
    /** Before documents that the answer shall use. */
    DOCUMENTS("<|documents|>"),
    /** Before what else changes the rendering of a chat. */
    SETTINGS("<|settings|>");

    static final List<SpecialToken> ALL = List.of(values());

    private final String text;

    SpecialToken(String text) {
        this.text = text;
    }

    /** How it looks in text. */
    public String text() {
        return text;
    }
}
