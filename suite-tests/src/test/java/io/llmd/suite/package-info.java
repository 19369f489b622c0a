/** Tests across the services, and of the files that deploy them. */
@NullMarked
package io.llmd.suite;

import org.jspecify.annotations.NullMarked;
