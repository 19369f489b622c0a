package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.Finding.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects the findings about one file. Used by one thread. */
final class Problems {

    private final String file;
    private final List<Finding> findings = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void error(int line, String field, String message) {
        add(new Finding(Severity.ERROR, file, line, field, message));
    }

    void warning(int line, String field, String message) {
        add(new Finding(Severity.WARNING, file, line, field, message));
    }

    private void add(Finding finding) {
        if (!findings.contains(finding)) {
            findings.add(finding);
        }
    }

    boolean hasErrors() {
        return findings.stream().anyMatch(Finding::isError);
    }

    boolean hasErrorAt(String field) {
        return findings.stream()
                .anyMatch(finding -> finding.isError() && finding.field().startsWith(field));
    }

    /** Findings by line. */
    List<Finding> inFileOrder() {
        return findings.stream().sorted(Comparator.comparingInt(Finding::line)).toList();
    }
}
