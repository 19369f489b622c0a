package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Something between client and endpoints that is measured as a process of its own. */
interface Contender {

    /** Short name, as in {@code --contenders}. */
    String name();

    /** Version and settings that matter for its figures. */
    String describe();

    /** Why it cannot run on this machine; empty if it can. */
    Optional<String> unavailable();

    /** Whether its figures settle only after a while. */
    boolean isJvm();

    /** Whether it writes answers anew, so that their length is its own. */
    default boolean rewritesAnswers() {
        return false;
    }

    /** Distances above its port at which it opens further ports. */
    default List<Integer> furtherPorts() {
        return List.of();
    }

    /**
     * The command that serves until it is killed.
     *
     * @param port loopback port to listen on
     * @param endpoints loopback ports of the endpoints to relay to
     * @param folder empty folder for generated files
     */
    List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException;
}
