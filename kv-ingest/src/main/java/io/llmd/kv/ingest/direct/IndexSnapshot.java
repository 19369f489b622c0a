package io.llmd.kv.ingest.direct;

import io.llmd.kv.delta.DeltaRecordReader;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.zmq.ZmqAddress;
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

/**
 * All lanes of an index as bytes, one after another, so that neither side ever holds more than one of them. Numbers are
 * little-endian, texts are UTF-8 behind their length of two bytes.
 *
 * <pre>
 * magic 8 "LLMDKV01"
 * for each lane:
 *     head length 4, head: rank 4, block tokens 4, root 8, number of chunks 4, endpoint, address; XXH64 of the head 8
 *     for each chunk: length 4, bytes as in {@link SnapshotChunks}, which end with a checksum of their own
 * 0 4, number of lanes 4
 * </pre>
 */
public final class IndexSnapshot {

    private static final byte[] MAGIC = "LLMDKV01".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED_BYTES = 4 + 4 + 8 + 4 + 2 + 2;
    private static final int MAX_HEAD_BYTES = 8192;
    private static final int MAX_LANES = 1 << 20;

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
                .putInt(lane.rank())
                .putInt(lane.blockTokens())
                .putLong(lane.root())
                .putInt(lane.chunks().size())
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
     * @param taker is given each lane; those before a fault were given then
     * @return how many there were
     * @throws IOException when the bytes are no snapshot, with what is wrong; nothing is allocated for lengths that are
     */
    public static int read(InputStream bytes, Consumer<LaneCopy> taker) throws IOException {
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
                LaneCopy lane = lane(in, headBytes, lanes);
                if (!seen.add(lane.endpoint() + "\n" + lane.rank())) {
                    throw new IOException("lane " + lanes + ": " + lane.endpoint() + " rank " + lane.rank() + " twice");
                }
                taker.accept(lane);
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

    private static LaneCopy lane(DataInputStream in, int headBytes, int number) throws IOException {
        byte[] bytes = exactly(in, headBytes);
        long hash = Long.reverseBytes(in.readLong());
        if (headBytes < FIXED_BYTES || hash != FeedPosition.hash(bytes, 0, headBytes)) {
            throw new IOException("lane " + number + ": its head is damaged");
        }
        ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int rank = head.getInt();
        int blockTokens = head.getInt();
        long root = head.getLong();
        int chunkCount = head.getInt();
        String endpoint = text(head, number);
        String address = text(head, number);
        if (rank < 0 || blockTokens < 1 || chunkCount < 1 || chunkCount > SnapshotChunks.MAX_CHUNKS) {
            throw new IOException("lane " + number + ": rank, blockTokens, chunks: " + rank + ", " + blockTokens + ", "
                    + chunkCount + " (expected: >= 0, >= 1, 1 to " + SnapshotChunks.MAX_CHUNKS + ")");
        }
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < chunkCount; i++) {
            String name = "lane " + number + ", chunk " + i;
            chunks.add(exactly(in, length(in, name, 1, DeltaRecordReader.MAX_BYTES)));
        }
        try {
            LaneCopy lane = new LaneCopy(endpoint, rank, ZmqAddress.parse(address), root, blockTokens, chunks);
            lane.snapshot();
            return lane;
        } catch (IllegalArgumentException e) {
            throw new IOException("lane " + number + ": " + e.getMessage(), e);
        }
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
