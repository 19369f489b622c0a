package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** {@link ExtProcFloor} as a process. */
final class ExtProcFloorContender implements Contender {

    @Override
    public String name() {
        return "floor";
    }

    @Override
    public String describe() {
        return "a processor that reads nothing, with the same libraries";
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
        return ChildJvm.command(ExtProcFloor.class.getName(), List.of("" + port, "" + endpoints.getFirst()));
    }
}
