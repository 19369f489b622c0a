/** {@code llmd fault}: lets simulated endpoints of the running suite do wrong. */
@NullMarked
package io.llmd.launcher.fault;

import org.jspecify.annotations.NullMarked;
