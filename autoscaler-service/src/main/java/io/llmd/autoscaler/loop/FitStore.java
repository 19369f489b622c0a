package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.FitSample;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps what was learnt in a file, so that a process that is started anew need not learn it again. A file that cannot be read is
 * as good as none. Saving excludes saving.
 */
public final class FitStore {

    private static final Logger LOG = LoggerFactory.getLogger(FitStore.class);
    private static final int VERSION = 1;

    /** What was learnt of hardware. Times of samples count from the moment of saving, and are not positive. */
    public record Learnt(FittedStepTime fit, List<FitSample> samples) {
        public Learnt {
            Objects.requireNonNull(fit, "fit");
            samples = List.copyOf(samples);
        }
    }

    /**
     * The file.
     *
     * @param version form of the file
     * @param fits by fingerprint
     * @param coldStarts seconds of the last starts, by variant
     */
    public record State(int version, Map<String, Learnt> fits, Map<String, List<Double>> coldStarts) {
        public State {
            fits = Map.copyOf(fits);
            coldStarts = Map.copyOf(coldStarts);
        }
    }

    private final @Nullable Path file;
    private final JsonMapper json = JsonMapper.builder().build();

    /** A store; without a file it keeps nothing. */
    public FitStore(@Nullable Path file) {
        this.file = file;
    }

    /** What an earlier process has left. */
    Optional<State> load() {
        if (file == null || !Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            State state = json.readValue(Files.readAllBytes(file), State.class);
            return state.version() == VERSION ? Optional.of(state) : Optional.empty();
        } catch (IOException | JacksonException e) {
            LOG.atWarn().addKeyValue("reason", e.getClass().getSimpleName()).log("what was learnt cannot be read");
            return Optional.empty();
        }
    }

    /** Replaces the file. */
    synchronized void save(Map<String, Learnt> fits, Map<String, List<Double>> coldStarts) {
        if (file == null) {
            return;
        }
        try {
            Path absolute = file.toAbsolutePath();
            Files.createDirectories(absolute.getParent());
            Path written = absolute.resolveSibling(absolute.getFileName() + ".new");
            Files.write(written, json.writeValueAsBytes(new State(VERSION, fits, coldStarts)));
            Files.move(written, absolute, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | JacksonException e) {
            LOG.atWarn().addKeyValue("reason", e.getClass().getSimpleName()).log("what was learnt cannot be saved");
        }
    }
}
