/** How commands talk: exit codes, human text or JSON, tables. */
@NullMarked
package io.llmd.launcher.terminal;

import org.jspecify.annotations.NullMarked;
