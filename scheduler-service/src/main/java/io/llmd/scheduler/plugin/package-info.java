/** Plugin factories, binding of their parameters, and the loading of scheduling configuration. */
@NullMarked
package io.llmd.scheduler.plugin;

import org.jspecify.annotations.NullMarked;
