/** Settings of the config server and the repositories that they select. */
@NullMarked
package io.llmd.configserver.config;

import org.jspecify.annotations.NullMarked;
