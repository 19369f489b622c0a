/** The llmd command: starts the suite and gives each of its features a subcommand. */
@NullMarked
package io.llmd.launcher;

import org.jspecify.annotations.NullMarked;
