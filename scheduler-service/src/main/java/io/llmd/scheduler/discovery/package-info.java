/** Where endpoints come from. */
@NullMarked
package io.llmd.scheduler.discovery;

import org.jspecify.annotations.NullMarked;
