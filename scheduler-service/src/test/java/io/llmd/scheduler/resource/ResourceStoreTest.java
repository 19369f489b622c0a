package io.llmd.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResourceStoreTest {

    @TempDir
    Path folder;

    private final List<List<Finding>> heard = new ArrayList<>();

    private void write(String file, String name, Object priority) throws IOException {
        Files.writeString(
                folder.resolve(file),
                "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceObjective\nmetadata: {name: " + name
                        + "}\nspec: {priority: " + priority + ", poolRef: {name: pool}}\n");
    }

    private ResourceStore store(Path path) {
        return new ResourceStore(path, PoolName.of("pool"), Map.of("urgent", 10, "high", 1), heard::add);
    }

    private static void pollTwice(ResourceStore store) {
        store.poll();
        store.poll();
    }

    @Test
    void filesOfADirectoryAndObjectivesOfTheSettingsCountTogether() throws IOException {
        write("a.yaml", "high", 5);
        write("b.yml", "low", -5);
        Files.writeString(folder.resolve("notes.txt"), "no resource");

        Resources resources = store(folder).current();

        assertThat(resources.priorities()).isEqualTo(Map.of("urgent", 10, "high", 5, "low", -5));
        assertThat(resources.desiredPriorities()).containsExactly(-5, 5, 10);
    }

    @Test
    void aChangeIsTakenOnceTwoPollsSeeTheSame() throws IOException {
        write("a.yaml", "high", 5);
        ResourceStore store = store(folder.resolve("a.yaml"));
        List<Set<Integer>> followed = new ArrayList<>();
        store.follow(resources -> followed.add(resources.desiredPriorities()));
        write("a.yaml", "high", 6);

        store.poll();
        assertThat(store.current().priorities()).containsEntry("high", 5);
        store.poll();

        assertThat(store.current().priorities()).containsEntry("high", 6);
        assertThat(followed).containsExactly(Set.of(5, 10), Set.of(6, 10));
    }

    @Test
    void aChangeWithErrorsLeavesThePreviousSetAndIsToldOnce() throws IOException {
        write("a.yaml", "high", 5);
        ResourceStore store = store(folder);
        write("a.yaml", "high", "much");

        pollTwice(store);
        pollTwice(store);

        assertThat(store.current().priorities()).containsEntry("high", 5);
        assertThat(heard).hasSize(1);
        assertThat(heard.getFirst().getFirst().isError()).isTrue();
    }

    @Test
    void filesThatVanishLeaveThePreviousSetAndAreToldOnce() throws IOException {
        write("a.yaml", "high", 5);
        ResourceStore store = store(folder.resolve("a.yaml"));
        Files.delete(folder.resolve("a.yaml"));

        pollTwice(store);

        assertThat(store.current().priorities()).containsEntry("high", 5);
        assertThat(heard).hasSize(1);
    }

    @Test
    void startingWithErrorsOrWithoutTheFilesIsRefused() throws IOException {
        write("a.yaml", "high", "much");
        assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> store(folder));
        assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> store(folder.resolve("missing")));
    }

    @Test
    void nobodyElseDeclaresWhereThereAreFiles() throws IOException {
        Path path = folder.resolve("declared.yaml");
        Files.writeString(path, "");
        ResourceStore files = new ResourceStore(path, PoolName.of("pool"), Map.of(), findings -> {});
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> files.declare(Resources.NONE));
    }
}
