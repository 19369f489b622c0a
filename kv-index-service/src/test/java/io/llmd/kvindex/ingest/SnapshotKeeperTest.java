package io.llmd.kvindex.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.direct.IndexSnapshot;
import io.llmd.kv.ingest.direct.LaneCopy;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.lane.CopyCounting;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kept snapshot cannot do: end the process that reads it. */
class SnapshotKeeperTest {

    private static final PoolSettings POOL = PoolSettings.DEFAULT.withModel("m");
    private static final ZmqAddress NOBODY = new ZmqAddress("127.0.0.1", 1);

    @TempDir
    Path folder;

    private final DirectIndex index = new DirectIndex(POOL, System::nanoTime);
    private final AtomicInteger taken = new AtomicInteger();

    @AfterEach
    void close() {
        index.close();
    }

    private SnapshotKeeper keeper(Path file) {
        PoolSnapshots snapshots = new PoolSnapshots(index, (copy, isReplacing) -> {
            taken.incrementAndGet();
            throw new OutOfMemoryError("Java heap space");
        });
        return new SnapshotKeeper(snapshots, file, Duration.ofHours(1));
    }

    @Test
    void aSnapshotThatIsTooLargeForTheMemoryIsRefusedAndWrittenAnew() throws IOException {
        index.add(ZmqSource.of("a", 0, NOBODY, NOBODY));
        Path file = folder.resolve("kept");
        SnapshotCut cut = new SnapshotCut(0, 1, 0, SnapshotCut.id(1, 0), 0, 0, 0, 5, 7, false, CopyCounting.DEFAULT);
        try (OutputStream out = Files.newOutputStream(file)) {
            IndexSnapshot.begin(out);
            IndexSnapshot.lane(
                    new LaneCopy(
                            "a",
                            0,
                            NOBODY,
                            index.hasher().root("m"),
                            POOL.blockTokens(),
                            POOL.removalMode(),
                            POOL.offloadChunkBlocks(),
                            new SnapshotChunks().seal(cut)),
                    out);
            IndexSnapshot.end(1, out);
        }
        long size = Files.size(file);

        try (SnapshotKeeper keeper = keeper(file)) {
            keeper.start();
            assertThat(taken).as("the lane was to be taken").hasValue(1);
        }

        assertThat(Files.size(file))
                .as("without the lane, of which nothing is known")
                .isLessThan(size);
    }

    @Test
    void aDamagedFileIsRefusedAndWrittenAnew() throws IOException {
        Path file = Files.writeString(folder.resolve("kept"), "no snapshot");

        try (SnapshotKeeper keeper = keeper(file)) {
            keeper.start();
        }

        assertThat(taken).hasValue(0);
        assertThat(Files.readString(file)).startsWith("LLMDKV02");
    }
}
