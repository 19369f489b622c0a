package io.llmd.gateway.dispatch;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseDecoder;

/** Decodes answers, and tells whether an endpoint sent more than its answer. */
final class UpstreamDecoder extends HttpResponseDecoder {

    private static final int CHUNK_BYTES = 64 << 10;

    UpstreamDecoder(int maxHeaderBytes) {
        super(new HttpDecoderConfig().setMaxHeaderSize(maxHeaderBytes).setMaxChunkSize(CHUNK_BYTES));
    }

    boolean hasSurplus() {
        return actualReadableBytes() > 0;
    }
}
