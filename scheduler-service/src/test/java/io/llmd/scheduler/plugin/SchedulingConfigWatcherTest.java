package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulingConfigWatcherTest {

    private static final String OLD = config("queue-scorer");
    private static final String NEW = config("running-requests-size-scorer");

    @TempDir
    private Path directory;

    private final List<List<Finding>> heard = new CopyOnWriteArrayList<>();
    private final ReloadablePlan plan = new ReloadablePlan(TestPlugins.loader(), OLD, "f");
    private Path file;
    private SchedulingConfigWatcher watcher;

    @BeforeEach
    void watch() throws IOException {
        file = directory.resolve("config.yaml");
        Files.writeString(file, OLD);
        watcher = watcher(file);
    }

    @Test
    void aChangeIsTakenOnceItIsStable() throws IOException {
        Files.writeString(file, NEW);
        watcher.poll();
        assertThat(scorers()).contains("queue-scorer");
        watcher.poll();
        assertThat(scorers()).contains("running-requests-size-scorer");
        watcher.poll();
        assertThat(heard).containsExactly(List.of());
    }

    @Test
    void anAtomicRenameIsSeen() throws IOException {
        Path next = Files.writeString(directory.resolve("next"), NEW);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        pollTwice();
        assertThat(scorers()).contains("running-requests-size-scorer");
    }

    @Test
    void aSwappedLinkIsSeen() throws IOException {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        Files.writeString(first.resolve("config.yaml"), OLD);
        Files.writeString(second.resolve("config.yaml"), NEW);
        Path link = Files.createSymbolicLink(directory.resolve("data"), first);
        watcher = watcher(link.resolve("config.yaml"));
        Path replacement = Files.createSymbolicLink(directory.resolve("data.new"), second);
        Files.move(replacement, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        pollTwice();
        assertThat(scorers()).contains("running-requests-size-scorer");
    }

    @Test
    void aFileThatIsGoneEmptyOrADirectoryKeepsThePlanAndIsToldOnceEach() throws IOException {
        Files.delete(file);
        pollTwice();
        Files.createDirectory(file);
        pollTwice();
        Files.delete(file);
        Files.writeString(file, "");
        pollTwice();
        assertThat(scorers()).contains("queue-scorer");
        assertThat(heard).hasSize(1);
        assertThat(heard.getFirst().getFirst().message()).endsWith("the previous configuration stays");
        assertThat(watcher.isStale()).isTrue();
        Files.writeString(file, OLD);
        pollTwice();
        assertThat(watcher.isStale()).isFalse();
    }

    @Test
    void aFileWithErrorsKeepsThePlanUntilItIsCorrected() throws IOException {
        Files.writeString(file, config("ghost"));
        pollTwice();
        pollTwice();
        assertThat(scorers()).contains("queue-scorer");
        assertThat(heard)
                .singleElement()
                .satisfies(findings -> assertThat(findings).anyMatch(Finding::isError));
        assertThat(watcher.isStale()).isTrue();
        Files.writeString(file, NEW);
        pollTwice();
        assertThat(scorers()).contains("running-requests-size-scorer");
        assertThat(watcher.isStale()).isFalse();
    }

    @Test
    void changesAreSeenWhileItRuns() throws IOException {
        watcher.start();
        try {
            Files.writeString(file, NEW);
            await("the new plan").until(() -> scorers().contains("running-requests-size-scorer"));
        } finally {
            watcher.stop();
        }
    }

    private SchedulingConfigWatcher watcher(Path path) {
        return new SchedulingConfigWatcher(plan, path, OLD, Duration.ofMillis(5), heard::add);
    }

    private void pollTwice() {
        watcher.poll();
        watcher.poll();
    }

    private List<String> scorers() {
        return plan.current().profiles().get("default").scorers().stream()
                .map(scorer -> scorer.name())
                .toList();
    }

    private static String config(String type) {
        return "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n  - type: " + type + "\n";
    }
}
