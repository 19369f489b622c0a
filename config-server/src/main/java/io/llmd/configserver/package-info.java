/** Serves the configuration of the other services from files. */
@NullMarked
package io.llmd.configserver;

import org.jspecify.annotations.NullMarked;
