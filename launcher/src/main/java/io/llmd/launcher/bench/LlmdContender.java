package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Our gateway and scheduler in one process, keys off, the default scheduling profile over a static list of endpoints. */
final class LlmdContender implements Contender {

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";

    @Override
    public String name() {
        return Goals.GATEWAY;
    }

    @Override
    public String describe() {
        return "gateway and scheduler in one process, " + String.join(" ", ChildJvm.SETTINGS);
    }

    @Override
    public Optional<String> unavailable() {
        String resource = MAIN_CLASS.replace('.', '/') + ".class";
        return LlmdContender.class.getClassLoader().getResource(resource) != null
                ? Optional.empty()
                : Optional.of(MAIN_CLASS + " is not on the class path");
    }

    @Override
    public boolean isJvm() {
        return true;
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException {
        List<Integer> others = Ports.free(3);
        List<String> arguments =
                new ArrayList<>(List.of("serve", "--roles", "gateway,scheduler", "--gateway.access.mode=open"));
        return ChildJvm.command(MAIN_CLASS, arguments);
    }
}
