/** Asks the scheduler for an endpoint, sends to it, and knows the health and the models of all endpoints. */
@NullMarked
package io.llmd.gateway.dispatch;

import org.jspecify.annotations.NullMarked;
