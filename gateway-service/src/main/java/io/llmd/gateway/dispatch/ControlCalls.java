package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Small requests with small answers on one event loop, each with a deadline. */
final class ControlCalls {

    private final UpstreamClient client;
    private final Transport transport;

    ControlCalls(UpstreamClient client, Transport transport) {
        this.client = client;
        this.transport = transport;
    }

    Transport transport() {
        return transport;
    }

    /**
     * Sends a request from any thread.
     *
     * @param result called once on the event loop, with {@code null} after a failure or too late an answer; never
     *     after a cancellation
     */
    Cancellation send(
            TargetEndpoint target,
            UpstreamRequest request,
            int maxBytes,
            Duration timeout,
            Consumer<BodyCollector.@Nullable Answer> result) {
        Call call = new Call(result);
        transport.loop().execute(() -> call.start(target, request, maxBytes, timeout));
        return () -> transport.loop().execute(call::cancel);
    }

    private final class Call {
        private final Consumer<BodyCollector.@Nullable Answer> result;
        private @Nullable UpstreamCall sent;
        private @Nullable ScheduledFuture<?> deadline;
        private boolean done;

        Call(Consumer<BodyCollector.@Nullable Answer> result) {
            this.result = result;
        }

        void start(TargetEndpoint target, UpstreamRequest request, int maxBytes, Duration timeout) {
            if (done) {
                return;
            }
            deadline = transport.loop().schedule(this::expire, timeout.toNanos(), TimeUnit.NANOSECONDS);
            sent = client.send(transport, target, request, new BodyCollector(maxBytes, this::finish));
        }

        private void expire() {
            UpstreamCall call = sent;
            if (call != null) {
                call.cancel();
            }
            finish(null);
        }

        void cancel() {
            boolean running = !done;
            done = true;
            UpstreamCall call = sent;
            if (running && call != null) {
                call.cancel();
            }
            stopTimer();
        }

        private void finish(BodyCollector.@Nullable Answer answer) {
            if (!done) {
                done = true;
                stopTimer();
                result.accept(answer);
            }
        }

        private void stopTimer() {
            ScheduledFuture<?> timer = deadline;
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }
}
