package io.llmd.simulator.output;

import io.llmd.simulator.token.TokenDecoder;

/** Reads the text of a planned output from its start to its end. Not thread-safe. */
public final class OutputText {
    private final OutputPlan plan;
    private final TokenDecoder decoder;
    private final StringBuilder unread = new StringBuilder();
    private int tokens;
    private int chars;

    OutputText(OutputPlan plan) {
        this.plan = plan;
        decoder = plan.tokenizer().decoder();
    }

    /** Tokens that were read. */
    int tokens() {
        return tokens;
    }

    /** Characters that were read. */
    int chars() {
        return chars;
    }

    /**
     * The text up to a token, which is excluded, but for what may become part of a stop string. A character that lacks
     * bytes at the end of the plan is never shown.
     */
    public String upTo(int end) {
        for (; tokens < end; tokens++) {
            unread.append(decoder.append(plan.tokens().tokenAt(tokens)));
        }
        boolean whole = tokens == plan.length();
        int length = Math.max(0, unread.length() - (whole ? 0 : plan.heldChars()));
        String text = unread.substring(0, Math.clamp(plan.visibleChars() - (long) chars, 0, length));
        unread.delete(0, length);
        chars += text.length();
        return text;
    }
}
