/** Pickers, one file per plugin type. */
@NullMarked
package io.llmd.scheduler.plugin.picker;

import org.jspecify.annotations.NullMarked;
