package io.llmd.simulator.server;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.TransferFields;

/**
 * The share of a prompt that must be cached, as llm-d-inference-sim has it: a request can ask for the finish reason of one
 * that is not by {@code X-Cache-Threshold-Finish-Reason: true}, and requests that say nothing follow the endpoint.
 *
 * @param usual of requests that say nothing
 */
record CacheThreshold(double usual) {
    private static final String HEADER = "x-cache-threshold-finish-reason";
    /** More than any prompt can have: its last token is always computed. */
    private static final double WHOLE = 1;

    Reply on(Reply reply, Call.Headers headers) {
        return switch (reply) {
            case Reply.Generate generate -> on(generate, headers);
            case Reply.Background background ->
                new Reply.Background(on(background.work(), headers), background.answer(), background.started());
            case Reply.Content _, Reply.Later _ -> reply;
        };
    }

    private Reply.Generate on(Reply.Generate work, Call.Headers headers) {
        TransferFields transfer = work.transfer();
        if (Boolean.parseBoolean(headers.get(HEADER))) {
            return work.withTransfer(transfer.withCacheHitThreshold(WHOLE));
        }
        return usual == 0 || transfer.cacheHitThreshold() != null
                ? work
                : work.withTransfer(transfer.withCacheHitThreshold(usual));
    }
}
