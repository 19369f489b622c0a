/** Routing policies that are compared, as code where they are not plugins of the scheduler. */
@NullMarked
package io.llmd.lab.contender;

import org.jspecify.annotations.NullMarked;
