package io.llmd.kv.ingest.direct;

import io.llmd.kv.delta.DeltaRecordReader;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.lane.LaneState;
import io.llmd.kv.lane.RemovalMode;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * All lanes of an index as bytes, one after another, so that neither side ever holds more than one of them. Numbers are
 * little-endian, texts are UTF-8 behind their length of two bytes.
 *
 * <pre>
 * magic 8 "LLMDKV02"
 * for each lane:
 *     head length 4, head: number of chunks 4, rank 4, block tokens 4, root 8, removal mode 4, offload chunk blocks 4,
 *         endpoint, address; XXH64 of the head 8
 *     for each chunk: length 4, bytes as in {@link SnapshotChunks}, which end with a checksum of their own
 * 0 4, number of lanes 4
 * </pre>
 */
public final class IndexSnapshot {

    private static final byte[] MAGIC = "LLMDKV02".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED_BYTES = 4 + 4 + 4 + 8 + 4 + 4 + 2 + 2;
    private static final int MAX_HEAD_BYTES = 8192;
    private static final int MAX_LANES = 1 << 20;

    /** Of one lane: 16 for each block and tier, and as much again for other KV-cache groups. */
    private static final long MAX_LANE_BYTES = 2L * StorageTier.COUNT * 16 * LaneState.MAX_BLOCKS;

    private IndexSnapshot() {}

    /** The bytes before the first lane. */
    public static void begin(OutputStream out) throws IOException {
        out.write(MAGIC);
    }

    /** The bytes of a lane. */
    public static void lane(LaneCopy lane, OutputStream out) throws IOException {
        byte[] endpoint = text("endpoint", lane.endpoint());
        byte[] address = text("address", lane.address().toString());
        ByteBuffer head = buffer(FIXED_BYTES + endpoint.length + address.length)
                .putInt(lane.chunks().size())
                .putInt(lane.rank())
                .putInt(lane.blockTokens())
                .putLong(lane.root())
                .putInt(lane.removalMode().ordinal())
                .putInt(lane.offloadChunkBlocks())
                .putShort((short) endpoint.length)
                .put(endpoint)
                .putShort((short) address.length)
                .put(address);
        out.write(buffer(Integer.BYTES).putInt(head.capacity()).array());
        out.write(head.array());
        out.write(buffer(Long.BYTES)
                .putLong(FeedPosition.hash(head.array(), 0, head.capacity()))
                .array());
        for (byte[] chunk : lane.chunks()) {
            out.write(buffer(Integer.BYTES).putInt(chunk.length).array());
            out.write(chunk);
        }
    }

    /** The bytes behind the last lane. @param lanes how many there were */
    public static void end(int lanes, OutputStream out) throws IOException {
        out.write(buffer(2 * Integer.BYTES).putInt(0).putInt(lanes).array());
    }

