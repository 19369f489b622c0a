/** The policy lab on the command line. */
@NullMarked
package io.llmd.launcher.lab;

import org.jspecify.annotations.NullMarked;
