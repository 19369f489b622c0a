/** Plugins that may deny a request, one file per type. */
@NullMarked
package io.llmd.scheduler.plugin.admitter;

import org.jspecify.annotations.NullMarked;
