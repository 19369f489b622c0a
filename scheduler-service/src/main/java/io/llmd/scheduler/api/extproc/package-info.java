/** The scheduler as Envoy's external processor: one gRPC stream per request. */
@NullMarked
package io.llmd.scheduler.api.extproc;

import org.jspecify.annotations.NullMarked;
