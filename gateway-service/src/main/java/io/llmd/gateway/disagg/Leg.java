package io.llmd.gateway.disagg;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.openai.JsonEditor;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * One request to an endpoint while it is made.
 *
 * @param path where it is posted
 * @param body the client's body and what is changed of it
 * @param headers the client's headers without those that steer; the leg's own copy
 */
record Leg(String path, JsonEditor body, HttpHeaders headers) {

    /** Pins the leg to a data-parallel rank of its endpoint. */
    void setRank(int rank) {
        headers.set(LlmdHeader.DATA_PARALLEL_RANK.wireName(), Integer.toString(rank));
    }
}
