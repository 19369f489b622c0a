package io.llmd.launcher.home;

import io.llmd.launcher.terminal.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** The file that describes the running suite. It holds the demo key, so only its owner may read it. */
public final class RunFile {

    private final Path file;

    public RunFile(LlmdHome home) {
        this.file = home.runFile();
    }

    /** The suite that runs in this folder, null when none does. */
    public static @Nullable RunState running() {
        return new RunFile(LlmdHome.current()).status() instanceof RunStatus.Running(RunState state) ? state : null;
    }

    /** Reads the file and looks whether its process lives. */
    public RunStatus status() {
        try {
            RunState state = Json.MAPPER.readValue(Files.readAllBytes(file), RunState.class);
            return isAlive(state) ? new RunStatus.Running(state) : new RunStatus.Stale(state);
        } catch (NoSuchFileException e) {
            return new RunStatus.Absent();
        } catch (IOException | JacksonException | NullPointerException e) {
            return new RunStatus.Unreadable(file + ": " + e.getMessage());
        }
    }

    /** Replaces the file in one step. */
    public void write(RunState state) {
        try {
            Files.createDirectories(file.getParent());
            Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
            Files.deleteIfExists(temporary);
            if (Files.getFileStore(file.getParent()).supportsFileAttributeView("posix")) {
                Files.createFile(
                        temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.write(
                    temporary,
                    Json.MAPPER
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsString(state)
                            .getBytes(StandardCharsets.UTF_8));
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets the run. */
    public void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** ISO-8601 start of a process, empty when the system does not say. */
    public static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("");
    }

    private static boolean isAlive(RunState state) {
        Optional<ProcessHandle> process = ProcessHandle.of(state.pid()).filter(ProcessHandle::isAlive);
        return process.isPresent()
                && (state.pidStartedAt().isEmpty() || state.pidStartedAt().equals(startOf(process.get())));
    }
}
