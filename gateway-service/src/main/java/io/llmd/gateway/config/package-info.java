/** Properties and wiring of the gateway. */
@NullMarked
package io.llmd.gateway.config;

import org.jspecify.annotations.NullMarked;
