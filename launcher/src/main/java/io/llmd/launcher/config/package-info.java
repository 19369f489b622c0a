/** Checks configuration files without starting a service. */
@NullMarked
package io.llmd.launcher.config;

import org.jspecify.annotations.NullMarked;
