package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * Body of {@code POST /v1/outcomes}.
 *
 * @param reports in the order in which they happened
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record OutcomeBatch(List<OutcomeReport> reports) {
    public OutcomeBatch {
        reports = List.copyOf(reports);
    }
}
