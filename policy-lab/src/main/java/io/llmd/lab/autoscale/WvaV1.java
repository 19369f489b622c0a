package io.llmd.lab.autoscale;

import io.llmd.autoscaler.analyzer.WvaPercentage;
import io.llmd.autoscaler.collector.EngineReading;
import java.util.ArrayList;
import java.util.List;

/** llm-d's first saturation analyzer and what its controller does with it: one more or less, and nothing while something starts. */
final class WvaV1 implements MetricController.Metric {

    private double last = Double.NaN;

    @Override
    public double wanted(Cluster cluster, double now) {
        List<WvaPercentage.Replica> replicas = new ArrayList<>();
        for (Seen.PodSeen pod : cluster.scraped().pods()) {
            EngineReading reading = pod.reading();
            if (reading != null) {
                replicas.add(new WvaPercentage.Replica(reading.kvFill(), reading.waiting()));
            }
        }
        int asked = cluster.asked(0);
        boolean isMoving = cluster.ready(0) != asked || replicas.size() != asked;
        if (isMoving && !Double.isNaN(last)) {
            return last;
        }
        last = Math.max(1, asked + WvaPercentage.analyze(replicas).change());
        return last;
    }
}
