package io.llmd.lab.contender;

import io.llmd.simulator.cluster.Router;
import java.util.function.Function;

/**
 * A routing policy in a comparison. Safe from any thread.
 *
 * @param name for tables: lower case, no blanks
 * @param from whose policy it is
 * @param summary what it does, one line
 * @param routers makes a router for one run; closed after it when it is {@link AutoCloseable}
 */
public record Contender(String name, String from, String summary, Function<Setting, Router> routers) {

    /** A router for one run. */
    public Router router(Setting setting) {
        return routers.apply(setting);
    }
}
