package io.llmd.scheduler.config;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work that is done again and again. A failure ends one turn of it, not those that follow. */
final class RepeatedWork implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(RepeatedWork.class);

    private final String what;
    private final Runnable work;
    private final Consumer<RuntimeException> failed;
    private boolean isFailing;

    /**
     * Work of one thread.
     *
     * @param failed told of each failure
     */
    RepeatedWork(String what, Runnable work, Consumer<RuntimeException> failed) {
        this.what = what;
        this.work = work;
        this.failed = failed;
    }

    @Override
    public void run() {
        try {
            work.run();
            isFailing = false;
        } catch (RuntimeException e) {
            if (!isFailing) {
                isFailing = true;
                LOG.atError()
                        .addKeyValue("work", what)
                        .addKeyValue("reason", e.getClass().getName())
                        .log("repeated work failed");
            }
            failed.accept(e);
        }
    }
}
