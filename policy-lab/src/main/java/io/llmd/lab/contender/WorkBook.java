package io.llmd.lab.contender;

import java.util.HashMap;
import java.util.Map;

/** Work that was sent to endpoints and is not done, for policies in code. */
final class WorkBook {

    private record Entry(int endpoint, long prefillTokens, long decodeBlocks) {}

    private final long[] prefillTokens;
    private final long[] decodeBlocks;
    private final Map<Long, Entry> prefilling = new HashMap<>();
    private final Map<Long, Entry> running = new HashMap<>();

    WorkBook(int endpoints) {
        prefillTokens = new long[endpoints];
        decodeBlocks = new long[endpoints];
    }

    /** Prompt tokens that an endpoint has yet to compute. */
    long prefillTokens(int endpoint) {
        return prefillTokens[endpoint];
    }

    /** Blocks of the requests that an endpoint has. */
    long decodeBlocks(int endpoint) {
        return decodeBlocks[endpoint];
    }

    void sent(long request, int endpoint, long prefill, long blocks) {
        Entry entry = new Entry(endpoint, prefill, blocks);
        prefilling.put(request, entry);
        running.put(request, entry);
        prefillTokens[endpoint] += prefill;
        decodeBlocks[endpoint] += blocks;
    }

    void firstToken(long request) {
        Entry entry = prefilling.remove(request);
        if (entry != null) {
            prefillTokens[entry.endpoint()] -= entry.prefillTokens();
        }
    }

    void ended(long request) {
        firstToken(request);
        Entry entry = running.remove(request);
        if (entry != null) {
            decodeBlocks[entry.endpoint()] -= entry.decodeBlocks();
        }
    }
}
