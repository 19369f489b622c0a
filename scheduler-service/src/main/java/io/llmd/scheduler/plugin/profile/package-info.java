/** Profile handlers, one file per plugin type. */
@NullMarked
package io.llmd.scheduler.plugin.profile;

import org.jspecify.annotations.NullMarked;
