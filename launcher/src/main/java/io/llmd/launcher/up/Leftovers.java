package io.llmd.launcher.up;

import io.llmd.launcher.home.RunState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Processes of parts whose starter is gone. */
final class Leftovers {

    private final Duration patience;

    /** @param patience how long they may take to end by themselves */
    Leftovers(Duration patience) {
        this.patience = patience;
    }

    /** Ends those that still run; returns how many there were. A process id that now belongs to another program is left alone. */
    int end(RunState state) throws InterruptedException {
        List<ProcessHandle> alive = state.parts().stream()
                .map(RunState.Part::pid)
                .distinct()
                .filter(pid -> pid > 0 && pid != ProcessHandle.current().pid())
                .map(ProcessHandle::of)
                .flatMap(Optional::stream)
                .filter(ProcessHandle::isAlive)
                .filter(Leftovers::isOurs)
                .toList();
        alive.forEach(ProcessHandle::destroy);
        awaitOrForce(alive);
        return alive.size();
    }

    private void awaitOrForce(Collection<ProcessHandle> processes) throws InterruptedException {
        CompletableFuture<?>[] ends =
                processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(ends).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            processes.forEach(ProcessHandle::destroyForcibly);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isOurs(ProcessHandle process) {
        return process.info().arguments().stream().flatMap(Arrays::stream).anyMatch("io.llmd.launcher.Llmd"::equals);
    }
}
