package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.direct.IndexSnapshot;
import io.llmd.kv.ingest.direct.LaneCopy;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Snapshots of a pool that is read directly, laid out as {@link IndexSnapshot} says. All calls block, for as long as it takes
 * to write or read what engines hold: some 16 bytes for each block. Safe from any thread.
 */
public final class PoolSnapshots {

    private static final long COPY_SECONDS = 10;

    private final DirectIndex index;
    private final LaneTaker taker;

    PoolSnapshots(DirectIndex index, LaneTaker taker) {
        this.index = index;
        this.taker = taker;
    }

    /** Takes over what was known of a lane. */
    interface LaneTaker {

        /** @param isReplacing whether also in place of exact knowledge @return whether it was taken over */
        boolean take(LaneCopy copy, boolean isReplacing);
    }

    /**
     * What came of a snapshot.
     *
     * @param restored lanes that go on from it
     * @param skipped lanes in it that are not followed here in the same way, or exactly already
     */
    public record Restored(int restored, int skipped) {}

    /**
     * Writes all lanes that can be restored, one after the other, each as it is between two batches.
     *
     * @return how many there were
     */
    public int write(OutputStream out) throws IOException {
        IndexSnapshot.begin(out);
        int written = 0;
        for (DirectIndex.Lane lane : index.lanes()) {
            Optional<LaneCopy> copy = copy(lane);
            if (copy.isPresent()) {
                IndexSnapshot.lane(copy.get(), out);
                written++;
            }
        }
        IndexSnapshot.end(written, out);
        return written;
    }

    private Optional<LaneCopy> copy(DirectIndex.Lane lane) throws IOException {
        try {
            return index.copy(lane.lane().endpoint(), lane.lane().rank()).get(COPY_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("was interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the lane of " + lane.lane() + " cannot be copied", e);
        }
    }

    /** Writes a file in place of what is there; a reader sees the old one or the new one. */
    public int write(Path file) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        int lanes;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
            lanes = write(out);
        }
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return lanes;
    }

    /**
     * Goes on from a snapshot: its lanes take the place of what is known of the same ones, and their engines are asked for what
     * they have published since. Chunks of lanes that are skipped are not looked at.
     *
     * @param isReplacing whether lanes that are followed exactly are replaced as well
     * @throws IOException when the file is damaged anywhere else; nothing was taken over then
     */
    public Restored restore(Path file, boolean isReplacing) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            IndexSnapshot.read(in, lane -> index.takes(lane, isReplacing), lane -> {});
        }
        int[] taken = new int[1];
        int lanes;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            lanes = IndexSnapshot.read(
                    in,
                    lane -> index.takes(lane, isReplacing),
                    lane -> taken[0] += taker.take(lane, isReplacing) ? 1 : 0);
        }
        return new Restored(taken[0], lanes - taken[0]);
    }
}
