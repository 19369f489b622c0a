package io.llmd.simulator.server;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that moves engines along the wall clock. It sleeps until the next event of any engine or the next
 * command; deadlines are absolute, so that a late wake-up is caught up without shifting what follows. What breaks in
 * one engine, errors included, ends that engine alone.
 */
final class EngineDriver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EngineDriver.class);
    private static final long NEVER = Long.MAX_VALUE;

    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final List<Driven> engines = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    EngineDriver() {
        thread = Thread.ofPlatform().name("sim-engines").daemon().unstarted(this::run);
        thread.start();
    }

    void add(Driven engine) {
        engines.add(engine);
        LockSupport.unpark(thread);
    }

    void remove(Driven engine) {
        engines.remove(engine);
    }

    /** Runs a command on the driver's thread, before engines move on. The queue is as long as requests are many. */
    void execute(Runnable command) {
        commands.add(command);
        LockSupport.unpark(thread);
    }

    /** Runs the commands given so far and stops; returns when the thread has ended. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            runCommands();
            long now = System.nanoTime();
            long next = NEVER;
            for (Driven engine : engines) {
                next = Math.min(next, advance(engine, now));
            }
            if (commands.isEmpty() && !closed) {
                sleepUntil(next);
            }
        }
        runCommands();
    }

    private void runCommands() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            guarded(command);
        }
    }

    private long advance(Driven engine, long now) {
        try {
            return engine.advance(now);
        } catch (RuntimeException | Error e) {
            drop(engine, e);
            return NEVER;
        }
    }

    /** Ends an engine that broke, so that the others go on; to be called on the driver's thread. */
    void drop(Driven engine, Throwable cause) {
        log.atError().setCause(cause).addKeyValue("endpoint", engine.name()).log("engine failed and is stopped");
        engines.remove(engine);
        guarded(engine::fail);
    }

    private static void guarded(Runnable command) {
        try {
            command.run();
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("engine command failed");
        }
    }

    private static void sleepUntil(long next) {
        if (next == NEVER) {
            LockSupport.park();
            return;
        }
        long nanos = next - System.nanoTime();
        if (nanos > 0) {
            LockSupport.parkNanos(nanos);
        }
    }
}
