package io.llmd.gateway.disagg;

import org.jspecify.annotations.Nullable;

/**
 * What encode endpoints made of the media of a request.
 *
 * @param params what the endpoint that computes the prompt is told; {@code null} for nothing
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record EncodedMedia(byte @Nullable [] params) {

    /** Member of requests and answers that all of vLLM's connectors of encoder caches use. */
    static final String PARAMS = "ec_transfer_params";
}
