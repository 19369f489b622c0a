/** Checks of the machine and of the running parts, each finding with its fix. */
@NullMarked
package io.llmd.launcher.doctor;

import org.jspecify.annotations.NullMarked;
