package io.llmd.scheduler.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Calls of which only so many run at once; a few more wait in order, further ones fail at once. Safe from any thread. */
final class CallLine {

    private record Waiting(Supplier<CompletableFuture<Answer>> call, CompletableFuture<Answer> answer) {}

    private final int maxRunning;
    private final int maxWaiting;
    private final Deque<Waiting> line = new ArrayDeque<>();
    private int running;

    CallLine(int maxRunning, int maxWaiting) {
        this.maxRunning = maxRunning;
        this.maxWaiting = maxWaiting;
    }

    /** Makes a call now or later. */
    CompletableFuture<Answer> call(Supplier<CompletableFuture<Answer>> call) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        synchronized (this) {
            if (running == maxRunning) {
                if (line.size() == maxWaiting) {
                    return CompletableFuture.failedFuture(
                            new IllegalStateException(maxWaiting + " calls wait for the engine already"));
                }
                line.add(new Waiting(call, answer));
                return answer;
            }
            running++;
        }
        run(new Waiting(call, answer));
        return answer;
    }

    private void run(Waiting waiting) {
        CompletableFuture<Answer> made;
        try {
            made = waiting.call().get();
        } catch (RuntimeException e) {
            made = CompletableFuture.failedFuture(e);
        }
        made.whenComplete((answer, failure) -> {
            next();
            if (failure == null) {
                waiting.answer().complete(answer);
            } else {
                waiting.answer().completeExceptionally(failure);
            }
        });
    }

    private void next() {
        Waiting next;
        synchronized (this) {
            next = line.poll();
            if (next == null) {
                running--;
            }
        }
        if (next != null) {
            run(next);
        }
    }
}
