package io.llmd.scheduler.datalayer;

import java.util.List;
import java.util.Objects;

/**
 * A data source and the extractors that it feeds.
 *
 * @param name name of the instance
 * @param type its type
 * @param source the instance
 * @param extractors extractors that understand what the source delivers
 */
public record SourceBinding(String name, String type, DataSource source, List<NamedExtractor> extractors) {

    /**
     * An extractor.
     *
     * @param name name of the instance
     * @param type its type
     * @param extractor the instance
     */
    public record NamedExtractor(String name, String type, Extractor extractor) {}

    public SourceBinding {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(source, "source");
        extractors = List.copyOf(extractors);
    }
}
