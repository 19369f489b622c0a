package io.llmd.scheduler.api.http;

import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * The questions whose answers wait, by the ticket that whoever asks chose. Grows with the connections to this process,
 * each of which carries one question. Thread-safe.
 */
final class WaitingQuestions {

    private final ScheduleDoor door;
    private final Wire wire;
    private final Map<String, PendingAnswer> waiting = new ConcurrentHashMap<>();

    WaitingQuestions(ScheduleDoor door, Wire wire) {
        this.door = door;
        this.wire = wire;
    }

    /** Asks the door; with a ticket the question can be withdrawn by {@link #withdraw}. */
    Mono<ServerResponse> ask(ScheduleRequest request, @Nullable String ticket) {
        PendingAnswer answer = new PendingAnswer(door, request, wire);
        if (ticket == null || ticket.isEmpty()) {
            return answer.response(() -> {});
        }
        return answer.response(() -> remember(ticket, answer)).doFinally(signal -> waiting.remove(ticket, answer));
    }

    private void remember(String ticket, PendingAnswer answer) {
        waiting.put(ticket, answer);
        if (answer.isAnswered()) {
            waiting.remove(ticket, answer);
        }
    }

    /** Takes a question back. Does nothing when it does not wait. */
    void withdraw(String ticket) {
        PendingAnswer answer = waiting.remove(ticket);
        if (answer != null) {
            answer.withdraw();
        }
    }

    /** Questions that wait. */
    int size() {
        return waiting.size();
    }
}
