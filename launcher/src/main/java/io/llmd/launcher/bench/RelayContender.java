package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The bare Reactor Netty relay of {@link RelayServer}. */
final class RelayContender implements Contender {

    @Override
    public String name() {
        return "relay";
    }

    @Override
    public String describe() {
        return "bare Reactor Netty relay, 2 event loops, " + String.join(" ", ChildJvm.SETTINGS);
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public boolean isJvm() {
        return true;
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) {
        List<String> arguments = new ArrayList<>();
        arguments.add(Integer.toString(port));
        endpoints.forEach(endpoint -> arguments.add(endpoint.toString()));
        return ChildJvm.command(RelayServer.class.getName(), arguments);
    }
}
