package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * Answer of {@code GET /v1/sources}.
 *
 * @param sources by endpoint and rank
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record KvSources(List<KvSource> sources) {

    public KvSources {
        sources = List.copyOf(sources);
    }
}
