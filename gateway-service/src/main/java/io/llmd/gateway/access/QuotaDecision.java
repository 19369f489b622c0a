package io.llmd.gateway.access;

/** Whether a request is within the limits of its key and tenant. */
public sealed interface QuotaDecision permits Reservation, QuotaRefusal {}
