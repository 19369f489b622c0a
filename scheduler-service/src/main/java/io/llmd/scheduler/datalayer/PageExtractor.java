package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;

/** Reads pages that a {@link PageSource} fetches. */
public interface PageExtractor extends Extractor {

    /**
     * A reader for the pages of an endpoint.
     *
     * @param keepNanos how long a value that was read stands for one that is missing on later pages
     */
    PageReader reader(EndpointMetadata endpoint, long keepNanos);
}
