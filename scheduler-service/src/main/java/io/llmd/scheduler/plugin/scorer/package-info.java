/** Scorers, one file per plugin type. */
@NullMarked
package io.llmd.scheduler.plugin.scorer;

import org.jspecify.annotations.NullMarked;
