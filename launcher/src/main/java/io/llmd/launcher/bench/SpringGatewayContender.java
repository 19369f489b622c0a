package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Spring Cloud Gateway with the single plain route of {@link SpringGatewayServer}, to the first endpoint. */
final class SpringGatewayContender implements Contender {

    @Override
    public String name() {
        return "scg";
    }

    @Override
    public String describe() {
        return "Spring Cloud Gateway, one plain route, " + String.join(" ", ChildJvm.SETTINGS);
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
        return ChildJvm.command(
                SpringGatewayServer.class.getName(),
                List.of(Integer.toString(port), endpoints.getFirst().toString()));
    }
}
