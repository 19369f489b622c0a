package io.llmd.scheduler.api.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy is still to get, in order. Messages leave while the proxy keeps up; the others wait here, where pieces of a body
 * share its bytes. Bounded by one body and one message for each that was read. Not thread-safe.
 */
final class Outbox {

    private final ServerCallStreamObserver<ProcessingResponse> proxy;
    private final ArrayDeque<ProcessingResponse> waiting = new ArrayDeque<>(2);
    private boolean isLast;

    Outbox(ServerCallStreamObserver<ProcessingResponse> proxy) {
        this.proxy = proxy;
    }

    void send(ProcessingResponse message) {
        if (waiting.isEmpty() && proxy.isReady()) {
            proxy.onNext(message);
        } else if (!proxy.isCancelled()) {
            waiting.add(message);
        }
    }

    /** Ends the stream when all is out. */
    void complete() {
        isLast = true;
        flush();
    }

    /** Sends what the proxy takes. Returns whether it may be asked for more. */
    boolean flush() {
        while (proxy.isReady()) {
            @Nullable ProcessingResponse next = waiting.poll();
            if (next == null) {
                break;
            }
            proxy.onNext(next);
        }
        if (waiting.isEmpty() && isLast) {
            isLast = false;
            proxy.onCompleted();
        }
        return waiting.isEmpty() && proxy.isReady();
    }

    /** Nobody wants it any more. */
    void clear() {
        waiting.clear();
    }
}
