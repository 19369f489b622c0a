package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.AppProtocol;
import java.util.List;
import java.util.Set;

/** Takes every body that no other parser claims, and reads nothing of it: no model, no prompt. */
public final class PassthroughParser implements RequestParser {

    /** A parser. */
    public PassthroughParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of();
    }

    @Override
    public Set<AppProtocol> protocols() {
        return Set.of();
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        return ParseOutcome.unread(body.length());
    }
}
