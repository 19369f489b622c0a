package io.llmd.scheduler.resource;

import io.llmd.scheduler.plugin.Finding;
import java.util.List;

/**
 * What became of a set of files.
 *
 * @param resources what the files declare as far as it is understood
 * @param findings what is wrong with them
 */
record LoadedResources(Resources resources, List<Finding> findings) {
    LoadedResources {
        findings = List.copyOf(findings);
    }

    boolean isRefused() {
        return findings.stream().anyMatch(Finding::isError);
    }
}
