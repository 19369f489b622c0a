/** The scheduler: endpoint picking as a service. */
@NullMarked
package io.llmd.scheduler;

import org.jspecify.annotations.NullMarked;
