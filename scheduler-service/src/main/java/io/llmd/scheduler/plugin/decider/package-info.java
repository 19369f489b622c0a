/** Plugins that decide whether a request is split over several endpoints, one file per type. */
@NullMarked
package io.llmd.scheduler.plugin.decider;

import org.jspecify.annotations.NullMarked;
