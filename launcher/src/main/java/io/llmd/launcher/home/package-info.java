/** Where a trial keeps its state: the run file, the logs, ports and the processes that hold them. */
@NullMarked
package io.llmd.launcher.home;

import org.jspecify.annotations.NullMarked;
