package io.llmd.kvindex.query;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;

/**
 * A query while its body arrives. Whatever is there is read at once, so that reading a long prompt ends soon after its last byte
 * came, and goes on while the client sends the rest: digits become tokens, and bytes keys of blocks. For one thread at a time.
 */
final class QueryReading {

    /** What a body is. */
    enum Form {
        JSON,
        TOKENS,
        KEYS
    }

    final PrefixQuery query;
    private final Form form;
    private final PrefixMatcher matcher;
    private final int maxBytes;
    private int bytes;

    /**
     * Begins to read.
     *
     * @param query has begun; for tokens its model and salt are told
     * @param maxBytes longest body
     */
    QueryReading(PrefixQuery query, Form form, PrefixMatcher matcher, int maxBytes) {
        this.query = query;
        this.form = form;
        this.matcher = matcher;
        this.maxBytes = maxBytes;
        query.tokenBytes.begin(matcher.blockBytes());
    }

    /**
     * Reads a piece of the body, which stays the caller's.
     *
     * @throws DataBufferLimitException when the body is too long
     */
    void add(ByteBuf piece) {
        int count = piece.readableBytes();
        if (count > maxBytes - bytes) {
            throw new DataBufferLimitException("the body is larger than " + maxBytes + " bytes");
        }
        bytes += count;
        if (form == Form.TOKENS) {
            addTokens(piece);
        } else {
            query.addBytes(piece, count);
        }
        if (form == Form.JSON) {
            query.scanner.scan(query.body, query.bodyLength, false, query);
        }
    }

    private void addTokens(ByteBuf piece) {
        if (piece.nioBufferCount() == 1) {
            query.tokenBytes.add(piece.nioBuffer(), query, matcher);
            return;
        }
        for (ByteBuffer part : piece.nioBuffers()) {
            query.tokenBytes.add(part, query, matcher);
        }
    }

    /** Reads what is left when all of the body was added. */
    void finish(QueryReader reader) throws QueryException {
        switch (form) {
            case TOKENS -> reader.readTokens(query, query.tokenBytes);
            case KEYS -> reader.readKeys(query);
            case JSON -> {
                query.scanner.scan(query.body, query.bodyLength, true, query);
                reader.readJson(query, query.scanner);
            }
        }
    }
}
