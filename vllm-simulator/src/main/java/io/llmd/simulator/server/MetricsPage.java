package io.llmd.simulator.server;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.fault.MetricsFault;
import io.llmd.simulator.metrics.MeterPage;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code GET /metrics}, or what is wrong with it. Safe from any thread. */
final class MetricsPage implements FaultListener {
    private final Supplier<String> live;
    private final MeterPage meters;
    private @Nullable FakeMetrics fake;
    private volatile State state = new State(MetricsFault.NONE, null);

    /** @param live writes the meters as they are */
    MetricsPage(MeterPage meters, Supplier<String> live) {
        this.meters = meters;
        this.live = live;
        fake = meters.fake();
    }

    /**
     * What is answered.
     *
     * @param frozen the page that does not change, if there is one
     */
    private record State(MetricsFault fault, @Nullable String frozen) {}

    @Override
    @SuppressWarnings("ReferenceEquality") // equal metrics that are set once more begin anew
    public void changed(Faults faults) {
        if (faults.fakeMetrics() != fake) {
            fake = faults.fakeMetrics();
            meters.fake(fake);
        }
        MetricsFault fault = faults.metrics();
        String frozen = state.frozen();
        boolean freezes = fault.page() == MetricsFault.Page.FROZEN;
        state = new State(fault, freezes && frozen == null ? live.get() : freezes ? frozen : null);
    }

    Reply reply() {
        State now = state;
        return switch (now.fault().page()) {
            case LIVE -> page(live.get());
            case FROZEN -> page(now.frozen() == null ? live.get() : now.frozen());
            case EMPTY -> page("");
            case ERROR -> error(HttpResponseStatus.valueOf(now.fault().status()));
        };
    }

    private static Reply page(String text) {
        return Reply.Content.text(MeterPage.CONTENT_TYPE, text);
    }

    private static Reply error(HttpResponseStatus status) {
        return status.code() == 404
                ? Reply.Content.json(404, Json.object().put("detail", "Not Found"))
                : Reply.Content.text("text/plain; charset=utf-8", status.reasonPhrase())
                        .withStatus(status.code());
    }
}
