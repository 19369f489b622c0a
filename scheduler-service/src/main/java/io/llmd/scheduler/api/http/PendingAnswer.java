package io.llmd.scheduler.api.http;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.api.QueuePlace;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * One question over HTTP until its answer is written. Whoever asked may leave at any time, by closing the connection or by
 * withdrawing the question; then its place is free at once, and a decision that cannot be handed over is given back.
 */
final class PendingAnswer {

    private final ScheduleDoor door;
    private final ScheduleRequest request;
    private final Wire wire;
    private final AtomicReference<@Nullable ScheduleOutcome> answer = new AtomicReference<>();
    private volatile QueuePlace place = QueuePlace.NONE;
    private volatile @Nullable MonoSink<ScheduleOutcome> asker;
    private volatile boolean left;

    PendingAnswer(ScheduleDoor door, ScheduleRequest request, Wire wire) {
        this.door = door;
        this.request = request;
        this.wire = wire;
    }

    /**
     * Asks.
     *
     * @param waits told when the answer does not come at once
     */
    Mono<ServerResponse> response(Runnable waits) {
        return Mono.<ScheduleOutcome>create(sink -> ask(sink, waits))
                .flatMap(this::write)
                .doOnCancel(this::leave);
    }

    private void ask(MonoSink<ScheduleOutcome> sink, Runnable waits) {
        asker = sink;
        QueuePlace taken = door.schedule(request, this::answered);
        if (taken == QueuePlace.NONE) {
            return;
        }
        place = taken;
        waits.run();
        if (left) {
            taken.leave();
        }
    }

    private void answered(ScheduleOutcome outcome) {
        MonoSink<ScheduleOutcome> sink = asker;
        if (sink != null && answer.compareAndSet(null, outcome)) {
            sink.success(outcome);
        } else {
            giveBack(outcome);
        }
        if (left) {
            giveBack(outcome);
        }
    }

    /** Whether the answer is known. */
    boolean isAnswered() {
        return answer.get() != null;
    }

    /** The question is taken back; its answer says so unless there is one already. */
    void withdraw() {
        place.leave();
        answered(new ScheduleRejection(
                request.requestId(), ScheduleRejection.Reason.CANCELLED, "the request was withdrawn", 0));
    }

    private void leave() {
        left = true;
        place.leave();
        giveBack(answer.get());
    }

    private void giveBack(@Nullable ScheduleOutcome outcome) {
        if (outcome instanceof ScheduleDecision decision) {
            door.report(new OutcomeReport(
                    decision.requestId(),
                    decision.leaseId(),
                    decision.primary().id(),
                    Phase.ENDED,
                    Cause.CLIENT_DISCONNECT,
                    0,
                    TokenUsage.UNKNOWN,
                    0,
                    0));
        }
    }

    private Mono<ServerResponse> write(ScheduleOutcome outcome) {
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .body((message, context) -> write(message, outcome));
    }

    private Mono<Void> write(ReactiveHttpOutputMessage message, ScheduleOutcome outcome) {
        DataBuffer json = message.bufferFactory().wrap(wire.write(outcome));
        message.getHeaders().setContentLength(json.readableByteCount());
        return message.writeWith(Mono.just(json))
                .doOnError(failure -> giveBack(outcome))
                .doOnCancel(() -> giveBack(outcome));
    }
}
