package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Answer of {@code POST /v1/snapshot}.
 *
 * @param restored data-parallel ranks that go on from the snapshot
 * @param skipped ranks in it that are not followed here, are at another address or have other keys
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record SnapshotRestored(int restored, int skipped) {}
