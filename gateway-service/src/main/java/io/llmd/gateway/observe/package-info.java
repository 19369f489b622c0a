/** Meters of the gateway. */
@NullMarked
package io.llmd.gateway.observe;

import org.jspecify.annotations.NullMarked;
