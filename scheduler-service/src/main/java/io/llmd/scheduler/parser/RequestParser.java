package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.AppProtocol;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads the bodies of requests whose path ends in a certain way. Safe from any thread; must not block. */
public interface RequestParser extends Plugin {

    /**
     * Ends of paths that this parser reads, without a leading slash. Empty for one that takes what no other parser claims.
     * A suffix counts from a slash on, and one that begins with a capital letter, as names of gRPC services do, also from
     * a dot on.
     */
    List<String> pathSuffixes();

    /** What endpoints have to speak, one of these, for what this parser reads; empty for one that reads nothing. */
    default Set<AppProtocol> protocols() {
        return EnumSet.allOf(AppProtocol.class);
    }

    /**
     * Reads a body.
     *
     * @param suffix which of the suffixes the path has, empty when there are none
     * @param body not changed, and not used after the call returns
     * @param media how many tokens its media count as
     */
    ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media);
}
