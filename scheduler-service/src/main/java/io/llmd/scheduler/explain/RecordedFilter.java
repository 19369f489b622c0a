package io.llmd.scheduler.explain;

import org.jspecify.annotations.Nullable;

/** What a filter or screener kept: slots, null when it kept everybody that it saw. */
record RecordedFilter(String plugin, int @Nullable [] kept) {

    long bytes() {
        return 48 + (kept == null ? 0 : 4L * kept.length);
    }
}
