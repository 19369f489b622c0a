/** Plugins that look at requests before they are admitted. */
@NullMarked
package io.llmd.scheduler.plugin.request;

import org.jspecify.annotations.NullMarked;
