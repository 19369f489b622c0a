package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * A running request has to end, so that a more important one can run. Whoever runs it ends it as evicted and reports that;
 * whoever does not run it ignores this.
 *
 * @param leaseId the lease of the attempt
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Eviction(long leaseId) {}
