package io.llmd.launcher.keys;

import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.KeyFileEditor;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.terminal.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The key file that a command is about. */
final class KeyFileOption {

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "the gateway's key file (default: that of the trial, .llmd/keys.yaml)")
    private @Nullable Path given;

    private Path file() {
        return given == null ? LlmdHome.current().state().resolve("keys.yaml") : given;
    }

    ApiKeys keys() {
        return using(ApiKeys::parse);
    }

    /**
     * Changes the file as a whole.
     *
     * @param change gives the new text
     */
    void change(Function<KeyFileEditor, String> change) {
        using(bytes -> {
            KeyFileEditor.replace(file(), change.apply(new KeyFileEditor(new String(bytes, StandardCharsets.UTF_8))));
            return file();
        });
    }

    /** Something done with the bytes of the file. */
    @FunctionalInterface
    private interface Use<T> {
        T of(byte[] file) throws IOException;
    }

    private <T> T using(Use<T> use) {
        Path file = file();
        try {
            return use.of(read(file));
        } catch (NoSuchFileException e) {
            throw CommandFailure.failed(file + ": no such file (expected: a key file; --file names it)");
        } catch (AccessDeniedException e) {
            throw CommandFailure.failed(file + ": no permission to write " + e.getFile());
        } catch (IOException e) {
            throw CommandFailure.failed(file + ": " + e.getClass().getSimpleName() + ": " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.failed(file + ": " + e.getMessage());
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (AccessDeniedException e) {
            throw CommandFailure.failed(file + ": no permission to read it");
        }
    }
}
