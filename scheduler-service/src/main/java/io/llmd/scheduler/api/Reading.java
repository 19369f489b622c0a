package io.llmd.scheduler.api;

import io.llmd.scheduler.scheduling.InferenceRequest;

/** What was understood of a request. */
sealed interface Reading {

    /** The request can be placed. */
    record Understood(InferenceRequest request) implements Reading {}

    /** The request cannot be placed, whatever the pool is like. */
    record Unreadable(Decided.Refused refused) implements Reading {}
}
