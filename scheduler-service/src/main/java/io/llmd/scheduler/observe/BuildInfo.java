package io.llmd.scheduler.observe;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;

/** Says which build this is: {@code llm_d_epp_info}, always 1. */
public final class BuildInfo implements Collector {

    /** The name without the suffix that the type adds. */
    static final String NAME = "llm_d_epp";

    private final InfoSnapshot info;

    /** A build of a commit. */
    public BuildInfo(String commit, String buildRef) {
        info = InfoSnapshot.builder()
                .name(NAME)
                .help("Build of the scheduler.")
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of("commit", commit, "build_ref", buildRef))
                        .build())
                .build();
    }

    @Override
    public String getPrometheusName() {
        return NAME;
    }

    @Override
    public MetricSnapshot collect() {
        return info;
    }
}
