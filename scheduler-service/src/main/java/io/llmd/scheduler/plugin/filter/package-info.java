/** Filters, one file per plugin type. */
@NullMarked
package io.llmd.scheduler.plugin.filter;

import org.jspecify.annotations.NullMarked;
