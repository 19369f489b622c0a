package io.llmd.kv.ingest.kafka;

import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.wire.ByteBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Value of a record in the topic of lanes: a registration, or a claim by an owner. The offset of a claim, plus one, is the
 * owner's term: the brokers give each to one claim only, and later ones are greater.
 *
 * <p>Little-endian: magic {@code 0x4B4C} (2), version 1 (1), 0 (1), number (4), partition (4), rank (4), block tokens (4);
 * then texts, each its length (2) and UTF-8: pool, endpoint, UID, model, key mode, event address, replay address, owner; then
 * how copies are counted (4, see {@link CopyCounting#toNumber}), which former records do not say and is that of vLLM then. More
 * may follow, which a reader of this version leaves.
 *
 * @param owner who claims the lane; empty for a registration
 */
record LaneRecord(LaneDescription lane, String owner) {

    private static final int MAGIC = 0x4B4C;
    private static final int VERSION = 1;
    private static final int FIXED_BYTES = 20;

    /** Bytes of the largest record that is read. */
    static final int MAX_BYTES = 16 * 1024;

    boolean isClaim() {
        return !owner.isEmpty();
    }

    byte[] toBytes() {
        LaneSpec spec = lane.spec();
        ByteBuilder out = new ByteBuilder(256);
        out.putShortLittleEndian(MAGIC);
        out.put(VERSION);
        out.put(0);
        out.putIntLittleEndian(lane.number());
        out.putIntLittleEndian(lane.partition());
        out.putIntLittleEndian(spec.rank());
        out.putIntLittleEndian(spec.blockTokens());
        putText(out, spec.pool());
        putText(out, spec.endpoint());
        putText(out, spec.endpointUid());
        putText(out, spec.model());
        putText(out, spec.keyMode());
        putText(out, spec.eventAddress());
        putText(out, spec.replayAddress());
        putText(out, owner);
        out.putIntLittleEndian(spec.counting().toNumber());
        return out.toByteArray();
    }

    private static void putText(ByteBuilder out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putShortLittleEndian(bytes.length);
        out.put(bytes);
    }

    /** Reads a record; null when key or value make no sense or are of another version. */
    static @Nullable LaneRecord read(byte @Nullable [] key, byte[] value) {
        if (key == null || value.length < FIXED_BYTES || value.length > MAX_BYTES) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        if ((in.getShort() & 0xFFFF) != MAGIC || in.get() != VERSION || in.get() != 0) {
            return null;
        }
        int number = in.getInt();
        int partition = in.getInt();
        int rank = in.getInt();
        int blockTokens = in.getInt();
        try {
            String id = text(ByteBuffer.wrap(key));
            LaneSpec spec = new LaneSpec(
                    id,
                    text(in, in.position()),
                    text(in, in.position()),
                    text(in, in.position()),
                    rank,
                    text(in, in.position()),
                    blockTokens,
                    text(in, in.position()),
                    text(in, in.position()),
                    text(in, in.position()));
            String owner = text(in, in.position());
            CopyCounting counting = in.hasRemaining() ? counting(in) : CopyCounting.DEFAULT;
            return new LaneRecord(new LaneDescription(spec.withCounting(counting), number, partition), owner);
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
    }

    private static CopyCounting counting(ByteBuffer in) {
        CopyCounting counting = in.remaining() < Integer.BYTES ? null : CopyCounting.of(in.getInt());
        if (counting == null) {
            throw new IllegalArgumentException("counting");
        }
        return counting;
    }

    private static String text(ByteBuffer in, int at) throws CharacterCodingException {
        int length = in.remaining() < Short.BYTES ? -1 : in.getShort() & 0xFFFF;
        if (length < 0 || length > LaneSpec.MAX_TEXT_BYTES || length > in.remaining()) {
            throw new IllegalArgumentException("text at " + at);
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        return text(bytes);
    }

    private static String text(ByteBuffer bytes) throws CharacterCodingException {
        CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(bytes);
        return chars.toString();
    }
}
