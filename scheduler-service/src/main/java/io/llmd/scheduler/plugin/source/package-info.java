/** Where data about endpoints comes from. */
@NullMarked
package io.llmd.scheduler.plugin.source;

import org.jspecify.annotations.NullMarked;
