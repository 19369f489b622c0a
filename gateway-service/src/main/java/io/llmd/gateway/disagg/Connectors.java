package io.llmd.gateway.disagg;

import java.util.List;

/** The connectors that exist. */
public final class Connectors {

    static final List<KvConnector> ALL = List.of(
            new NixlConnector(),
            new SglangConnector(),
            new MooncakeConnector(),
            new OffloadingConnector(),
            new MoriioConnector());

    private Connectors() {}

    static KvConnector named(String name) {
        return ALL.stream()
                .filter(connector -> connector.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("connector: " + name + " (expected: one of " + names() + ")"));
    }

    /** Names of all connectors. */
    public static List<String> names() {
        return ALL.stream().map(KvConnector::name).toList();
    }
}
