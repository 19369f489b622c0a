package io.llmd.simulator.output;

import io.llmd.simulator.token.TokenDecoder;

/** Reads the text of a planned output from its start to its end. Not thread-safe. */
public final class OutputText {
    private final OutputPlan plan;
    private final TokenDecoder decoder;
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

    /** The text up to a token, which is excluded; what a character lacks at the end of the plan is not waited for. */
    public String upTo(int end) {
        StringBuilder text = new StringBuilder();
        for (; tokens < end; tokens++) {
            text.append(decoder.append(plan.tokens().tokenAt(tokens)));
        }
        if (tokens == plan.length()) {
            text.append(decoder.end());
        }
        text.setLength(Math.clamp(plan.visibleChars() - (long) chars, 0, text.length()));
        chars += text.length();
        return text.toString();
    }
}
