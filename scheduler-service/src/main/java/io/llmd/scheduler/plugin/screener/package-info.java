/** Plugins that narrow the pool before anything else. */
@NullMarked
package io.llmd.scheduler.plugin.screener;

import org.jspecify.annotations.NullMarked;
