/** The web console: pages, one feed of events for all of them, and the few things that operators may do there. */
@NullMarked
package io.llmd.gateway.console;

import org.jspecify.annotations.NullMarked;
