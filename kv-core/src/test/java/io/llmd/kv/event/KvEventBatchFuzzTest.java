package io.llmd.kv.event;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches of KV events, looked for by coverage; see CONTRIBUTING.md. */
class KvEventBatchFuzzTest {

    private final KvEventDecoder decoder = new KvEventDecoder();
    private final KvEventDecoderFuzzTest.Checks checks = new KvEventDecoderFuzzTest.Checks();

    static Stream<byte[]> batches() throws IOException {
        return KvEventDecoderFuzzTest.corpus().stream().filter(batch -> batch.length <= 512);
    }

    /** Never an exception, and only events that a sink may rely on. */
    @MethodSource("batches")
    @FuzzTest
    void batch(byte[] data) {
        decoder.decode(data, 0, data.length, checks);
        decoder.rank(data, 0, data.length);
    }
}
