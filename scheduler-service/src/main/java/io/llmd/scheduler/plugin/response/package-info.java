/** Plugins that look at answers. */
@NullMarked
package io.llmd.scheduler.plugin.response;

import org.jspecify.annotations.NullMarked;
