package io.llmd.launcher.bench;

import io.llmd.launcher.serve.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** L14: memory of each service half a minute after its start, without traffic, with the JVM options and memory of the chart. */
final class StartMemoryBar implements BarFigure {

    private static final int SECONDS = 30;
    private static final double GATEWAY_MEBIBYTES = 220;
    private static final double OTHERS_MEBIBYTES = 180;
    /** The image's share of a container's memory for the heap. */
    static final double HEAP_SHARE = 0.6;

    /** The JVM's own share of it for the heap's beginning. */
    private static final double BEGINNING = 1 / 64.0;

    /** Memory of containers as the chart has it, in MiB. */
    static final Map<Role, Integer> LIMITS = Map.of(
            Role.GATEWAY,
            1536,
            Role.SCHEDULER,
            1536,
            Role.KV_INDEX,
            6144,
            Role.AUTOSCALER,
            768,
            Role.CONFIG_SERVER,
            768);

    @Override
    public String id() {
        return "L14";
    }

    @Override
    public String title() {
        return "memory of each service after its start";
    }

    @Override
    public boolean isPinned() {
        return false;
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        List<GoalLine> lines = new ArrayList<>(take(run, "", List.of()));
        Optional<String> cache = ImageJvm.cache(run);
        if (cache.isPresent()) {
            lines.addAll(take(run, "cached-", List.of(cache.get())));
        }
        return lines;
    }

    private List<GoalLine> take(BarRun run, String prefix, List<String> further)
            throws IOException, InterruptedException {
        Map<Role, List<Double>> resident = new EnumMap<>(Role.class);
        Map<Role, List<Double>> own = new EnumMap<>(Role.class);
        for (int round = 0; round < run.settings().rounds(); round++) {
            Path folder = Files.createDirectories(run.folder().resolve(prefix + "memory-" + round));
            try (RoleProcesses services = new RoleProcesses(role -> options(role, further), folder)) {
                services.start();
                TimeUnit.SECONDS.sleep(run.settings().seconds().orElse(SECONDS));
                StringBuilder line = new StringBuilder(prefix + "round " + (round + 1) + ":");
                for (int i = 0; i < RoleProcesses.ROLES.size(); i++) {
                    Role role = RoleProcesses.ROLES.get(i);
                    ProcessMemory memory =
                            ProcessMemory.of(services.parts().get(i).pid());
                    resident.computeIfAbsent(role, any -> new ArrayList<>()).add(memory.residentMebibytes());
                    own.computeIfAbsent(role, any -> new ArrayList<>()).add(memory.ownMebibytes());
                    line.append(String.format(" %s %.0f MiB", role.serviceName(), memory.residentMebibytes()));
                }
                run.say(line.toString());
            }
        }
        List<GoalLine> lines = new ArrayList<>();
        resident.forEach((role, values) -> lines.add(run.atMost(
                id(),
                prefix + role.serviceName(),
                values,
                "MiB",
                role == Role.GATEWAY ? GATEWAY_MEBIBYTES : OTHERS_MEBIBYTES)));
        own.forEach((role, values) ->
                lines.add(BarRun.reported(id(), prefix + role.serviceName() + "-own", values, "MiB")));
        return lines;
    }

    private static List<String> options(Role role, List<String> further) {
        int limit = Objects.requireNonNull(LIMITS.get(role), role::serviceName);
        List<String> options = new ArrayList<>(ImageJvm.with(List.of(
                "-XX:-UsePerfData",
                "-Xms" + Math.max(8, (int) (limit * BEGINNING)) + "m",
                "-Xmx" + (int) (limit * HEAP_SHARE) + "m")));
        options.addAll(further);
        return options;
    }
}
