/** Requests whose prompt one endpoint computes and another one answers: the legs, what they carry, and what can go wrong. */
@NullMarked
package io.llmd.gateway.disagg;

import org.jspecify.annotations.NullMarked;
