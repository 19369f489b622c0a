package io.llmd.scheduler.plugin;

import java.util.List;
import java.util.stream.Collectors;

/** A scheduling configuration was refused; the message lists every problem, one a line. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<Finding> findings;

    /** Refuses because of {@code findings}. */
    public ConfigException(List<Finding> findings) {
        super(findings.stream().map(Finding::toString).collect(Collectors.joining("\n")));
        this.findings = List.copyOf(findings);
    }

    /** All findings, warnings included. */
    public List<Finding> findings() {
        return findings;
    }
}
