package io.llmd.gateway.disagg;

import java.util.List;

/** The connectors that exist. */
public final class Connectors {

    private Connectors() {}

    /** One of each, with nothing in common with those of other calls. */
    private static List<KvConnector> all() {
        return List.of(
                new NixlConnector(),
                new SglangConnector(),
                new MooncakeConnector(),
                new OffloadingConnector(),
                new MoriioConnector(),
                new SharedStorageConnector());
    }

    /** A new connector of a name. */
    static KvConnector named(String name) {
        return all().stream()
                .filter(connector -> connector.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("connector: " + name + " (expected: one of " + names() + ")"));
    }

    /** Names of all connectors. */
    public static List<String> names() {
        return all().stream().map(KvConnector::name).toList();
    }
}
