package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of several tiers: each request carries the place of its own. */
final class ClassedWorkload implements Workload {

    /** A row and its tier. */
    record Row(TraceRow row, int tier) {}

    private final List<Row> rows;
    private final TraceWorkload requests;
    private int next;

    /** @param rows in the order of their times */
    ClassedWorkload(List<Row> rows) {
        this.rows = List.copyOf(rows);
        requests = new TraceWorkload(rows.stream().map(Row::row).iterator(), 1);
    }

    /** The tier of a request of such a workload. */
    static int tier(ClientRequest request) {
        if (request.attachment() instanceof Integer tier) {
            return tier;
        }
        throw new IllegalStateException("request " + request.id() + " has no tier");
    }

    @Override
    public long nextTime() {
        return requests.nextTime();
    }

    @Override
    public @Nullable ClientRequest next() {
        ClientRequest request = requests.next();
        return request == null ? null : request.withAttachment(rows.get(next++).tier());
    }
}