    private static byte[] text(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_HEAD_BYTES / 4) {
            throw new IllegalArgumentException(
                    name + ": " + bytes.length + " bytes (expected: <= " + MAX_HEAD_BYTES / 4 + ")");
        }
        return bytes;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads lanes one after another.
     *
     * @param isWanted is given each lane without its chunks; those of a lane that is not wanted are skipped
     * @param taker is given each wanted lane; those before a fault were given then
     * @return how many there were, wanted or not
     * @throws IOException when the bytes are no snapshot, with what is wrong; nothing is allocated for lengths that are
     */
    public static int read(InputStream bytes, Predicate<LaneCopy> isWanted, Consumer<LaneCopy> taker)
            throws IOException {
        DataInputStream in = new DataInputStream(bytes);
        try {
            if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new IOException("is no snapshot of an index");
            }
            Set<String> seen = new HashSet<>();
            for (int lanes = 0; ; lanes++) {
                int headBytes = length(in, "lane " + lanes, 0, MAX_HEAD_BYTES);
                if (headBytes == 0) {
                    end(in, lanes);
                    return lanes;
                }
                if (lanes == MAX_LANES) {
                    throw new IOException("lanes: more than " + MAX_LANES);
                }
                ByteBuffer head = head(in, headBytes, lanes);
                int chunks = head.getInt();
                LaneCopy lane = lane(head, chunks, lanes);
                if (!seen.add(lane.endpoint() + "\n" + lane.rank())) {
                    throw new IOException("lane " + lanes + ": " + lane.endpoint() + " rank " + lane.rank() + " twice");
                }
                if (isWanted.test(lane)) {
                    taker.accept(whole(in, lane, chunks, lanes));
                } else {
                    skip(in, chunks, lanes);
                }
            }
        } catch (EOFException e) {
            throw new IOException("ends too early", e);
        }
    }

    private static void end(DataInputStream in, int lanes) throws IOException {
        int told = Integer.reverseBytes(in.readInt());
        if (told != lanes) {
            throw new IOException("lanes: " + lanes + " (expected: " + told + ")");
        }
        if (in.read() >= 0) {
            throw new IOException("goes on behind its end");
        }
    }

    private static ByteBuffer head(DataInputStream in, int headBytes, int number) throws IOException {
        byte[] bytes = exactly(in, headBytes);
        long hash = Long.reverseBytes(in.readLong());
        if (headBytes < FIXED_BYTES || hash != FeedPosition.hash(bytes, 0, headBytes)) {
            throw new IOException("lane " + number + ": its head is damaged");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What a head tells, without chunks. */
    private static LaneCopy lane(ByteBuffer head, int chunkCount, int number) throws IOException {
        int rank = head.getInt();
        int blockTokens = head.getInt();
        long root = head.getLong();
        int mode = head.getInt();
        int offloadChunkBlocks = head.getInt();
        String endpoint = text(head, number);
        String address = text(head, number);
        if (rank < 0 || blockTokens < 1 || chunkCount < 1 || chunkCount > SnapshotChunks.MAX_CHUNKS) {
            throw new IOException("lane " + number + ": rank, blockTokens, chunks: " + rank + ", " + blockTokens + ", "
                    + chunkCount + " (expected: >= 0, >= 1, 1 to " + SnapshotChunks.MAX_CHUNKS + ")");
        }
        RemovalMode[] modes = RemovalMode.values();
        if (mode < 0 || mode >= modes.length || offloadChunkBlocks < 1) {
            throw new IOException("lane " + number + ": removal mode, offload chunk blocks: " + mode + ", "
                    + offloadChunkBlocks + " (expected: 0 to " + (modes.length - 1) + ", >= 1)");
        }
        try {
            return new LaneCopy(
                    endpoint,
                    rank,
                    ZmqAddress.parse(address),
                    root,
                    blockTokens,
                    modes[mode],
                    offloadChunkBlocks,
                    List.of());
        } catch (IllegalArgumentException e) {
            throw new IOException("lane " + number + ": " + e.getMessage(), e);
        }
    }

    private static LaneCopy whole(DataInputStream in, LaneCopy head, int chunkCount, int number) throws IOException {
        List<byte[]> chunks = new ArrayList<>();
        long size = 0;
        for (int i = 0; i < chunkCount; i++) {
            int length = chunkLength(in, number, i);
            size += length;
            if (size > MAX_LANE_BYTES) {
                throw new IOException("lane " + number + ": more than " + MAX_LANE_BYTES + " bytes");
            }
            chunks.add(exactly(in, length));
        }
        LaneCopy lane = head.withChunks(chunks);
        try {
            lane.snapshot().writeTo(new BlockLimit(LaneState.MAX_BLOCKS));
            return lane;
        } catch (IllegalArgumentException e) {
            throw new IOException("lane " + number + ": " + e.getMessage(), e);
        }
    }

    private static void skip(DataInputStream in, int chunkCount, int number) throws IOException {
        for (int i = 0; i < chunkCount; i++) {
            in.skipNBytes(chunkLength(in, number, i));
        }
    }

    private static int chunkLength(DataInputStream in, int number, int chunk) throws IOException {
        return length(in, "lane " + number + ", chunk " + chunk, 1, DeltaRecordReader.MAX_BYTES);
    }

    private static String text(ByteBuffer head, int number) throws IOException {
        int length = head.remaining() < Short.BYTES ? -1 : head.getShort();
        if (length < 0 || length > head.remaining()) {
            throw new IOException("lane " + number + ": its head is damaged");
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(head.slice(head.position(), length))
                    .toString();
            head.position(head.position() + length);
            return text;
        } catch (CharacterCodingException e) {
            throw new IOException("lane " + number + ": its head is no UTF-8", e);
        }
    }

    private static int length(DataInputStream in, String name, int least, int most) throws IOException {
        int length = Integer.reverseBytes(in.readInt());
        if (length < least || length > most) {
            throw new IOException(name + ": " + Integer.toUnsignedString(length) + " bytes (expected: " + least + " to "
                    + most + ")");
        }
        return length;
    }

    private static byte[] exactly(DataInputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }
}
