package io.llmd.kv.hash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.openhft.hashing.LongHashFunction;

/**
 * Hashes of a prompt's full blocks as Dynamo and SGLang compute them, for comparison with what they say; an index here never needs
 * them. Blocks of an adapter or with a salt or media have others, which are not computed.
 *
 * <p>Sources: Dynamo's token and router libraries (Mooncake's RFC 1527 and the rolling hash of SGLang's gateway agree with them),
 * SGLang's radix cache.
 */
public final class PeerChains {

    private static final LongHashFunction DYNAMO = LongHashFunction.xx3(1337);
    private static final int SHA256_BYTES = 32;

    private PeerChains() {}

    /** Dynamo's local hashes: XXH3 with 64 bits of each block alone. */
    public static BlockHashes dynamoBlocks(int[] tokens, int blockTokens) {
        long[] hashes = new long[blocks(tokens, blockTokens)];
        if (hashes.length == 0) {
            return BlockHashes.ofIds();
        }
        ByteBuffer block = littleEndian(blockTokens * Integer.BYTES);
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = DYNAMO.hashBytes(
                    put(block.clear(), tokens, i * blockTokens, blockTokens).array());
        }
        return BlockHashes.ofIds(hashes);
    }

    /** Dynamo's sequence hashes: that of the block before with the block's own, and the first one's own. */
    public static BlockHashes dynamo(int[] tokens, int blockTokens) {
        BlockHashes own = dynamoBlocks(tokens, blockTokens);
        long[] hashes = new long[own.size()];
        ByteBuffer pair = littleEndian(2 * Long.BYTES);
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = i == 0
                    ? own.id(0)
                    : DYNAMO.hashBytes(pair.clear()
                            .putLong(hashes[i - 1])
                            .putLong(own.id(i))
                            .array());
        }
        return BlockHashes.ofIds(hashes);
    }

    /** SGLang's SHA-256 digests; its events carry the first eight bytes of each as a signed number. */
    public static BlockHashes sglang(int[] tokens, int blockTokens) {
        int count = blocks(tokens, blockTokens);
        if (count == 0) {
            return BlockHashes.ofDigests(SHA256_BYTES, new byte[0], 0, 0);
        }
        byte[] digests = new byte[Math.multiplyExact(count, SHA256_BYTES)];
        DigestFunction sha256 = new DigestFunction.Sha256();
        ByteBuffer message = littleEndian(SHA256_BYTES + blockTokens * Integer.BYTES);
        for (int i = 0; i < count; i++) {
            message.clear();
            if (i > 0) {
                message.put(digests, (i - 1) * SHA256_BYTES, SHA256_BYTES);
            }
            put(message, tokens, i * blockTokens, blockTokens);
            sha256.digest(message.array(), message.position(), digests, i * SHA256_BYTES);
        }
        return BlockHashes.ofDigests(SHA256_BYTES, digests, 0, count);
    }

    private static int blocks(int[] tokens, int blockTokens) {
        if (blockTokens <= 0) {
            throw new IllegalArgumentException("blockTokens: " + blockTokens + " (expected: > 0)");
        }
        return tokens.length / blockTokens;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer put(ByteBuffer target, int[] tokens, int from, int count) {
        for (int i = from; i < from + count; i++) {
            target.putInt(tokens[i]);
        }
        return target;
    }
}
