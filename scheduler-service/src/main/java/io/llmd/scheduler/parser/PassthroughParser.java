package io.llmd.scheduler.parser;

import java.util.List;

/** Takes every body that no other parser claims, and reads nothing of it: no model, no prompt. */
public final class PassthroughParser implements RequestParser {

    /** A parser. */
    public PassthroughParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of();
    }

    @Override
    public ParseOutcome parse(String suffix, byte[] body, int from, int length, MediaSizes media) {
        return ParseOutcome.unread(length);
    }
}
