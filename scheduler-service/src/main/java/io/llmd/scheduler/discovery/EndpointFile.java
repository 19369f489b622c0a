package io.llmd.scheduler.discovery;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.List;

/**
 * A list of endpoints as a file holds it.
 *
 * @param endpoints the valid entries
 * @param problems what is wrong with the other entries
 */
record EndpointFile(List<EndpointMetadata> endpoints, List<EntryProblem> problems) {

    /**
     * An entry that was refused.
     *
     * @param id {@code namespace/name}, empty when the entry does not say
     * @param message what is wrong, with its place in the file
     */
    record EntryProblem(String id, String message) {}

    EndpointFile {
        endpoints = List.copyOf(endpoints);
        problems = List.copyOf(problems);
    }
}
